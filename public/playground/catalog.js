// @ts-check
// Every code there is, as public/errors.md has it, which is generated from the widget's own catalog.

import { parse } from './markdown.js';

/**
 * @typedef {object} Entry
 * @property {string} code
 * @property {number | null} status of the HTTP answer it comes with; null for the client's own
 * @property {string} cause
 * @property {string} action
 * @property {string} paragraph what happened and what to do
 *
 * Codes that share the visitor's words.
 * @typedef {{ name: string, sentence: string, entries: Entry[] }} Family
 */

/** @param {string} text errors.md @returns {Family[]} */
export const read = (text) => {
  /** @type {Map<string, Entry>} */
  const entries = new Map();
  /** @type {Family[]} */
  const families = [];
  let chapter = '';
  /** @type {Entry | undefined} */
  let entry;
  for (const block of parse(text)) {
    if (block.kind === 'heading' && block.level === 2) {
      chapter = block.text;
      entry = undefined;
      families.push({ name: chapter, sentence: '', entries: [] });
    } else if (block.kind === 'heading') {
      entry = entries.get(block.text.replaceAll('`', ''));
      if (entry) families.at(-1)?.entries.push(entry);
    } else if (block.kind === 'table' && chapter === 'All codes' && !entries.size) {
      for (const [status, code, cause, action] of block.rows.slice(1)) {
        const name = code.split('`')[1];
        entries.set(name, { code: name, status: Number(status) || null, cause, action, paragraph: '' });
      }
    } else if (block.kind === 'quote') {
      const family = families.at(-1);
      if (family) family.sentence ||= block.text;
    } else if (block.kind === 'paragraph' && entry && !entry.paragraph) {
      entry.paragraph = block.text;
    }
  }
  return families.filter(({ entries }) => entries.length);
};
