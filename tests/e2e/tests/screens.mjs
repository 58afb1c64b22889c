// Every screen that a visitor meets, on a phone and on a desktop, light and dark, as pictures for a reader to look at;
// and what can be checked without one: nothing sticks out, nothing is out of reach, and axe finds nothing.

import { strict as assert } from 'node:assert';
import { findings } from '../axe.mjs';
import { GUARD, HELPLESS, online } from '../remote.mjs';
import { test } from '../test.mjs';
import { RAINBOW } from '../golden.mjs';
import { until } from '../widget.mjs';

const DEVICES = {
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
  desktop: { viewport: { width: 1280, height: 800 } },
};

/** Of the page, or of the frame that the loader makes. */
const place = (how) => (how.endsWith('iframe') ? ', in a frame' : '');

const screens = (device, colorScheme, how = 'script') =>
  test(`every screen, ${device}, ${colorScheme}${place(how)}`, { timeout: 180_000 }, async (t) => {
    const model = t.slowDefaultModel();
    const widget = await t.open({
      how, model, options: { consent: 'ask', maxTokens: 160 },
      context: { ...DEVICES[device], colorScheme, reducedMotion: 'reduce' },
    });
    const shoot = async (name) => {
      await fits(widget);
      await t.screenshot(widget.page, `${name}-${device}-${colorScheme}${place(how) && '-framed'}`);
      assert.deepEqual(await findings(widget), [], `axe, ${name}`);
    };
    await widget.part('launcher').waitFor();
    await t.screenshot(widget.page, `closed-${device}-${colorScheme}${place(how) && '-framed'}`);
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

/** What stands between a question and a server's answer, and what may come of it. */
const remoteScreens = (device, colorScheme, how = 'script') =>
  test(`the screens of a server's answers, ${device}, ${colorScheme}${place(how)}`, { timeout: 180_000 }, async (t) => {
    const settings = { ...GUARD, site_key: 'double-interactive', strings: { disclaimer: 'Ask us if in doubt.' } };
    const { widget, key } = await online(t, {
      settings, how,
      options: {
        ...HELPLESS, maxTokens: 48, theme: { density: 'compact', radius: 12, accent: '#0f766e' },
        prompts: ['Where is my order?', 'Can I return what I have worn for a day, if I keep the box?', 'Do you deliver?'],
      },
      context: { ...DEVICES[device], colorScheme, reducedMotion: 'reduce' },
      ready: (widget) => widget.part('launcher').click(),
    });
    const shoot = async (name) => {
      await fits(widget);
      await t.screenshot(widget.page, `${name}-${device}-${colorScheme}${place(how) && '-framed'}`);
      assert.deepEqual(await findings(widget), [], `axe, ${name}`);
    };
    await shoot('prompts');
    await widget.host.getByRole('button', { name: 'Do you deliver?', exact: true }).click();
    await widget.card('leave').waitFor();
    await shoot('leave');
    await widget.button('leaving').click();
    await widget.card('verify').waitFor();
    const challenge = widget.scope.frameLocator('iframe[src*="challenge.html"]').getByRole('checkbox');
    await challenge.waitFor();
    await shoot('verify');
    await challenge.click();
    await widget.part('message').last().getByText('Answered online', { exact: true }).waitFor();
    await widget.settled(0);
    await shoot('online');

    for (const [family, error] of Object.entries(FAMILIES)) {
      await t.gateway.key(key, { tier: 'pro', ...settings, faults: [{ on: 'completions', do: { error } }] });
      const mark = await widget.ask(`And ${family}?`);
      await widget.event('error', { from: mark });
      const notice = widget.part('error').last();
      await until('the error in sight', () => notice.evaluate((element) => {
        const [own, log] = [element, element.closest('[part~="log"]')].map((one) => one.getBoundingClientRect());
        return own.bottom <= log.bottom && own.top >= log.top;
      }), 5_000);
      await shoot(`error-${family}`);
    }
  });

/** One failure of each family that a server can cause at once. */
const FAMILIES = {
  message: { code: 'bad_request' }, busy: { code: 'rate_limited', retry_after: 600 },
  setup: { code: 'origin_not_allowed' }, plan: { code: 'quota_exceeded' },
};

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
  screens('phone', 'dark', 'script-iframe'),
  screens('desktop', 'light', 'script-iframe'),
  remoteScreens('phone', 'dark'),
  remoteScreens('desktop', 'light'),
  remoteScreens('phone', 'light', 'script-iframe'),
  remoteScreens('desktop', 'dark', 'script-iframe'),

  test('the demo page answers', { timeout: 120_000 }, async (t) => {
    const widget = await t.visit(`${t.server.site}/`);
    if (await widget.part('launcher').count()) await widget.part('launcher').click();
    await widget.composer.waitFor();
    await t.screenshot(widget.page, 'demo');
    const mark = await widget.ask('Do you deliver to Switzerland?');
    const { detail } = await widget.event('sources', { from: mark });
    assert.match(detail.passages[0].url, /\/shop\/shipping\.html#/);
    await widget.button('agree').click();
    await widget.settled(mark, 60_000);
    const greeted = await widget.ask('Hello!');
    await until('words', async () => (await widget.heard('token', greeted)).length > 2, 60_000);
    await widget.settled(greeted, 60_000);
    const wrong = (await widget.heard()).filter(({ name }) => ['error', 'violation', 'uncaught'].includes(name));
    assert.deepEqual(wrong, [], 'under the strict policy of the page');
    await t.screenshot(widget.page, 'demo-answer');
  }),
];
