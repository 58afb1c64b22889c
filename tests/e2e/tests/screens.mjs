// Every screen that a visitor meets, on a phone and on a desktop, light and dark, as pictures for a reader to look at;
// and what can be checked without one: nothing sticks out, nothing is out of reach.

import { strict as assert } from 'node:assert';
import { test } from '../test.mjs';
import { RAINBOW } from '../golden.mjs';
import { until } from '../widget.mjs';

const DEVICES = {
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
  desktop: { viewport: { width: 1280, height: 800 } },
};

const screens = (device, colorScheme) =>
  test(`every screen, ${device}, ${colorScheme}`, { timeout: 120_000 }, async (t) => {
    const model = t.slowDefaultModel();
    const widget = await t.open({
      how: 'script', model, options: { consent: 'ask', maxTokens: 160 },
      context: { ...DEVICES[device], colorScheme, reducedMotion: 'reduce' },
    });
    const shoot = async (name) => {
      await fits(widget);
      await t.screenshot(widget.page, `${name}-${device}-${colorScheme}`);
    };
    await widget.part('launcher').waitFor();
    await t.screenshot(widget.page, `closed-${device}-${colorScheme}`);
    await widget.part('launcher').click();
    await widget.composer.waitFor();
    await shoot('empty');

    await widget.ask(RAINBOW);
    await widget.card('consent').waitFor();
    await shoot('consent');
    await widget.button('agree').click();
    await widget.event('progress', { fits: ({ done }) => done > 8_000_000 });
    await shoot('progress');
    model.fault = '';

    await until('a few words', async () => (await widget.heard('token')).length > 5, 60_000);
    await shoot('streaming');
    await widget.settled(0, 60_000);
    await shoot('answer');

    const broken = t.model('404');
    const other = { model: { url: broken.url }, consent: 'granted' };
    await widget.element.evaluate((element, options) => element.setOptions(options), other);
    const mark = await widget.ask('And why are its colours always in the same order?');
    await widget.event('error', { from: mark });
    await widget.part('error').waitFor();
    await shoot('error');
  });

/** The panel lies within the screen, the page does not scroll sideways, and the composer can be reached. */
async function fits(widget) {
  const { width, height } = widget.page.viewportSize();
  const sideways = await widget.page.evaluate(() => document.scrollingElement.scrollWidth - innerWidth);
  assert.ok(sideways <= 0, `the page is ${sideways} pixels too wide`);
  for (const element of [widget.part('panel'), widget.composer, widget.part('header'), widget.part('log')]) {
    const box = await element.boundingBox();
    assert.ok(box, 'it is laid out');
    const [right, bottom] = [box.x + box.width, box.y + box.height];
    const inside = box.x >= 0 && box.y >= 0 && right <= width + 0.5 && bottom <= height + 0.5;
    assert.ok(inside, `${JSON.stringify(box)} lies within ${width}×${height}`);
  }
  const wide = await widget.part('log').evaluate((log) => log.scrollWidth - log.clientWidth);
  assert.ok(wide <= 0, `the log is ${wide} pixels too wide`);
}

export default [
  ...Object.keys(DEVICES).flatMap((device) => ['light', 'dark'].map((scheme) => screens(device, scheme))),

  test('the demo page answers', { timeout: 120_000 }, async (t) => {
    const widget = await t.visit(`${t.server.site}/`);
    if (await widget.part('launcher').count()) await widget.part('launcher').click();
    await widget.composer.waitFor();
    await t.screenshot(widget.page, 'demo');
    const mark = await widget.ask(RAINBOW);
    await widget.button('agree').click();
    await until('an answer', async () => (await widget.heard('token', mark)).length > 5, 60_000);
    await widget.settled(mark, 60_000);
    const wrong = (await widget.heard()).filter(({ name }) => ['error', 'violation', 'uncaught'].includes(name));
    assert.deepEqual(wrong, [], 'under the strict policy of the page');
    await t.screenshot(widget.page, 'demo-answer');
  }),
];
