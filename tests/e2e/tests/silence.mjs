// Silences are heard: whatever of ours falls silent, or is taken away, ends a wait within its bound, and the next
// question is answered without a reload. All cells of the matrix are tried natively, by src/page/tests/matrix.rs; here
// is at least one of each kind as a browser has it.

import { strict as assert } from 'node:assert';
import { online } from '../remote.mjs';
import { both, test } from '../test.mjs';
import { until } from '../widget.mjs';

const STORY = 'Tell me a long story about a lighthouse keeper and the sea.';

/** The engine's frame. There is none in a frame of HOST, which starts the worker itself. */
const engineFrame = (page) => page.locator('iframe[src*="engine.html"]');

/** Milliseconds until something is true. */
async function took(what, probe, ms) {
  const began = Date.now();
  await until(what, probe, ms);
  return Date.now() - began;
}

const remove = (widget) => engineFrame(widget.page).evaluate((frame) => frame.remove());

/** Another place in the page, as a framework's reordering does: the browser loads the frame anew. */
const move = (widget) => engineFrame(widget.page).evaluate((frame) => {
  const place = document.createElement('div');
  document.body.prepend(place);
  place.append(frame);
});

/** An engine whose first worker says nothing any more from the moment that `when` names. */
const silent = (t, when) => t.server.addFolder({ prepend: { 'engine-worker.js': (number) => number > 1 ? '' : `
  addEventListener('message', ({ ports: [port] }) => {
    const post = port.postMessage.bind(port);
    let words = 0;
    port.postMessage = (data) => { if (++words <= ${when}) post(data); };
  }, { once: true });
` } });

const told = async (widget, name) => (await widget.heard(name)).map(({ detail }) => detail);

export default [
  test('L01: an engine frame that is removed while nobody asks is started again by the next question', {}, async (t) => {
    const widget = await t.open({ options: { maxTokens: 4 } });
    await widget.answered('Hello');
    await remove(widget);
    const ms = await took('the next answer', async () => {
      await widget.answered('And again?');
      return true;
    });
    t.detail(`${ms} ms`);
    assert.deepEqual(await told(widget, 'error'), []);
  }),

  test('L01: an engine frame that is removed in mid-answer is noticed within seconds', {}, async (t) => {
    const widget = await t.open({ model: t.model('', t.server.modelAsset), options: { maxTokens: 512 } });
    const mark = await widget.ask(STORY);
    await until('some words', async () => (await widget.heard('token')).length > 2);
    await widget.composer.fill('a draft');
    await remove(widget);
    const began = Date.now();
    const { words } = await widget.failure('engine_failed', { from: mark, ms: 6_000 });
    t.detail(`${Date.now() - began} ms`);
    assert.ok(words.length > 0);
    assert.equal(await widget.composer.inputValue(), 'a draft');
    const again = await widget.mark();
    await widget.button('again').click();
    await until('words of another engine', async () => (await widget.heard('token', again)).length > 0, 60_000);
    await widget.button('stop').click();
  }),

  test('L01: an engine frame that is removed, or moved, while it loads is started again unasked', {}, async (t) => {
    for (const act of [remove, move]) {
      const model = t.model('stall:100000');
      let workers = 0;
      const base = t.server.addFolder({ prepend: { 'engine-worker.js': (number) => {
        workers = number;
        return '';
      } } });
      const widget = await t.open({ model, base });
      const mark = await widget.ask('Hello');
      await widget.card('loading').waitFor();
      await until('the transfer to have begun', async () => model.open === 1);
      await act(widget);
      model.fault = '';
      await until('an answer', async () => (await widget.heard('message', mark)).length === 2, 60_000);
      assert.deepEqual(await told(widget, 'error'), []);
      assert.equal(workers, 2, act.name);
    }
  }),

  ...both('a worker that falls silent while it loads is given up in ten seconds', { timeout: 90_000 }, async (t) => {
    const widget = await t.open({ base: silent(t, 2) });
    const mark = await widget.ask('Hello');
    const ms = await took('an answer', async () => (await widget.heard('message', mark)).length === 2, 60_000);
    t.detail(`answered after ${ms} ms`);
    assert.ok(ms > 9_000, 'by a second engine');
    assert.deepEqual(await told(widget, 'error'), []);
  }),

  ...both('a Stop that is never acknowledged ends the engine, and the next question is answered', { timeout: 90_000 },
    async (t) => {
      const widget = await t.open({ base: t.server.addFolder({ prepend: { 'engine-worker.js': (number) =>
        number > 1 ? '' : `
          addEventListener('message', ({ ports: [port] }) => {
            const set = Object.getOwnPropertyDescriptor(MessagePort.prototype, 'onmessage').set;
            Object.defineProperty(port, 'onmessage', { set(heard) {
              // The last variant of what the page says: Stop.
              set.call(port, (event) => event.data.length === 1 ? undefined : heard(event));
            } });
          }, { once: true });
        ` } }), model: t.model('', t.server.modelAsset), options: { maxTokens: 512 } });
      await widget.ask(STORY);
      await until('some words', async () => (await widget.heard('token')).length > 2, 60_000);
      await widget.button('stop').click();
      await widget.button('stop').waitFor({ state: 'hidden' });
      await widget.page.waitForTimeout(7_000);
      const mark = await widget.ask('Hello');
      await until('words of another engine', async () => (await widget.heard('token', mark)).length > 0, 60_000);
      assert.deepEqual(await told(widget, 'error'), []);
    }),

  ...both('L03: a module that hangs is given up, and Try again fetches it afresh', { timeout: 120_000 }, async (t) => {
    let hangs = true;
    const { widget } = await online(t, { options: { mode: 'remote', maxTokens: 4 }, prepare: (page) =>
      page.route(/\/remote\.js/, (route) => hangs ? undefined : route.continue()), ready: async (widget) => {
      const mark = await widget.ask('Hello');
      await widget.composer.fill('a draft');
      hangs = false;
      // How soon the server then answers is the server's matter.
      const ms = await took('the question to reach the server', async () =>
        (await told(widget, 'status')).some(({ backend }) => backend === 'remote'), 60_000);
      t.detail(`asked after ${ms} ms`);
      assert.equal(await widget.composer.inputValue(), 'a draft');
      assert.equal((await widget.heard('error', mark)).length, 0);
      await widget.button('stop').click();
    } });
    assert.deepEqual(await told(widget, 'error'), []);
  }),

  ...both('L13: a redirect of an API call is not followed', {}, async (t) => {
    const followed = [];
    const { widget } = await online(t, { options: { mode: 'remote', maxTokens: 4 }, prepare: async (page) => {
      page.on('request', (request) => request.url().includes('elsewhere.example') && followed.push(request.url()));
      await page.route('**/v1/chat/completions', (route) => route.request().method() !== 'POST' ? route.fallback()
        : route.fulfill({ status: 307, headers: { location: 'https://elsewhere.example/v1/chat/completions',
          'access-control-allow-origin': '*' } }));
    } });
    const mark = await widget.ask('Hello');
    const { message } = await widget.failure('config_invalid', { from: mark });
    assert.match(message, /redirect/);
    assert.deepEqual(followed, []);
  }),

  ...both('L07: a server that streams for ever does not hold the page, and is ended', {}, async (t) => {
    const { widget } = await online(t, { options: { mode: 'remote', maxTokens: 16 }, prepare: (page) =>
      page.addInitScript(() => {
        const { fetch } = globalThis;
        Object.assign(globalThis, { longest: 0, taken: 0, aborted: false });
        globalThis.fetch = (address, init) => {
          if (!`${address}`.includes('completions')) return fetch(address, init);
          const word = new TextEncoder().encode(
            `data: ${JSON.stringify({ choices: [{ delta: { content: 'word ' } }] })}\n\n`.repeat(2_000));
          const body = new ReadableStream({
            pull(controller) {
              globalThis.taken += word.length;
              controller.enqueue(word);
            },
            cancel() { globalThis.aborted = true; },
          });
          init.signal?.addEventListener('abort', () => { globalThis.aborted = true; });
          return Promise.resolve(new Response(body, { headers: { 'content-type': 'text/event-stream' } }));
        };
        let last = performance.now();
        const beat = () => {
          globalThis.longest = Math.max(globalThis.longest, performance.now() - last);
          last = performance.now();
          setTimeout(beat, 0);
        };
        Object.assign(globalThis, { watch: () => { globalThis.longest = 0; last = performance.now(); beat(); } });
      }) });
    const document = await widget.document();
    await document.evaluate(() => globalThis.watch());
    const mark = await widget.ask('Hello');
    await widget.settled(mark);
    const { longest, taken, aborted } = await document.evaluate(() =>
      ({ longest: globalThis.longest, taken: globalThis.taken, aborted: globalThis.aborted }));
    t.detail(`${Math.round(longest)} ms held at most, ${Math.round(taken / 1000)} kB taken`);
    assert.ok((await widget.answer()).length <= 16 * 16 + 4_096);
    assert.ok(aborted, 'the request was ended');
    assert.ok(taken < 2_000_000);
  }),
];
