// What the demo shop's visitors are shown for the questions of tests/knowledge/shop.json, with the default model: how many
// of the facts that they asked for, and whether any number among them stands on none of the pages. Minutes of work.

import { strict as assert } from 'node:assert';
import { readFile } from 'node:fs/promises';
import { test } from '../test.mjs';
import { until } from '../widget.mjs';

/** @type {{ id: string, question: string, before?: string, expected?: string[], facts?: string[] }[]} */
export const QUESTIONS = JSON.parse(await readFile(new URL('../../knowledge/shop.json', import.meta.url), 'utf8'));

const SHOP = new URL('../../../public/shop/', import.meta.url);

/** Letters, digits and what stands between them, however it is spaced and dashed. */
const plain = (text) => text.toLowerCase().replaceAll(/[\u00a0\u202f\s]+/g, ' ').replaceAll(/[–—]/g, '-');

/** The numbers of a text, less the passages that it cites, and those of a list. */
const numbers = (text) => text.replaceAll(/\[\d+\]|^\s*\d+[.)] /gm, ' ').match(/\d+(?:[.,:]\d+)*/g) ?? [];

/** The text of a page of the shop, by an address on it. */
const pageText = async (address) => {
  const html = await readFile(new URL(new URL(address).pathname.replace('/shop/', './'), SHOP), 'utf8');
  return plain(html.replaceAll(/<[^>]*>/g, ' ').replaceAll('&nbsp;', ' '));
};

/** Asks one question, after the one before it, in a conversation of its own; returns what stands under it in the end. */
async function ask(widget, { question, before }) {
  await widget.element.evaluate((element) => element.reset());
  let mark = 0;
  for (const words of [before, question].filter(Boolean)) {
    mark = await widget.ask(words);
    await until('the end', async () => {
      const ended = ['message', 'unanswered', 'error'];
      const events = (await widget.heard(undefined, mark)).filter(({ name, detail }) =>
        ended.includes(name) && detail.role !== 'user' || name === 'status' && ['idle', 'ready'].includes(detail.state));
      return events.some(({ name }) => name === 'status');
    }, 240_000);
  }
  const heard = await widget.heard(undefined, mark);
  const passages = heard.filter(({ name }) => name === 'sources').at(-1)?.detail.passages ?? [];
  return { passages, refused: heard.some(({ name }) => name === 'unanswered'), answer: await widget.answer() };
}

export default [
  test('the facts of the shop’s questions', { timeout: 3_600_000 }, async (t) => {
    const widget = await t.open({
      model: t.server.model,
      options: { knowledge: { url: `${t.server.site}/shop/knowledge/` }, consent: 'granted', apiKey: undefined, temperature: 0 },
    });
    const counts = { right: 0, rightInWords: 0, said: 0, refusedWrongly: 0, numbers: 0, invented: 0, refusedRightly: 0 };
    for (const question of QUESTIONS) {
      const { passages, refused, answer } = await ask(widget, question);
      const shown = plain([answer, ...passages.map(({ quote }) => quote)].join('\n'));
      if (answer) counts.said += 1;
      if (question.facts) {
        const right = (text) => question.facts.every((fact) => text.includes(plain(fact)));
        counts.refusedWrongly += Number(refused);
        counts.right += Number(!refused && right(shown));
        counts.rightInWords += Number(right(plain(answer)));
      } else counts.refusedRightly += Number(refused);
      const known = new Set(numbers((await Promise.all(passages.map(({ url }) => pageText(url)))).join('\n')));
      const told = numbers(answer);
      const invented = told.filter((number) => !known.has(number));
      counts.numbers += told.length;
      counts.invented += invented.length;
      console.log(JSON.stringify({ id: question.id, refused, answer, ...invented.length && { invented } }));
    }
    t.detail(JSON.stringify(counts));
    assert.equal(counts.invented, 0, 'a number that stands on none of the pages');
  }),
];
