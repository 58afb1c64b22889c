// The main job: the default model answers, on both backends, and says what the reference says.

import { strict as assert } from 'node:assert';
import { Skip, test } from '../test.mjs';
import { agreement, ask, RAINBOW } from '../golden.mjs';

/** A page with the default model; the hook in the worker reads what the page can't see. */
const open = (t, backend, options = {}) => t.open({
  model: { ...t.server.model, name: 'SmolLM2-135M-Instruct' }, base: t.engineWith(),
  options: { backend, consent: 'ask', ...options },
});

/** The visitor's journey from the question over the consent to the answer. */
async function journey(t, widget, ms) {
  const { requests } = t.server.model;
  const mark = await widget.ask(RAINBOW);
  await widget.card('consent').waitFor();
  assert.equal(t.server.model.requests, requests, 'no byte of the model before the consent');
  await widget.button('agree').click();
  const status = await widget.settled(mark, ms);
  assert.deepEqual(await widget.heard('error', mark), []);
  const tokens = await widget.heard('token', mark);
  const text = tokens.map(({ detail }) => detail.text).join('');
  assert.ok(tokens.length > 5, 'the answer is streamed');
  assert.match(text, /rainbow|light|sun|rain|colou?r/i, 'the answer makes sense');
  assert.equal((await widget.answer()).trim(), text.trim());
  return { status, text, pieces: tokens.length };
}

export default [
  test('the default model answers on the CPU where the adapter is software', { browser: 'webgpu', timeout: 120_000 },
    async (t) => {
      const widget = await open(t, 'auto', { maxTokens: 80 });
      const { status, text, pieces } = await journey(t, widget, 100_000);
      assert.equal(status.backend, 'cpu', 'a software adapter is not a GPU');
      await t.screenshot(widget.page, 'answer-auto');
      const [stats] = await widget.engine({ type: 'stats' });
      t.detail(`${pieces} pieces, ${stats.decode_per_second.toFixed(1)} tokens/s, ${JSON.stringify(text)}`);
    }),

  test('the reference on the CPU', { browser: 'plain', timeout: 180_000 }, async (t) => golden(t, 'cpu')),

  test('the default model answers on WebGPU, in less than 64 MB', { browser: 'webgpu', timeout: 240_000 },
    async (t) => {
      const widget = await open(t, 'webgpu', { maxTokens: 24 });
      const { status, text, pieces } = await journey(t, widget, 220_000);
      assert.equal(status.backend, 'webgpu');
      await t.screenshot(widget.page, 'answer-webgpu');
      const [stats] = await widget.engine({ type: 'stats' });
      assert.ok(stats.memory_bytes < 64 * 1024 * 1024, `${stats.memory_bytes} bytes of wasm memory`);
      const dispatches = stats.dispatches_per_token;
      assert.ok(dispatches > 150 && dispatches <= 160, `${dispatches} dispatches`);
      assert.equal(stats.passes_per_token, 1);
      t.detail(`${pieces} pieces, ${stats.decode_per_second.toFixed(1)} tokens/s, ` +
        `${(stats.memory_bytes / 2 ** 20).toFixed(1)} MiB, ${dispatches} dispatches, ${status.adapter}, ` +
        JSON.stringify(text));
    }),

  test('the reference on WebGPU', { browser: 'webgpu', timeout: 420_000 }, async (t) => golden(t, 'webgpu')),
];

/** All prompts of the reference, asked in the page's engine after the page has loaded the model. */
async function golden(t, backend) {
  if (!t.golden) throw new Skip('tests/golden is not there');
  const widget = await open(t, backend, { maxTokens: 1, consent: 'granted' });
  const mark = await widget.ask('Hi');
  const status = await widget.settled(mark, 120_000);
  assert.equal(status.backend, backend);
  const answers = [];
  for (const row of t.golden) answers.push(await ask((message) => widget.engine(message, 120_000), row.messages, 16));
  const { equal, counts, lines } = agreement(t.golden, answers);
  console.log(lines.map((line) => `    ${line}`).join('\n'));
  assert.equal(counts, t.golden.length, 'prompt token counts');
  assert.ok(equal >= t.golden.length - 1, `${equal} of ${t.golden.length} texts are the reference's`);
  t.detail(`${equal} of ${t.golden.length} texts equal, ${counts} of ${t.golden.length} prompt counts`);
}
