// The same build in Firefox: a second, independent WebGPU.

import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { agreement, ask, RAINBOW } from '../golden.mjs';
import { RECORDER, Skip, test } from '../test.mjs';
import { Widget } from '../widget.mjs';

/** Few: its adapter is a CPU here. */
const TOKENS = 8;

export default [
  test('the default model answers on Firefox’s WebGPU', { browser: 'firefox', timeout: 540_000 }, async (t) => {
    const browser = await t.browsers.launchFirefox();
    t.atEnd(() => browser.close());
    t.detail(await browser.version());
    const page = await browser.newPage();
    await page.evaluateOnNewDocument(RECORDER);
    await page.setViewport({ width: 480, height: 760 });
    await page.goto(t.page({
      model: { ...t.server.model, name: 'SmolLM2-135M-Instruct' }, base: t.engineWith(),
      options: { backend: 'webgpu', maxTokens: TOKENS },
    }));
    if (!(await page.evaluate(async () => Boolean(await navigator.gpu?.requestAdapter())))) {
      throw new Skip('Firefox has no WebGPU adapter: on Linux, mesa-vulkan-drivers brings one');
    }
    const widget = new Widget(page);
    const composer = await page.waitForSelector('inferkit-widget >>> textarea');
    await composer.type(RAINBOW);
    await page.keyboard.press('Enter');
    const status = await widget.settled(0, 400_000);
    assert.deepEqual(await widget.heard('error'), []);
    assert.equal(status.backend, 'webgpu');
    const tokens = (await widget.heard('token')).map(({ detail }) => detail.text);
    assert.ok(tokens.length > 2, 'the answer is streamed');
    const bubble = await page.waitForSelector('inferkit-widget >>> [part~="message"]:last-child [part~="bubble"]');
    assert.equal(await bubble.evaluate((element) => element.textContent), tokens.join(''));
    await page.screenshot({ path: join(t.screenshots, 'answer-firefox.png') });
    const [stats] = await widget.engine({ type: 'stats' });
    t.detail(`${stats.decode_per_second.toFixed(2)} tokens/s, ${status.adapter}, ${JSON.stringify(tokens.join(''))}`);

    if (!t.golden) throw new Skip('tests/golden is not there');
    const rows = t.golden.slice(0, 1);
    const answer = await ask((message) => widget.engine(message, 120_000), rows[0].messages, TOKENS);
    const { equal, counts, lines } = agreement(rows, [answer]);
    assert.deepEqual([equal, counts], [1, 1], lines.join('; '));
  }),
];
