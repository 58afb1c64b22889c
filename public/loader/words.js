// @ts-check
// What a visitor reads before the module speaks, and after it has failed: the site's own words, or these. A table of
// other languages belongs here.

const WORDS = {
  heading: 'Chat',
  preparing: 'Just a moment…',
  ours: 'Something went wrong on our side. Sorry about that.',
  reference: 'Ref: {reference}',
  tryAgain: 'Try again',
};

/** The site's own word, by either of its spellings. */
const say = ({ strings }, name) => String(strings?.[name] ?? strings?.[kebab(name)] ?? WORDS[name]);
