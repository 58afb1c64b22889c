// Lives that must end, and silences that must be heard, as far as the loader and the frames answer for them.

import { strict as assert } from 'node:assert';
import { both, test } from '../test.mjs';
import { REFERENCE, until } from '../widget.mjs';

/** A module that is fetched and never comes: it waits for ever at its first line. */
const HANGS = 'await new Promise(() => {});\n';

/** HOST's folder in which the first fetch of a file hangs, and of any other address of it does not. */
const hanging = (t, file) => t.server.addFolder({ prepend: { [file]: (request) => (request === 1 ? HANGS : '') } });

/** Lets the page's clock run until the last words stand there; an import in between is real. */
const untilLastWords = (widget) => until('the last words', async () => {
  await widget.page.clock.runFor(5_000);
  return widget.element.locator('[part~="ref"]').isVisible();
}, 20_000);

/** What can be in progress when a listener of the site calls `destroy()`, by the event that it listens for. */
const MOMENTS = {
  ready: {}, open: { launcher: true }, close: { launcher: true }, unread: { launcher: true }, message: {}, token: {},
  progress: {}, status: {}, consent: { options: { consent: 'ask' } }, error: { fault: '404' },
};

export default [
  ...['widget.js', 'panel.js'].map((file) =>
    test(`L03: ${file} does not come: words, and a fresh try`, {}, async (t) => {
      const widget = await t.open({ base: hanging(t, file), prepare: (page) => page.clock.install() });
      const wait = widget.element.getByRole('status');
      await wait.waitFor({ state: 'attached' });
      assert.equal(await wait.innerText(), 'Just a moment…', 'the panel is not empty meanwhile');
      await widget.page.clock.runFor(8_000);
      assert.deepEqual(await widget.heard('error'), []);
      await untilLastWords(widget);
      const [{ detail }] = await widget.heard('error');
      assert.equal(detail.code, 'internal_client_error');
      assert.match(detail.reference, REFERENCE);
      await widget.button('again').click();
      await widget.composer.waitFor();
      await widget.page.clock.resume();
      await widget.answered('Hello');
    })),

  test('L03: the module’s bytes do not come: words, and a fresh try', {}, async (t) => {
    let requests = 0;
    const widget = await t.open({ prepare: async (page) => {
      await page.clock.install();
      await page.route('**/widget_bg.wasm*', (route) => (++requests === 1 ? undefined : route.continue()));
    } });
    await until('the request', async () => requests === 1);
    await untilLastWords(widget);
    await widget.button('again').click();
    await widget.composer.waitFor();
  }),

  test('L03: frame.js does not come: words, and a fresh try', {}, async (t) => {
    const widget = await t.open({ how: 'init-iframe', base: hanging(t, 'frame.js'),
      prepare: (page) => page.clock.install() });
    await untilLastWords(widget);
    await widget.element.getByRole('button', { name: 'Try again' }).click();
    await widget.composer.waitFor();
  }),

  test('L03: remote.js does not come: told in time, and a fresh try', {}, async (t) => {
    const base = hanging(t, 'remote.js');
    const widget = await t.open({ base, model: null, prepare: (page) => page.clock.install(),
      options: { mode: 'remote', remoteConsent: 'granted', apiBase: t.server.host } });
    await widget.composer.fill('Hello');
    await widget.composer.press('Enter');
    const fetches = () => t.requests().filter((path) => path.endsWith('/remote.js')).length;
    await until('the fetch', async () => fetches() === 1);
    await until('a failure, or a fresh try', async () => {
      await widget.page.clock.runFor(5_000);
      return fetches() > 1 || (await widget.heard('error')).length;
    }, 30_000);
    if (fetches() === 1) await widget.button('again').click();
    await until('a fresh try', async () => fetches() > 1);
  }),

  test('the words of the loader are the site’s', {}, async (t) => {
    const strings = { preparing: 'Moment …', ours: 'Das lag an uns.', tryAgain: 'Noch einmal', reference: 'Nr. {reference}.',
      heading: 'Frag uns' };
    const widget = await t.open({ base: hanging(t, 'widget.js'), options: { strings, target: undefined },
      prepare: (page) => page.clock.install() });
    assert.equal(await widget.part('launcher').getAttribute('aria-label'), 'Frag uns');
    await widget.part('launcher').click();
    await widget.element.getByText('Moment …', { exact: true }).waitFor({ state: 'attached' });
    await untilLastWords(widget);
    const [{ detail: { reference } }] = await widget.heard('error');
    assert.equal(await widget.part('ref').innerText(), `Nr. ${reference}.`);
    assert.match(await widget.part('error').innerText(), /Das lag an uns\./);
    await widget.element.getByRole('button', { name: 'Noch einmal' }).click();
    await widget.composer.waitFor();
  }),

  ...Object.entries(MOMENTS).flatMap(([event, { launcher, options, fault = '' }]) =>
    both(`L04: destroy() from within ${event} leaves nothing and says nothing`, {}, async (t) => {
      const { url, sha256, bytes } = t.model(fault);
      const given = { mode: 'local', backend: 'cpu', consent: 'granted', temperature: 0, maxTokens: 24,
        model: { url, sha256, bytes }, ...options, target: launcher ? undefined : 'body',
        embed: t.framed ? 'iframe' : 'element' };
      const widget = await t.open({ model: null, script: `
        globalThis.story = [];
        const chat = globalThis.chat = InferKit.init(${JSON.stringify(given)});
        chat.on('${event}', () => chat.destroy());
        for (const name of ['ready', 'open', 'close', 'message', 'token', 'error', 'progress', 'consent', 'unread',
          'status', 'destroy']) {
          chat.on(name, () => story.push(name));
          for (const type of [name, 'inferkit:' + name]) chat.element.addEventListener(type, () => story.push(name));
        }
        addEventListener('DOMContentLoaded', () => {
          if (${['open', 'close'].includes(event)}) chat.open();
          if (${event === 'close'}) chat.close();
          chat.sendMessage('Hello');
        });` });
      const story = () => widget.page.evaluate(() => globalThis.story);
      await until('the end', async () => (await story()).includes('destroy'));
      await widget.page.waitForTimeout(700);
      const told = await story();
      assert.deepEqual(told.slice(told.indexOf('destroy')), ['destroy', 'destroy', 'destroy'], 'nothing after it');
      // The listener that destroys was the first.
      assert.ok(!told.includes(event), told.join());
      assert.equal(await widget.element.count(), 0);
      assert.equal(widget.page.frames().length, 1, 'no frame is left');
      assert.equal(widget.page.workers().length, 0, 'no worker is left');
      assert.deepEqual(await widget.heard('uncaught'), []);
    })),

  test('L04: destroy() while the module is on its way', {}, async (t) => {
    const widget = await t.open({ base: hanging(t, 'widget.js'), prepare: (page) => page.clock.install() });
    await widget.element.getByRole('status').waitFor({ state: 'attached' });
    const told = await widget.page.evaluate(() => {
      globalThis.story = [];
      for (const name of ['error', 'ready', 'destroy']) globalThis.chat.on(name, () => globalThis.story.push(name));
      globalThis.chat.destroy();
      return globalThis.story;
    });
    assert.deepEqual(told, ['destroy']);
    await widget.page.clock.runFor(60_000);
    assert.deepEqual(await widget.page.evaluate(() => globalThis.story), ['destroy']);
    assert.equal(await widget.element.count(), 0);
  }),

  test('L05: a panic ends what the module had made, and a dead module’s next one takes nobody with it', {}, async (t) => {
    // Runs before each instance of widget.js: the first one's calls out of the module can be made to throw.
    const trap = `(() => {
      globalThis.modules = (globalThis.modules ?? 0) + 1;
      (globalThis.panics ??= []).push(() => Promise.reject(new WebAssembly.RuntimeError('unreachable')));
      for (const name of globalThis.modules === 1 ? ['instantiate', 'instantiateStreaming'] : []) {
        const original = WebAssembly[name];
        WebAssembly[name] = (source, imports) => {
          const number = globalThis.modules;
          return original.call(WebAssembly, source, Object.fromEntries(
            Object.entries(imports).map(([module, members]) => [module, Object.fromEntries(Object.entries(members).map(
              ([name, member]) => [name, typeof member !== 'function' ? member : (...values) => {
                if (globalThis.trapped >= number) throw new WebAssembly.RuntimeError('unreachable');
                return member(...values);
              }]))])));
        };
      }
    })();\n`;
    const widget = await t.open({ base: t.server.addFolder({ prepend: { 'widget.js': trap } }) });
    await widget.answered('Hello');
    assert.equal(widget.page.frames().length, 2, 'the engine’s frame');
    await widget.composer.click();
    const mark = await widget.mark();
    await widget.page.evaluate(() => { globalThis.trapped = 1; });
    await widget.page.keyboard.press('x');
    await widget.failure('internal_client_error', { from: mark });
    await until('the engine’s frame to go', async () => widget.page.frames().length === 1, 5_000);
    assert.equal(widget.page.workers().length, 0);
    await widget.button('again').click();
    await widget.answered('And now?');
    const late = await widget.mark();
    await widget.page.evaluate(() => { globalThis.panics[0](); });
    await widget.page.waitForTimeout(300);
    assert.deepEqual((await widget.heard('error', late)).map(({ detail }) => detail), []);
    await widget.answered('Still there?');
  }),

  test('K07: embed.html that is opened as a page answers nothing', {}, async (t) => {
    const widget = await t.visit(`${t.server.host}/v1/embed.html#api-base=${t.server.site}&heading=Your%20bank`);
    await widget.page.getByText('inside a page of its website').waitFor();
    assert.equal(await widget.element.count(), 0);
    assert.equal(await widget.page.getByText('Your bank').count(), 0);
    assert.ok(!t.requests().some((path) => path.includes('widget')), t.requests().join(' '));
  }),

  test('K07: nor in a frame whose page the browser does not name', {}, async (t) => {
    const widget = await t.open({ how: 'none', model: null });
    await widget.page.evaluate((src) => {
      const outer = Object.assign(document.createElement('iframe'), { srcdoc: `<iframe src="${src}"></iframe>` });
      outer.sandbox.add('allow-scripts');
      document.body.append(outer);
    }, `${t.server.host}/v1/embed.html#heading=Your%20bank`);
    const frame = await until('the frame', async () =>
      widget.page.frames().find((frame) => frame.url().includes('/embed.html')));
    await frame.getByText('inside a page of its website').waitFor();
    assert.equal(await frame.locator('inferkit-widget').count(), 0);
  }),

  test('a frame that says nothing any more is begun anew, with its conversation', { timeout: 90_000 }, async (t) => {
    const widget = await t.open({ how: 'init-iframe' });
    await widget.answered('Hello');
    const before = await widget.part('bubble').allInnerTexts();
    await widget.page.waitForTimeout(500);
    // What a killed process looks like from outside: nobody answers.
    const document = await widget.document();
    await document.evaluate(() => { MessagePort.prototype.postMessage = () => {}; });
    await until('another document', async () => (await widget.document()) !== document, 30_000);
    await until('the conversation', async () =>
      (await widget.part('bubble').allInnerTexts().catch(() => [])).join() === before.join());
    await widget.answered('And now?');
    assert.deepEqual(await widget.heard('error'), []);
  }),
];
