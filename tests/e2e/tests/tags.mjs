// How the loader comes to a page, and how options and listeners come to the element, as tag managers, bundlers and
// frameworks do it. Each test carries the number of its fault.

import { strict as assert } from 'node:assert';
import { blank, listen, load, panel, turn } from '../page.mjs';
import { both, test } from '../test.mjs';
import { Widget, until } from '../widget.mjs';

export default [
  ...['data-nscript', 'data-turbo-track', 'data-cfasync', 'data-cookieconsent', 'data-astro-rerun'].map((attribute) =>
    test(`P04: ${attribute} is not ours`, {}, async (t) => {
      const widget = await blank(t);
      await widget.page.evaluate(() => document.body.append(document.createElement('inferkit-widget')));
      await load(widget, t, { attributes: { [attribute]: 'true' } });
      await turn(widget);
      assert.equal(await widget.element.count(), 1);
      assert.equal(await widget.part('launcher').count(), 0);
    })),

  ...['div', 'form'].map((tag) => test(`P05: a <${tag}> of the page is named InferKit`, {}, async (t) => {
    const widget = await blank(t);
    await widget.page.evaluate((tag) => {
      const element = Object.assign(document.createElement(tag), { id: 'InferKit' });
      const field = element.appendChild(document.createElement('input'));
      field.name = 'init';
      document.body.prepend(element);
    }, tag);
    await load(widget, t);
    await widget.page.evaluate(() => InferKit.init({ heading: 'Ask us' }));
    assert.equal(await widget.part('launcher').getAttribute('aria-label'), 'Ask us');
  })),

  test('P06: the loader as type=module', {}, async (t) => {
    const widget = await blank(t);
    await load(widget, t, { type: 'module', attributes: { 'data-heading': 'Ask us', 'data-model-url': t.model().url } });
    assert.equal(await widget.part('launcher').getAttribute('aria-label'), 'Ask us');
    await widget.part('launcher').click();
    await widget.composer.waitFor();
    assert.deepEqual(await widget.heard('uncaught'), []);
  }),

  test('P06: the loader by import()', {}, async (t) => {
    const widget = await blank(t);
    await widget.page.evaluate(async (address) => {
      await import(address);
      InferKit.init({ heading: 'Ask us' });
    }, `${t.server.host}/v1/inferkit.js`);
    await widget.part('launcher').click();
    await widget.composer.waitFor();
    assert.deepEqual(await widget.heard('uncaught'), []);
  }),

  test('P06: a copy in a blob says what to do instead', {}, async (t) => {
    const widget = await blank(t);
    const said = listen(widget.page, 'error');
    await widget.page.evaluate(async (address) => {
      const source = await (await fetch(address)).blob();
      const src = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
      await new Promise((resolve) => {
        const script = Object.assign(document.createElement('script'), { src, onload: resolve, onerror: resolve });
        document.body.append(script);
      });
    }, `${t.server.host}/v1/inferkit.js`);
    await until('a line', async () => said.length);
    assert.equal(said.length, 1);
    assert.match(said[0], /inferkit\.mjs/);
    assert.deepEqual(await widget.heard('uncaught'), []);
  }),

  test('P10: options that are set after the element came are honoured', {}, async (t) => {
    const widget = await t.open({ how: 'none', script: '', model: null });
    await load(widget, t);
    await widget.page.evaluate(() => {
      globalThis.element = document.body.appendChild(document.createElement('inferkit-widget'));
    });
    await widget.composer.waitFor();
    await widget.page.evaluate(() => { globalThis.element.launcher = 'floating'; });
    await widget.part('launcher').waitFor();
    assert.equal(await panel(widget).isVisible(), false);
    await widget.part('launcher').click();
    await widget.composer.fill('half a thought');
    await widget.page.waitForTimeout(500);
    await widget.page.evaluate(() => globalThis.element.setAttribute('embed', 'iframe'));
    await widget.element.locator('iframe').waitFor();
    assert.ok(await panel(widget).isVisible(), 'it stays open');
    const framed = new Widget(widget.page, 'element-iframe');
    await until('the draft', async () => await framed.composer.inputValue() === 'half a thought');
    await widget.page.evaluate(() => Object.assign(globalThis.element, { embed: 'element', launcher: 'none' }));
    await until('the draft', async () => await widget.composer.inputValue() === 'half a thought');
    assert.ok(await panel(widget).isVisible());
    assert.equal(await widget.element.locator('iframe').count(), 0);
    assert.equal(await widget.part('launcher').count(), 0);
    assert.deepEqual((await widget.heard()).filter(({ name }) => ['destroy', 'error', 'uncaught'].includes(name)), []);
  }),

  test('P11: a name that is no event’s is warned of, once', {}, async (t) => {
    const widget = await t.open({ how: 'init' });
    const said = listen(widget.page, 'warning');
    const odd = ['constructor', '__proto__', 'hasOwnProperty', 'opened'];
    await widget.page.evaluate((odd) => {
      const { chat } = globalThis;
      const listener = () => {};
      for (const name of [...odd, ...odd, 'open', 'error']) chat.on(name, listener);
      for (const name of ['toString', ...odd]) chat.off(name, listener);
    }, odd);
    await until('the warnings', async () => said.length >= odd.length);
    assert.deepEqual(said, odd.map((name) => `InferKit: unknown event ${name}`));
    await widget.answered('Hello');
  }),

  ...both('P16: listeners as frameworks add them', {}, async (t) => {
    const widget = await t.open({ how: 'none', script: '', model: null });
    await load(widget, t);
    const { url } = t.model('404');
    await widget.page.evaluate(([url, embed]) => {
      globalThis.calls = [];
      const note = (name) => ({ type, detail }) => globalThis.calls.push([name, type, detail?.code ?? detail?.role ?? '']);
      const element = document.createElement('inferkit-widget');
      // React 19: what it does not know it listens for, with its capital; what it knows stays in its own properties.
      for (const name of ['Ready', 'Message']) element.addEventListener(name, note('React'));
      const react = { onError: note('React'), onProgress: note('React'), onReady: note('twice') };
      Object.defineProperty(element, '__reactProps$k2j9', { value: react, enumerable: true, writable: true });
      // Vue, Svelte, Angular, Lit.
      for (const name of ['ready', 'message', 'error']) element.addEventListener(name, note('others'));
      // A property takes the detail itself, as an option does.
      element.onError = (detail) => globalThis.calls.push(['property', '', detail.code]);
      Object.assign(element, { mode: 'local', backend: 'cpu', consent: 'granted', model: { url }, embed });
      document.body.append(element);
      element.sendMessage('Hello');
    }, [url, t.framed ? 'iframe' : 'element']);
    await until('the failure', async () => (await widget.heard('error')).length);
    const calls = await widget.page.evaluate(() => globalThis.calls);
    const of = (who) => calls.filter(([by]) => by === who).map(([, type, what]) => `${type} ${what}`.trim()).sort();
    assert.deepEqual(of('React'), ['Error model_download_failed', 'Message user', 'Ready']);
    assert.deepEqual(of('others'), ['error model_download_failed', 'message user', 'ready']);
    assert.deepEqual(of('property'), ['model_download_failed']);
    assert.deepEqual(of('twice'), []);
  }),

  test('P16: a listener that React alone has keeps the console quiet', {}, async (t) => {
    const widget = await t.open({ how: 'element', model: t.model('404') });
    const said = listen(widget.page, 'error');
    await widget.page.evaluate(() => {
      globalThis.told = 0;
      document.querySelector('inferkit-widget').__reactProps$x = { onError: () => globalThis.told++ };
    });
    await widget.ask('Hello');
    await until('the failure', () => widget.page.evaluate(() => globalThis.told === 1));
    assert.deepEqual(said, []);
  }),

  test('P17: a script that lost its attributes gives a hint, once', {}, async (t) => {
    const widget = await blank(t, { prepare: (page) => page.clock.install() });
    const said = listen(widget.page, 'info');
    await load(widget, t);
    await widget.page.clock.runFor(6_000);
    await until('the hint', async () => said.length);
    await widget.page.clock.runFor(60_000);
    assert.equal(said.length, 1);
    assert.match(said[0], /data-….*<inferkit-widget>/);
  }),

  test('P17: no hint where there is a widget', {}, async (t) => {
    const widget = await t.open({ how: 'element', prepare: (page) => page.clock.install() });
    const said = listen(widget.page, 'info');
    await widget.composer.waitFor();
    await widget.page.clock.runFor(60_000);
    assert.deepEqual(said, []);
  }),

  test('P18: widgets inside other shadow roots keep their own conversation', {}, async (t) => {
    const address = t.page({ how: 'element', options: {}, model: null, script: `
      addEventListener('DOMContentLoaded', () => {
        document.querySelector('inferkit-widget').remove();
        globalThis.chats = ['left', 'right'].map((side) => {
          const host = document.body.appendChild(document.createElement('x-' + side));
          const inner = host.attachShadow({ mode: 'open' }).appendChild(document.createElement('section'));
          return inner.appendChild(document.createElement('inferkit-widget'));
        });
        globalThis.chats.push(chats[1].parentNode.appendChild(document.createElement('inferkit-widget')));
      });` });
    const widget = await t.visit(address, { how: 'element' });
    const drafts = () => widget.page.evaluate(() =>
      globalThis.chats.map((chat) => chat.shadowRoot.querySelector('textarea')?.value));
    await until('three panels', async () => (await drafts()).every((draft) => draft !== undefined));
    await widget.page.evaluate(() => globalThis.chats.forEach((chat, at) => chat.setInput('draft ' + at)));
    await widget.page.waitForTimeout(600);
    await widget.page.reload();
    await until('each its own', async () => (await drafts()).join() === 'draft 0,draft 1,draft 2');
  }),

  test('P21: the frame may ask the visitor’s own network', {}, async (t) => {
    const widget = await t.open({ how: 'init-iframe' });
    await widget.composer.waitFor();
    const allowed = await widget.element.evaluate((element) =>
      element.shadowRoot.querySelector('iframe').featurePolicy.allowedFeatures());
    const known = await widget.page.evaluate(() => document.featurePolicy.features());
    for (const name of ['local-network-access', 'local-network', 'loopback-network'].filter((one) => known.includes(one))) {
      assert.ok(allowed.includes(name), name);
    }
  }),
];
