// How soon sources stand after Enter, and how much is fetched for them, on a site of the caller's:
//
//   cargo xtask index DIR --out DIR/knowledge
//   INFERKIT_SITE=DIR cargo xtask test --only speed
//
// Its visitors ask for what its pages are called. Times are of this machine and of what else it does: no test of them.

import { strict as assert } from 'node:assert';
import { createServer } from 'node:http';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Skip, test } from '../test.mjs';
import { until } from '../widget.mjs';

/** How many questions are asked. */
const QUESTIONS = 40;

/** Serves a folder to every origin, as a site does; `sent` is how many bytes it has sent. */
async function serve(t, folder) {
  const site = { url: '', sent: 0 };
  const server = createServer(async (request, response) => {
    response.setHeader('Access-Control-Allow-Origin', '*');
    try {
      const bytes = await readFile(join(folder, join('/', new URL(request.url ?? '', 'http://x').pathname)));
      site.sent += bytes.length;
      response.setHeader('Cache-Control', 'max-age=600');
      response.end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.atEnd(() => new Promise((closed) => (server.closeAllConnections(), server.close(closed))));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  site.url = `http://127.0.0.1:${port}/`;
  return site;
}

/** Titles of pages, spread over the site. */
async function titles(folder) {
  const pages = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.html')).sort();
  const step = Math.max(1, pages.length / QUESTIONS);
  const chosen = Array.from({ length: Math.min(QUESTIONS, pages.length) }, (_, at) => pages[Math.floor(at * step)]);
  const found = await Promise.all(chosen.map(async (name) => {
    const [, title] = /<title>([^<]*)/.exec(await readFile(join(folder, name), 'utf8')) ?? [];
    return title?.split(/ [-–|·] /)[0].trim();
  }));
  return { count: pages.length, titles: found.filter(Boolean) };
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

export default [
  test('sources after Enter, on a site of the caller’s', { timeout: 600_000 }, async (t) => {
    const folder = process.env.INFERKIT_SITE;
    if (!folder) throw new Skip('INFERKIT_SITE names no folder of pages with an index in `knowledge`');
    const site = await serve(t, folder);
    const { count, titles: asked } = await titles(folder);
    const widget = await t.open({ model: null, options: { knowledge: { url: `${site.url}knowledge/` }, apiKey: undefined } });
    await widget.page.evaluate(() => {
      let began = 0;
      globalThis.shown = [];
      addEventListener('inferkit:message', ({ detail }) => detail.role === 'user' && (began = performance.now()));
      // After the frame in which they are drawn.
      for (const name of ['sources', 'unanswered']) {
        addEventListener(`inferkit:${name}`, () => requestAnimationFrame(() => setTimeout(() => {
          if (began) globalThis.shown.push(performance.now() - began);
          began = 0;
        })));
      }
    });
    const times = [];
    const bytes = [];
    for (const title of asked) {
      const before = site.sent;
      await widget.ask(`What about ${title}?`);
      times.push(await until('sources', () => widget.page.evaluate(() => globalThis.shown.shift())));
      bytes.push(site.sent - before);
    }
    const [first, ...warm] = times;
    const whole = (number) => Math.round(number);
    const kilobytes = (number) => (number / 1024).toFixed(1);
    t.detail(`${count} pages; first ${whole(first)} ms and ${kilobytes(bytes[0])} KB; then ${warm.length} questions: median ` +
      `${whole(median(warm))} ms, at most ${whole(Math.max(...warm))} ms; ${kilobytes(median(bytes.slice(1)))} KB each`);
    assert.ok(warm.length > 0);
  }),
];
