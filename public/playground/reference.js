// @ts-check
// public/errors.md as a page, with a way to each error in the playground.

import { find, make } from './dom.js';
import { draw, parse } from './markdown.js';

const text = await fetch('../errors.md').then((answer) => answer.text());
for (const block of parse(text)) {
  const element = draw(block);
  const [, code] = (block.kind === 'heading' && block.level === 3 && /^`(\w+)`$/.exec(block.text)) || [];
  if (code) element.append(make('a', { className: 'try', href: `./#${code}` }, 'See it happen'));
  find('reference').append(element);
}
// The browser looked for the address's place before there was any.
if (location.hash) location.replace(location.hash);
