// What is mounted and destroyed again, over and over, leaves nothing behind.

import { strict as assert } from 'node:assert';
import { VERSION, test } from '../test.mjs';
import { until } from '../widget.mjs';

/** What the browser counts for a page, after the garbage is collected. */
async function counted(session) {
  // Twice: what a finaliser lets go of is garbage only then.
  for (let round = 0; round < 2; round++) await session.send('HeapProfiler.collectGarbage');
  const { metrics } = await session.send('Performance.getMetrics');
  const wanted = ['Nodes', 'JSEventListeners', 'Documents', 'Frames', 'JSHeapUsedSize'];
  const found = metrics.filter(({ name }) => wanted.includes(name));
  return Object.fromEntries(found.map(({ name, value }) => [name, value]));
}

/** Mounts, waits until the widget stands, asks if `question` is given, and destroys. Runs on the page. */
async function rounds({ count, options, question }) {
  for (let round = 0; round < count; round++) {
    const chat = globalThis.InferKit.init(options);
    await chat.whenReady();
    if (question) {
      const answered = new Promise((resolve) => chat.on('message', ({ role }) => role === 'assistant' && resolve()));
      chat.sendMessage(question);
      await answered;
    }
    chat.destroy();
    // What ends, ends in the next turns of the page.
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/**
 * Swaps the body as a library does that goes from page to page without loading one: the new one has the loader's tag
 * again. An open widget comes along. Runs on the page.
 */
async function swaps({ count, loader, options }) {
  globalThis.chat ??= globalThis.InferKit.init(options);
  globalThis.chat.open();
  await globalThis.chat.whenReady();
  for (let round = 0; round < count; round++) {
    const body = document.createElement('body');
    const script = document.createElement('script');
    script.src = loader;
    body.append(document.createElement('h1'), script);
    document.body.replaceWith(body);
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
  const stands = () => document.querySelector('inferkit-widget')?.shadowRoot.querySelector('textarea, iframe');
  for (let wait = 0; wait < 50 && !stands(); wait++) await new Promise((resolve) => setTimeout(resolve, 100));
  if (!stands()) throw new Error('no widget stands after the last swap');
}

/** How many bytes of memory the widget's module has. It never gives any back. Runs on the page. */
async function moduleMemory(host) {
  const { default: start } = await import(`${host}widget.js`);
  const memory = Object.values(await start()).find((value) => value instanceof WebAssembly.Memory);
  return memory.buffer.byteLength;
}

/** Declares a test of `count` rounds, after some that fill caches and compile what is run. */
const leavesNothing = (name, { count, warm, question, embed, swap, timeout = 180_000 }) =>
  test(name, { timeout }, async (t) => {
    const { url, sha256, bytes } = t.model();
    const widget = await t.open({ script: '', how: 'init', options: { launcher: 'floating' } });
    const options = {
      ...(swap ? { launcher: 'floating' } : { target: 'body' }), embed, backend: 'cpu', consent: 'granted',
      temperature: 0, maxTokens: 4, persist: 'none', model: { url, sha256, bytes },
    };
    const session = await widget.page.context().newCDPSession(widget.page);
    await session.send('Performance.enable');
    const loader = `${t.server.host}/v1/inferkit.js`;
    const run = (count) => widget.page.evaluate(swap ? swaps : rounds, { count, options, question, loader });
    await run(warm);
    const before = await counted(session);
    const memory = embed ? 0 : await widget.page.evaluate(moduleMemory, t.server.host + VERSION);
    await run(count);
    const after = await until('the garbage to go', async () => {
      const after = await counted(session);
      const grown = ['Nodes', 'JSEventListeners', 'Documents', 'Frames'].some((name) => after[name] > before[name]);
      return !grown && after;
    }, 10_000).catch(() => counted(session));
    t.detail(Object.entries(after).map(([name, value]) => `${name} ${before[name]} → ${value}`).join(', '));
    for (const name of ['Nodes', 'JSEventListeners', 'Documents', 'Frames']) {
      assert.ok(after[name] <= before[name], `${name} grow from ${before[name]} to ${after[name]}`);
    }
    // What the test itself notes of a round is less, and what a widget is made of a lot more.
    const grown = (after.JSHeapUsedSize - before.JSHeapUsedSize) / count;
    assert.ok(grown < 4096, `each round leaves ${Math.round(grown)} bytes`);
    const end = embed ? 0 : await widget.page.evaluate(moduleMemory, t.server.host + VERSION);
    assert.equal(end, memory, 'the module’s memory');
    const standing = Number(Boolean(swap && embed));
    assert.equal(widget.page.frames().length, 1 + standing, 'no frame is left');
    assert.equal(widget.page.workers().length, 0, 'no worker is left');
    assert.deepEqual((await widget.heard('uncaught')).map(({ detail }) => detail), []);
  });

export default [
  leavesNothing('200 widgets that come and go leave nothing', { warm: 10, count: 200 }),
  leavesNothing('30 widgets that answer and go leave nothing', { warm: 20, count: 30, question: 'Hello' }),
  leavesNothing('30 widgets in frames that come and go leave nothing', { warm: 5, count: 30, embed: 'iframe' }),
  leavesNothing('50 swaps of the body leave nothing', { warm: 10, count: 50, swap: true }),
  leavesNothing('50 swaps of the body leave nothing, in a frame', { warm: 10, count: 50, swap: true, embed: 'iframe' }),

  test('a widget that goes while its log scrolls takes nobody with it', {}, async (t) => {
    const widget = await t.open();
    await widget.element.evaluate((element) => { element.style.blockSize = '260px'; });
    await widget.answered('Hello');
    await widget.answered('And?');
    const log = widget.part('log');
    assert.ok(await log.evaluate((log) => log.scrollHeight > log.clientHeight), 'there is something to scroll');
    await widget.page.evaluate(async (options) => {
      globalThis.other = InferKit.init(options);
      await globalThis.other.whenReady();
      const log = globalThis.chat.element.shadowRoot.querySelector('[part~="log"]');
      log.scrollTop = 0;
      // The browser tells of the scroll with its next frame.
      globalThis.chat.destroy();
      for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
    }, { target: 'body', mode: 'local', model: t.model() });
    assert.deepEqual((await widget.heard()).filter(({ name }) => /error|uncaught/.test(name)), []);
    await widget.page.evaluate(() => globalThis.other.setInput('still here'));
    await until('the other', async () => await widget.composer.inputValue() === 'still here');
  }),
];
