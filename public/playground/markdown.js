// @ts-check
// As much of Markdown as public/errors.md is written in: headings, paragraphs, quotations, tables, lists of one level,
// code; and within a line code, bold and links.

import { make } from './dom.js';

/**
 * @typedef {{ kind: 'heading', level: number, text: string }} Heading
 * @typedef {{ kind: 'paragraph' | 'quote' | 'code', text: string }} Words
 * @typedef {{ kind: 'list', items: string[] }} List
 * @typedef {{ kind: 'table', rows: string[][] }} Table the first row is the head
 * @typedef {Heading | Words | List | Table} Block
 */

/** @param {string} line */
const cells = (line) => line.split('|').slice(1, -1).map((cell) => cell.trim());

/** @param {string[]} lines @returns {Block} */
const blockOf = (lines) => {
  const [first] = lines;
  const [, marks, title] = /^(#+) (.*)$/.exec(first) ?? [];
  if (marks) return { kind: 'heading', level: marks.length, text: title };
  if (first.startsWith('|')) return { kind: 'table', rows: lines.filter((_, at) => at !== 1).map(cells) };
  if (first.startsWith('> ')) return { kind: 'quote', text: lines.map((line) => line.slice(2)).join(' ') };
  if (first.startsWith('- ')) return { kind: 'list', items: lines.join('\n').slice(2).split('\n- ') };
  return { kind: 'paragraph', text: lines.join(' ') };
};

/** @param {string} text @returns {Block[]} */
export const parse = (text) => {
  /** @type {Block[]} */
  const blocks = [];
  // Fences first: a blank line in one ends nothing.
  for (const [at, part] of text.split(/^```.*\n?/m).entries()) {
    if (at % 2) blocks.push({ kind: 'code', text: part });
    else blocks.push(...part.split(/\n{2,}/).filter((block) => block.trim()).map((block) =>
      blockOf(block.trim().split('\n'))));
  }
  return blocks;
};

/** The words of a heading as an address knows them. @param {string} text */
export const anchor = (text) => text.toLowerCase().replace(/[^\p{L}\p{N}_ -]/gu, '').replaceAll(' ', '-');

/** @param {string} text @returns {Node[]} */
export const inline = (text) => {
  const found = [...text.matchAll(/`([^`]+)`|\*\*(.+?)\*\*|\[(.+?)\]\((.+?)\)/g)];
  /** @type {Node[]} */
  const nodes = [];
  let end = 0;
  for (const match of found) {
    const [whole, code, bold, label, address] = match;
    nodes.push(document.createTextNode(text.slice(end, match.index)));
    if (code) nodes.push(make('code', {}, code));
    else if (bold) nodes.push(make('b', {}, ...inline(bold)));
    else nodes.push(make('a', { href: address }, ...inline(label)));
    end = match.index + whole.length;
  }
  nodes.push(document.createTextNode(text.slice(end)));
  return nodes;
};

/** @param {Block} block @returns {HTMLElement} */
export const draw = (block) => {
  switch (block.kind) {
    case 'heading':
      return make(/** @type {'h1'} */ (`h${block.level}`), { id: anchor(block.text) }, ...inline(block.text));
    case 'quote': return make('blockquote', {}, make('p', {}, ...inline(block.text)));
    case 'code': return make('pre', { tabIndex: 0 }, make('code', {}, block.text));
    case 'list': return make('ul', {}, ...block.items.map((item) => make('li', {}, ...inline(item))));
    case 'table': {
      const [head, ...rows] = block.rows.map((row, at) =>
        make('tr', {}, ...row.map((cell) => make(at ? 'td' : 'th', {}, ...inline(cell)))));
      return make('div', { className: 'wide', tabIndex: 0, role: 'region', 'aria-label': 'Table' },
        make('table', {}, make('thead', {}, head), make('tbody', {}, ...rows)));
    }
    default: return make('p', {}, ...inline(block.text));
  }
};
