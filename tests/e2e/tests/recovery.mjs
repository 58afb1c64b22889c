// Failures that the widget gets over: by itself where the catalog says so, otherwise with Try again.

import { strict as assert } from 'node:assert';
import { both, test } from '../test.mjs';
import { until } from '../widget.mjs';

const QUESTION = 'Hello';

/** Presses Try again and waits for the answer. */
async function again(widget, ms) {
  const mark = await widget.mark();
  await widget.button('again').click();
  await until('an answer', async () =>
    (await widget.heard('message', mark)).some(({ detail }) => detail.role === 'assistant'), ms);
  assert.equal((await widget.heard('error', mark)).length, 0);
  assert.ok((await widget.answer()).length > 0);
}

/** An answer that breaks in its middle: what stands stays, the next attempt is answered. */
async function breaksInTheMiddle(widget, code, words) {
  const mark = await widget.ask(QUESTION);
  await widget.composer.fill('a draft');
  const failure = await widget.failure(code, { from: mark, ms: 90_000 });
  assert.match(failure.words, words);
  const tokens = (await widget.heard('token', mark)).map(({ detail }) => detail.text).join('');
  assert.ok(tokens.length > 0, 'it had begun');
  assert.ok((await widget.part('message').last().innerText()).includes(tokens.trim()), 'the partial answer stays');
  assert.equal(await widget.composer.inputValue(), 'a draft');
  return { mark, failure };
}

export default [
  ...both('a download that breaks off once is fetched again without a word', {}, async (t) => {
    const model = t.model('cut:200000,once');
    const widget = await t.open({ model });
    await widget.answered(QUESTION);
    assert.ok(model.requests > 1);
  }),

  ...both('a download that keeps breaking off works with Try again', {}, async (t) => {
    const model = t.model('cut:200000');
    const widget = await t.open({ model });
    const mark = await widget.ask(QUESTION);
    await widget.failure('model_download_failed', { from: mark });
    model.fault = '';
    await again(widget);
  }),

  ...both('wrong bytes are fetched again past the cache, once', {}, async (t) => {
    const model = t.model(`flip:${t.tiny.length - 1000},once`);
    const widget = await t.open({ model });
    await widget.answered(QUESTION);
    assert.equal(model.requests, 2);
  }),

  ...both('wrong bytes twice are told, and Try again goes past the cache too', {}, async (t) => {
    const model = t.model(`flip:${t.tiny.length - 1000}`);
    const widget = await t.open({ model });
    const mark = await widget.ask(QUESTION);
    await widget.failure('model_integrity', { from: mark });
    assert.equal(model.requests, 2);
    model.fault = '';
    await again(widget);
  }),

  ...both('an engine that dies before a word is started again without one', {}, async (t) => {
    const base = t.engineWith((worker) => (worker === 2 ? {} : { trapAfterTokens: 0 }));
    const widget = await t.open({ base });
    await widget.answered(QUESTION);
    assert.equal(t.requests().filter((path) => path.endsWith('engine-worker.js')).length, 2);
  }),

  ...both('an engine that dies twice is told: engine_failed', {}, async (t) => {
    const base = t.engineWith((worker) => (worker > 2 ? {} : { trapAfterTokens: 0 }));
    const widget = await t.open({ base });
    const mark = await widget.ask(QUESTION);
    const { words } = await widget.failure('engine_failed', { from: mark });
    assert.match(words, /on our side/i);
    await again(widget);
    assert.equal(t.requests().filter((path) => path.endsWith('engine-worker.js')).length, 3);
  }),

  ...both('an engine that dies in mid-answer: engine_failed, and a new one stands ready', {}, async (t) => {
    const base = t.engineWith((worker) => (worker === 1 ? { trapAfterTokens: 3 } : {}));
    const widget = await t.open({ base, options: { maxTokens: 100 } });
    const { mark } = await breaksInTheMiddle(widget, 'engine_failed', /on our side/i);
    await widget.status('ready', { from: mark });
    await again(widget);
    assert.equal(t.requests().filter((path) => path.endsWith('engine-worker.js')).length, 2);
  }),

  test('a device lost in mid-answer: gpu_lost, and the weights come again', { browser: 'webgpu', timeout: 240_000 },
    async (t) => {
      const base = t.engineWith((worker) => (worker === 1 ? { loseAfterTokens: 3 } : {}));
      const model = t.model();
      const widget = await t.open({ base, model, options: { backend: 'webgpu', maxTokens: 100 } });
      const { mark } = await breaksInTheMiddle(widget, 'gpu_lost', /this device can.t run/i);
      const failed = (await widget.heard()).findIndex(({ name }) => name === 'error');
      const ready = await widget.status('ready', { from: failed, ms: 60_000 });
      assert.equal(ready.backend, 'webgpu');
      assert.ok((await widget.heard('progress', failed)).length > 0, 'the second load shows its progress');
      assert.equal((await widget.heard('consent', mark)).length, 0, 'nobody is asked a second time');
      assert.equal(model.requests, 1, 'the weights come from the HTTP cache');
      await again(widget, 60_000);
    }),

  test('a GPU process that crashes in mid-answer: gpu_lost', { browser: 'webgpu', timeout: 300_000 }, async (t) => {
    // A crash harms the whole browser, so this one has a browser of its own.
    const browser = await t.browsers.launch('webgpu');
    t.atEnd(() => browser.close());
    const widget = await t.open({ browser, options: { backend: 'webgpu', maxTokens: 200 } });
    const mark = await widget.ask(QUESTION);
    await widget.event('token', { from: mark, ms: 90_000 });
    const session = await browser.newBrowserCDPSession();
    await session.send('Browser.crashGpuProcess').catch(() => {});
    await widget.failure('gpu_lost', { from: mark, ms: 60_000 });
    assert.ok((await widget.part('message').last().innerText()).length > 0);
    await again(widget, 90_000);
  }),

  // The engine's own waits. Deadlines are ten times shorter here; what each is, and what follows, is not changed.
  ...['adapter', 'device', 'build'].map((silent) =>
    test(`L02: a GPU that is silent (${silent}): the CPU takes over`, { browser: 'webgpu', timeout: 90_000 }, async (t) => {
      const base = t.engineWith(() => ({ silent, realGpu: true, hurry: 10 }));
      const widget = await t.open({ base, options: { backend: 'auto' } });
      const { status } = await widget.answered(QUESTION, 60_000);
      assert.equal(status.backend, 'cpu');
    })),

  test('L02: an adapter that is silent, Cancel, and another question: nothing queues', { browser: 'webgpu', timeout: 90_000 },
    async (t) => {
      // Twice as long as usual, so that a busy machine presses Cancel before the bound is over.
      const base = t.engineWith(() => ({ silent: 'adapter', hurry: 0.5 }));
      const model = t.model();
      const widget = await t.open({ base, model, options: { backend: 'auto' } });
      const mark = await widget.ask(QUESTION);
      // The adapter is asked for when the model's header has come.
      await until('the model on its way', async () => model.requests === 1 && model.open === 0);
      await widget.clickAndMark('cancel');
      await widget.settled(mark, 2_000);
      assert.equal((await widget.heard('error', mark)).length, 0);
      const asked = Date.now();
      const { status } = await widget.answered('Hello again', 60_000);
      assert.equal(status.backend, 'cpu');
      assert.equal(t.requests().filter((path) => path.endsWith('engine-worker.js')).length, 1, 'the same worker');
      const said = (await widget.engine()).map(({ type }) => type);
      const order = said.filter((type) => ['load', 'stop', 'stopped', 'loaded'].includes(type));
      assert.deepEqual(order, ['load', 'stop', 'stopped', 'load', 'loaded'], 'the first load has ended before the second');
      t.detail(`${((Date.now() - asked) / 1000).toFixed(1)} s with an adapter that never comes`);
    }),

  test('L02: an adapter that is silent, and nothing else may compute: webgpu_unavailable',
    { browser: 'webgpu', timeout: 90_000 }, async (t) => {
      const base = t.engineWith(() => ({ silent: 'adapter', hurry: 10 }));
      const widget = await t.open({ base, options: { backend: 'webgpu' } });
      const mark = await widget.ask(QUESTION);
      await widget.failure('webgpu_unavailable', { from: mark });
    }),

  test('L02: a readback that is silent: the engine is built anew, and answers', { browser: 'webgpu', timeout: 240_000 },
    async (t) => {
      const base = t.engineWith((worker) => (worker === 1 ? { silent: 'readback', hurry: 10 } : {}));
      const widget = await t.open({ base, options: { backend: 'webgpu' } });
      await widget.answered(QUESTION, 100_000);
      assert.equal(t.requests().filter((path) => path.endsWith('engine-worker.js')).length, 2);
    }),

  test('L02: a readback that is silent and Stop: heard at once', { browser: 'webgpu', timeout: 90_000 }, async (t) => {
    const base = t.engineWith(() => ({ silent: 'readback' }));
    const widget = await t.open({ base, options: { backend: 'webgpu' } });
    const mark = await widget.ask(QUESTION);
    // Before the model is there, the widget thinks whether the browser has one.
    const isAsked = ({ state, backend }) => state === 'thinking' && backend === 'webgpu';
    await widget.event('status', { from: mark, ms: 60_000, fits: isAsked });
    await until('the question in the worker', async () => (await widget.engine()).some(({ type }) => type === 'generate'));
    await widget.button('stop').click();
    await widget.settled(mark, 1_000);
    await until('the engine\'s answer to the stop', async () =>
      (await widget.engine()).some(({ type, finish }) => type === 'done' && finish === 'stopped'), 2_000);
  }),

  test('L02: a worker that ignores Stop is replaced, and the next question is answered', { timeout: 120_000 }, async (t) => {
    const base = t.engineWith((worker) => (worker === 1 ? { silent: 'stop' } : {}));
    const model = t.model('', t.server.modelAsset);
    const widget = await t.open({ base, model, options: { maxTokens: 400 } });
    const mark = await widget.ask('Tell me a long story about a lighthouse keeper and the sea.');
    await widget.event('token', { from: mark, ms: 60_000 });
    await widget.button('stop').click();
    await widget.settled(mark, 1_000);
    await widget.page.evaluate(() => globalThis.chat.setOptions({ maxTokens: 4 }));
    await widget.answered(QUESTION, 90_000);
    assert.equal(t.requests().filter((path) => path.endsWith('engine-worker.js')).length, 2);
  }),

  test('L02: a worker that says nothing more is replaced, and the question answered', { timeout: 90_000 }, async (t) => {
    const base = t.engineWith((worker) => (worker === 1 ? { silent: 'all' } : {}));
    const widget = await t.open({ base });
    await widget.answered(QUESTION, 60_000);
    assert.equal(t.requests().filter((path) => path.endsWith('engine-worker.js')).length, 2);
  }),

  ...both('L06: a question that is too long for the model: question_too_long, and nothing is loaded anew', {}, async (t) => {
    const model = t.model();
    const widget = await t.open({ model, base: t.engineWith() });
    await widget.answered(QUESTION);
    const mark = await widget.ask('word '.repeat(1_500));
    await widget.failure('question_too_long', { from: mark });
    await widget.answered(QUESTION);
    assert.equal(model.requests, 1);
    assert.equal(t.requests().filter((path) => path.endsWith('engine-worker.js')).length, 1);
  }),

  test('L08: a model\'s server that never ends is left where the model ends: model_integrity', {}, async (t) => {
    const model = t.model('endless');
    const widget = await t.open({ model, base: t.engineWith() });
    const mark = await widget.ask(QUESTION);
    await widget.failure('model_integrity', { from: mark });
    await until('the end of both requests', async () => model.open === 0);
    // Twice, for wrong bytes are fetched again once; what the sockets hold comes on top.
    assert.ok(model.sent < 2 * (model.bytes + 16 * 2 ** 20), `${model.sent} bytes left the server`);
    const taken = (await widget.engine()).filter(({ type }) => type === 'progress').map(({ done }) => done);
    assert.ok(Math.max(0, ...taken) <= model.bytes + 2 ** 20, `${Math.max(...taken)} bytes were taken`);
    t.detail(`${(model.sent / 2 ** 20).toFixed(1)} MiB left the server for twice ${(model.bytes / 2 ** 20).toFixed(1)}`);
    model.fault = '';
    await again(widget);
  }),

  test('L10: another model is loaded: the old one\'s device is destroyed', { browser: 'webgpu', timeout: 300_000 },
    async (t) => {
      const widget = await t.open({ base: t.engineWith(), options: { backend: 'webgpu', maxTokens: 4 } });
      await widget.answered(QUESTION, 80_000);
      const devices = async () => (await widget.engine({ type: 'stats' }))[0].devices;
      assert.deepEqual(await devices(), { opened: 1, destroyed: 0 });
      const { url, sha256, bytes } = t.model();
      await widget.page.evaluate((model) => globalThis.chat.setOptions({ model }), { url, sha256, bytes, name: 'other' });
      await widget.answered('Another question', 80_000);
      assert.deepEqual(await devices(), { opened: 2, destroyed: 1 });
    }),
];
