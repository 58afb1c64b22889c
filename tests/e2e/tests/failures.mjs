// Every failure of the journey, tried: the developer's code, the visitor's words, one reference for both, and the
// draft that survives. `Widget.failure` checks what all of them have in common.

import { strict as assert } from 'node:assert';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { shortened, strangeArchitecture, strangeWeights } from '../models.mjs';
import { both, test } from '../test.mjs';
import { REFERENCE } from '../widget.mjs';

const QUESTION = 'Hello';
const DRAFT = 'what I wanted to ask next';

/** What the visitor reads, by family. */
const WORDS = {
  device: /this device can.t run the assistant/i,
  download: /couldn.t be loaded/i,
  offline: /offline/i,
  ours: /on our side/i,
  setup: /isn.t available on this page/i,
};

/** Asks, writes on, and reads the failure. */
async function failing(widget, code, family, { again, ms } = {}) {
  const mark = await widget.ask(QUESTION);
  await widget.composer.fill(DRAFT);
  const failure = await widget.failure(code, { from: mark, ms });
  assert.match(failure.words, WORDS[family]);
  assert.equal(await widget.button('again').isVisible(), again, `Try again is ${again ? '' : 'not '}offered`);
  assert.equal(await widget.composer.inputValue(), DRAFT, 'the draft survives');
  assert.equal(await widget.part('bubble').first().textContent(), QUESTION, 'the question stays');
  assert.equal((await widget.settled(mark)).state, 'idle');
  return failure;
}

/** A model that can't be had, or can't be used. `make` returns it. */
const fails = (name, make, code, family, again, more = {}) =>
  both(`${name}: ${code}`, {}, async (t) => {
    const widget = await t.open({ model: make(t), ...more });
    const { message } = await failing(widget, code, family, { again });
    t.detail(message);
  });

/** An asset of which nothing is promised. */
const unpinned = (t, fault, asset) => ({ ...t.model(fault, asset), sha256: undefined, bytes: undefined });

export default [
  ...fails('the model is not there', (t) => t.model('404'), 'model_download_failed', 'download', true),
  ...fails('the model breaks off', (t) => t.model('cut:200000'), 'model_download_failed', 'download', true),
  ...fails('a bit of the model is wrong', (t) => t.model(`flip:${t.tiny.length - 1000}`),
    'model_integrity', 'download', true),
  ...fails('the header is damaged', (t) => t.model('flip:0'), 'model_integrity', 'download', true),
  ...fails('the model is shorter than promised', (t) => t.model('truncate:200000'),
    'model_integrity', 'download', true),
  ...fails('a page stands in the model’s place', (t) => unpinned(t, 'html'), 'model_unsupported', 'setup', false),
  ...fails('the model ends in its header', (t) => unpinned(t, '', shortened(t.tiny, 5000)),
    'model_unsupported', 'setup', false),
  ...fails('the model ends in its weights', (t) => unpinned(t, '', shortened(t.tiny, t.tiny.length - 1000)),
    'model_unsupported', 'setup', false),
  ...fails('nobody knows the architecture', (t) => t.model('', strangeArchitecture(t.tiny)),
    'model_unsupported', 'setup', false),
  ...fails('nobody knows the weights’ type', (t) => t.model('', strangeWeights(t.tiny)),
    'model_unsupported', 'setup', false),
  ...fails('no WebGPU where the site wants it', (t) => t.model(), 'webgpu_unavailable', 'device', false,
    { options: { backend: 'webgpu' } }),

  ...both('no network at all: network_error', {}, async (t) => {
    // A port that nobody listens at any more.
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address();
    closed.close();
    const widget = await t.open({ model: { url: `http://127.0.0.1:${port}/model.gguf` } });
    await failing(widget, 'network_error', 'offline', { again: true });
  }),

  ...both('the module that talks to servers does not come: network_error', { timeout: 90_000 }, async (t) => {
    const base = t.server.addFolder({ missing: ['remote.js'] });
    const widget = await t.open({ base, model: null, options: { mode: 'remote', remoteConsent: 'granted' } });
    await failing(widget, 'network_error', 'offline', { again: true, ms: 60_000 });
  }),

  ...both('the network is gone before the engine came: network_error', {}, async (t) => {
    const widget = await t.open({ base: t.server.addFolder({ missing: ['engine.js'] }) });
    await failing(widget, 'network_error', 'offline', { again: true });
  }),

  ...both('an invalid option: config_invalid', {}, async (t) => {
    const widget = await t.open({ options: { backend: 'quantum' } });
    const { message, words } = await widget.failure('config_invalid');
    assert.match(message, /backend/);
    assert.match(words, WORDS.setup);
    await widget.composer.fill(DRAFT);
    await widget.composer.press('Enter');
    assert.equal(await widget.composer.inputValue(), DRAFT, 'the draft survives');
  }),

  ...both('a secret key is refused before any request and never repeated: config_invalid', {}, async (t) => {
    const apiKey = 'ik_secret_0123456789';
    const widget = await t.open({ options: { apiKey } });
    const { message } = await widget.failure('config_invalid');
    assert.match(message, /revoke/);
    const everything = JSON.stringify(await widget.heard()) + await widget.part('panel').innerText();
    assert.ok(!everything.includes(apiKey), 'the key is nowhere');
    assert.deepEqual(t.requests().filter((path) => /engine|models/.test(path)), []);
  }),

  ...both('the widget’s module is missing: internal_client_error', {}, async (t) => {
    const widget = await t.open({ base: t.server.addFolder({ missing: ['widget_bg.wasm'] }) });
    const { words } = await widget.failure('internal_client_error');
    assert.match(words, WORDS.ours);
  }),

  ...both('the widget’s module panics: internal_client_error', {}, async (t) => {
    const trap = `(() => {
      for (const name of ['instantiate', 'instantiateStreaming']) {
        // The next instance of the module has the trap of its own file: a stack trace must not name the one before.
        const original = WebAssembly[name].original ?? WebAssembly[name];
        const trapping = (source, imports) => original.call(WebAssembly, source, Object.fromEntries(
          Object.entries(imports).map(([module, members]) => [module, Object.fromEntries(Object.entries(members).map(
            ([name, member]) => [name, typeof member !== 'function' ? member : (...values) => {
              if (globalThis.trapWidget) throw new WebAssembly.RuntimeError('unreachable');
              return member(...values);
            }]))])));
        WebAssembly[name] = Object.assign(trapping, { original });
      }
    })();\n`;
    const widget = await t.open({ base: t.server.addFolder({ prepend: { 'widget.js': trap } }) });
    await widget.answered(QUESTION);
    const conversation = await widget.part('bubble').allInnerTexts();
    await widget.composer.fill(DRAFT);
    const document = await widget.document();
    const breaks = async () => {
      // What is kept is written every 300 ms.
      await new Promise((resolve) => setTimeout(resolve, 600));
      const mark = await widget.mark();
      await document.evaluate(() => { globalThis.trapWidget = true; });
      // A timer of the module may meet the trap before the key does, and then there is no composer any more.
      await widget.composer.press('Enter', { timeout: 2_000 }).catch(() => {});
      return mark;
    };
    const mark = await breaks();
    const { words } = await widget.failure('internal_client_error', { from: mark });
    assert.match(words, WORDS.ours);
    assert.equal(await widget.host.getByRole('textbox').inputValue(), DRAFT, 'the draft survives');

    await document.evaluate(() => { globalThis.trapWidget = false; });
    await widget.button('again').click();
    await widget.composer.waitFor();
    assert.equal(await widget.composer.inputValue(), DRAFT, 'and is there to be sent');
    const bubbles = () => widget.part('bubble').allInnerTexts();
    assert.deepEqual((await bubbles()).slice(0, 2), conversation, 'below the conversation');
    await widget.answered(DRAFT);

    // Perhaps it is the conversation that breaks the module: a second time it is not taken up.
    await widget.composer.fill(DRAFT);
    await widget.failure('internal_client_error', { from: await breaks() });
    await document.evaluate(() => { globalThis.trapWidget = false; });
    await widget.button('again').click();
    await widget.composer.waitFor();
    assert.equal(await widget.composer.inputValue(), DRAFT);
    assert.deepEqual(await bubbles(), []);
  }),

  ...both('a failure reaches the console when nobody listens', {}, async (t) => {
    const widget = await t.open({ how: 'element', model: t.model('404') });
    const said = widget.page.waitForEvent('console', { predicate: (message) => message.type() === 'error' &&
      message.text().includes('InferKit'), timeout: 30_000 });
    await widget.ask(QUESTION);
    const text = (await said).text();
    const [, code, reference] = /^InferKit error \[(\w+)\] ref=(\S+)/.exec(text) ?? [];
    assert.equal(code, 'model_download_failed', text);
    assert.match(reference, REFERENCE);
  }),
];
