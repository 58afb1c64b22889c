// The playground: errors brought about by a click, and both sides held against each other by somebody who can look
// into either.

import { strict as assert } from 'node:assert';
import { readFile } from 'node:fs/promises';
import { test } from '../test.mjs';
import { until } from '../widget.mjs';

/** One of each family, and how often the question is sent for it. */
const ONE_EACH = {
  key_revoked: 1, quota_exceeded: 1, rate_limited: 3, challenge_failed: 2, invalid_credentials: 1, bad_request: 1,
  network_error: 3, stream_interrupted: 1, internal_error: 2, model_download_failed: 0, webgpu_unavailable: 0,
};

/** What no visitor may read, whatever the error. */
const SECRETS = ['http', 'ik_pub', 'wasm', 'GGUF', 'undefined', 'challenge', 'quota'];

const DEVICES = {
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
  desktop: { viewport: { width: 1280, height: 800 } },
};

/** The error page's chapters that have codes: `{ name, sentence, codes }`. */
const chapters = async () => {
  const text = await readFile(new URL('../../../public/errors.md', import.meta.url), 'utf8');
  return text.split('\n## ').slice(1).map((chapter) => ({
    name: chapter.split('\n')[0],
    sentence: /^> (.*)$/m.exec(chapter)?.[1] ?? '',
    codes: [...chapter.matchAll(/^### `(\w+)`$/gm)].map(([, code]) => code),
  })).filter(({ codes }) => codes.length);
};

class Playground {
  /** Addresses of requests that left the page, frames included. */
  asked = [];
  /** What stands on the console. */
  lines = [];
  #embed = 'Element';

  /** @param {import('../test.mjs').Test} t */
  static async open(t, { at = '', ...context } = {}) {
    // Asked for first: without the contract's server there is little to see.
    const api = t.gateway.api;
    const playground = new Playground();
    const prepare = (page) => {
      page.on('request', (request) => {
        if (request.url().startsWith(api)) playground.asked.push(request.url().slice(api.length));
      });
      page.on('console', (message) => playground.lines.push(message.text()));
    };
    ({ page: playground.page } = await t.visit(`${t.server.site}/playground/${at}`, { prepare, context }));
    await playground.page.locator('#codes button').first().waitFor({ state: 'attached' });
    return playground;
  }

  async embed(name) {
    this.#embed = name;
    await this.page.getByLabel(name, { exact: true }).check();
  }

  /** Where the widget is drawn. */
  get widget() {
    const stage = this.page.frameLocator('#stage iframe');
    const inside = this.#embed === 'iframe' ? stage.frameLocator('iframe[src*="embed.html"]') : stage;
    return inside.locator('inferkit-widget');
  }

  /** Clicks on a code, and waits for what it brings. */
  async cause(code) {
    await this.page.locator(`#codes button[value="${code}"]`).click();
    return this.object();
  }

  /** The object, as the developer's side shows it. */
  async object() {
    await until('the end of the run', async () => (await this.text('#progress')).startsWith('Done'));
    return JSON.parse((await this.text('#object')).replace(/^ {2}(\w+):/gm, '"$1":'));
  }

  /** The part of the visitor's side, where it shows. */
  part(name) {
    return this.widget.locator(`[part~="${name}"]`).filter({ visible: true }).last();
  }

  text(selector) {
    return this.page.locator(selector).innerText();
  }

  /** The paths that the server's books name, when all is over. */
  async requests() {
    await this.page.locator('#requests[aria-busy=false]').waitFor();
    const cells = await this.page.locator('#requests tbody td:first-child').allInnerTexts();
    return cells.map((cell) => cell.split(' ')[1]);
  }

  /** What a strict policy or nobody caught, in any of the page's documents. */
  async complaints() {
    const heard = await Promise.all(this.page.frames().map((frame) => frame.evaluate(() =>
      globalThis.heard.filter(({ name }) => name === 'violation' || name === 'uncaught')).catch(() => [])));
    return heard.flat();
  }
}

const bothSides = (embed) => test(`the playground shows one error of each family, by ${embed}`, { timeout: 120_000 },
  async (t) => {
    const playground = await Playground.open(t);
    await playground.embed(embed);
    const families = await chapters();
    for (const [code, times] of Object.entries(ONE_EACH)) {
      const { sentence } = families.find(({ codes }) => codes.includes(code));
      const failure = await playground.cause(code);
      assert.deepEqual(Object.keys(failure), ['code', 'message', 'request_id', 'reference']);
      assert.equal(failure.code, code);

      await playground.part('error').waitFor();
      const words = await playground.part('error').innerText();
      const [beginning] = sentence.split('.');
      assert.ok(words.includes(beginning), `${code}: ${words}`);
      const quoted = await playground.part('ref').innerText();
      assert.equal(quoted.trim(), `Ref: ${failure.reference}`, code);
      const shown = (await playground.part('panel').innerText()).replace(failure.reference, '');
      for (const secret of [code, failure.message, ...SECRETS]) {
        assert.ok(!shown.includes(secret), `the visitor reads ${secret}: ${shown}`);
      }

      // The page's own word on both.
      const judged = embed === 'iframe' ? /another origin/ : /are the same/;
      const compared = await until(`${code}: the comparison`, async () => {
        const text = await playground.text('#quoted');
        return judged.test(text) && text;
      });
      assert.ok(compared.includes(failure.reference));
      const ways = await playground.page.locator('#ways td').allInnerTexts();
      assert.deepEqual(ways.slice(0, 4).map((way) => way.replace('✓ ', '')), Array(4).fill('the same object'), code);
      assert.match(ways[4], /^silent/, code);
      if (times) {
        const questions = (await playground.requests()).filter((path) => path === '/v1/chat/completions');
        assert.equal(questions.length, times, `${code} is asked ${times} times`);
      }
      assert.deepEqual(await playground.complaints(), [], code);
    }
    const missed = families.filter(({ codes }) => !codes.some((code) => code in ONE_EACH)).map(({ name }) => name);
    assert.deepEqual(missed, ['The question is too long', 'Not an error at all']);
  });

const looks = (device, colorScheme) => test(`the playground, ${device}, ${colorScheme}`, {}, async (t) => {
  const playground = await Playground.open(t, { at: '#quota_exceeded', ...DEVICES[device], colorScheme,
    reducedMotion: 'reduce' });
  await playground.object();
  await playground.page.locator('#requests').waitFor();
  await t.screenshot(playground.page, `playground-${device}-${colorScheme}`);
  const boxes = await Promise.all(['#stage', '#developer'].map((side) => playground.page.locator(side).boundingBox()));
  const [visitor, developer] = boxes;
  if (device === 'phone') assert.ok(developer.y >= visitor.y + visitor.height, 'one under the other');
  else assert.ok(developer.x >= visitor.x + visitor.width && developer.y < visitor.y + visitor.height, 'side by side');
  const sideways = () => playground.page.evaluate(() => document.scrollingElement.scrollWidth - innerWidth);
  assert.ok(await sideways() <= 0, 'nothing sticks out');
  await playground.page.goto(`${t.server.site}/playground/reference.html#quota_exceeded`);
  await playground.page.locator('#quota_exceeded').waitFor();
  assert.ok(await sideways() <= 0, 'nor in the reference');
  await t.screenshot(playground.page, `reference-${device}-${colorScheme}`);
});

export default [
  ...['Element', 'iframe'].map(bothSides),
  ...Object.keys(DEVICES).flatMap((device) => ['light', 'dark'].map((scheme) => looks(device, scheme))),

  test('every code has its place in the playground, a cause or a reason, and a paragraph', {}, async (t) => {
    const playground = await Playground.open(t);
    const all = (await chapters()).flatMap(({ codes }) => codes);
    const buttons = await playground.page.locator('#codes button').evaluateAll((buttons) => buttons.map((button) =>
      [button.value, button.className]));
    assert.deepEqual(buttons.map(([value]) => value), ['local-fails', ...all]);
    const never = buttons.filter(([, name]) => name === 'never').map(([value]) => value);
    assert.deepEqual(never, ['question_too_long', 'answer_empty', 'engine_failed', 'gpu_out_of_memory', 'out_of_memory', 'gpu_lost', 'storage_full']);
    for (const code of never) {
      await playground.page.locator(`#codes button[value="${code}"]`).click();
      assert.match(await playground.text('#how'), /^Not to be had here\. It /, code);
      assert.ok(await playground.page.getByRole('button', { name: 'Run again' }).isHidden());
    }
    await playground.page.getByRole('link', { name: 'storage_full in the error reference' }).click();
    await playground.page.locator('h3#storage_full').waitFor();
    for (const code of all) assert.equal(await playground.page.locator(`h3#${code}`).count(), 1, code);
    await playground.page.locator('h3#bad_request').getByRole('link', { name: 'See it happen' }).click();
    assert.equal((await playground.object()).code, 'bad_request');
  }),

  test('the playground’s Free plan sends nothing', {}, async (t) => {
    const playground = await Playground.open(t, { at: '#gpu_lost' });
    await playground.page.getByLabel('Free', { exact: true }).check();
    for (const name of ['rate_limited', 'local-fails']) {
      const failure = await playground.cause(name);
      assert.equal(failure.code, 'upgrade_required');
      assert.equal(failure.request_id, null);
      assert.deepEqual(await playground.requests(), ['/v1/widget/config']);
      assert.match(await playground.text('#summary'), /never sent/);
      assert.equal(await playground.widget.locator('[part~="message"]').count(), 2, 'each by itself');
    }
    assert.match((await playground.object()).message, /model_download_failed/, 'and why the device can’t');
    const asked = playground.asked.filter((path) => path.startsWith('/v1/'));
    assert.deepEqual([...new Set(asked)], ['/v1/widget/config'], 'nor does the network see anything');
  }),

  test('on Pro, the playground’s device that can’t answer is stood in for', {}, async (t) => {
    const playground = await Playground.open(t, { at: '#local-fails' });
    await until('the answer', async () => (await playground.text('#progress')).startsWith('Done'));
    assert.match(await playground.text('#developer'), /answered online/);
    await playground.widget.getByText('Answered online').waitFor();
    assert.deepEqual(await playground.requests(), ['/v1/widget/config', '/v1/sessions', '/v1/chat/completions']);
    assert.match(await playground.text('#summary'), /sent once, .* charged once/);
    assert.deepEqual(await playground.complaints(), []);
  }),

  test('where nobody listens, the playground shows what the console says', {}, async (t) => {
    const playground = await Playground.open(t, { at: '#gpu_lost' });
    await playground.page.getByLabel('Nobody listens', { exact: true }).check();
    const { code, message, reference } = await playground.cause('config_invalid');
    const line = `InferKit error [${code}] ref=${reference} ${message}`;
    const ways = await playground.page.locator('#ways td').allInnerTexts();
    assert.deepEqual(ways.slice(0, 2), ['not given', 'not given']);
    assert.equal(ways[4].replace('✓ ', ''), line);
    assert.deepEqual(playground.lines.filter((one) => one.startsWith('InferKit error')), [line]);
  }),

  test('a visitor who tries again in the playground is seen on both sides', {}, async (t) => {
    const playground = await Playground.open(t, { at: '#gpu_lost' });
    const first = await playground.cause('bad_request');
    await playground.widget.getByRole('button', { name: 'Try again' }).click();
    const second = await until('another failure', async () => {
      const now = await playground.object();
      return now.reference !== first.reference && now;
    });
    assert.equal(second.code, 'bad_request');
    await until('the comparison', async () => (await playground.text('#quoted')).includes(second.reference));
    assert.match(await playground.text('#quoted'), /are the same/);
    await until('the books', async () => /sent 2 times/.test(await playground.text('#summary')));
  }),

  test('the shop leads to the playground', {}, async (t) => {
    const { page } = await t.visit(`${t.server.site}/`);
    await page.getByRole('link', { name: /Every error/ }).click();
    await page.getByRole('heading', { name: 'Error playground' }).waitFor();
    assert.equal((await page.goto(`${t.server.site}/playground`)).url(), `${t.server.site}/playground/`);
  }),

  test('the playground is driven with the keyboard', {}, async (t) => {
    const playground = await Playground.open(t, { at: '#gpu_lost' });
    const { keyboard } = playground.page;
    const focused = () => playground.page.evaluate(() => document.activeElement?.value);
    for (let tabs = 0; await focused() !== 'free'; tabs++) {
      assert.ok(tabs < 12, 'the plan can be reached');
      await keyboard.press('Tab');
      if (await focused() === 'pro') await keyboard.press('ArrowRight');
    }
    for (let tabs = 0; await focused() !== 'forbidden'; tabs++) {
      assert.ok(tabs < 12, 'a code can be reached');
      await keyboard.press('Tab');
    }
    await keyboard.press('Enter');
    assert.equal((await playground.object()).code, 'upgrade_required');
    assert.equal(await focused(), 'forbidden', 'the focus stays where it is');
  }),
];
