// @ts-check
// Options and their spellings: attributes are in kebab-case, with members of objects flattened.

/** @param {string} text */
const list = (text) => text.split(' ');
const capital = (name) => name[0].toUpperCase() + name.slice(1);
const kebab = (name) => name.replace(/[A-Z]/g, (letter) => '-' + letter.toLowerCase());

const events = list(EVENT_NAMES);
const properties = [...list(OPTION_NAMES), ...events.map((name) => 'on' + capital(name))];
const paths = new Map(list(OPTION_NAMES + ' ' + OPTION_MEMBERS).map((name) => [kebab(name), name.split('-')]));

/** Words of the site's own, as attributes. There are too many to list them here. */
const WORD = /^strings-/;

const assign = (options, attribute, value) => {
  const [name, member] = paths.get(attribute) ?? attribute.split(/^(strings)-/).filter(Boolean);
  options[name] = member ? { ...options[name], [member]: value } : value;
};
