// What axe-core finds in a widget: for a reader of a failed test, one line for each rule and element.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const source = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/**
 * Runs axe over the widget, where it is drawn; over all rules, or these.
 * @param {import('./widget.mjs').Widget} widget
 * @param {string[]} [rules]
 * @returns {Promise<string[]>}
 */
export async function findings(widget, rules) {
  const frame = await widget.document();
  if (!await frame.evaluate(() => 'axe' in globalThis)) await frame.evaluate(await source);
  return frame.evaluate(async (rules) => {
    // Frames of ours inside the widget are documents of their own.
    const options = { resultTypes: ['violations'], iframes: false, ...(rules && { runOnly: rules }) };
    const { violations, passes } = await globalThis.axe.run(document.querySelector('inferkit-widget'), options);
    if (!passes.length) return ['axe has looked at nothing'];
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, any }) => `${id}: ${any[0]?.message ?? ''} ${html.slice(0, 160)}`));
  }, rules);
}
