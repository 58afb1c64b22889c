// The same build in WebKit, the engine of Safari. It has no WebGPU here, so the CPU answers. What an iPhone does beyond
// this (its keyboard, its memory, bfcache by swiping) and what an old Safari lacks can't be tried where there is none.

import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { bundle } from '../frameworks/bundle.mjs';
import { attributes } from '../server/pages.mjs';
import { RECORDER, test } from '../test.mjs';
import { NAMES, Widget, until } from '../widget.mjs';
import { Keys } from '../webkit.mjs';

/** What is looked for in the shadow root, by part or accessible name; runs in the document that draws the widget. */
const find = (what) => {
  const deep = (root) => [...root.querySelectorAll('*')].flatMap((one) =>
    [one, ...one.shadowRoot ? deep(one.shadowRoot) : []]);
  const shown = (one) => one.checkVisibility({ visibilityProperty: true });
  return deep(document).filter((one) => shown(one) && (what.part ? one.part.contains(what.part)
    : what.selector ? one.matches(what.selector)
      : one.localName === 'button' && (one.ariaLabel ?? one.textContent).trim() === what.button)).at(-1) ?? null;
};

/** The frame of HOST that draws a widget. */
const FRAME = { selector: 'iframe[src*="embed.html"]' };

/** One browser, driven like the others' tests: the page's own events say what happens. */
class Visitor {
  #framed;

  constructor(page, framed) {
    this.page = page;
    this.#framed = framed;
    this.widget = new Widget(page);
  }

  /** Does something in the document that draws the widget. */
  async inside(act) {
    if (!this.#framed) return act();
    const frame = await until('the frame', () => this.page.evaluate(find, FRAME));
    await this.page.frame(frame);
    try {
      return await act();
    } finally {
      await this.page.frame();
    }
  }

  /** @param {{ part?: string, button?: string, selector?: string }} what */
  async click(what) {
    const middle = (element) => this.page.evaluate((element) => {
      element.scrollIntoView({ block: 'nearest' });
      const { left, top, width, height } = element.getBoundingClientRect();
      return [left, top, width, height];
    }, element);
    const [left, top, width, height] = await this.inside(async () => {
      const element = await until(JSON.stringify(what), () => this.page.evaluate(find, what));
      return middle(element);
    });
    const frame = this.#framed && await this.page.evaluate(find, FRAME);
    const [x, y] = frame ? await middle(frame) : [0, 0];
    await this.page.click(x + left + width / 2, y + top + height / 2);
  }

  count(selector) {
    return this.inside(() => this.page.evaluate((selector) => {
      const { shadowRoot } = document.querySelector('inferkit-widget') ?? {};
      return shadowRoot ? shadowRoot.querySelectorAll(selector).length : 0;
    }, selector));
  }

  texts(part) {
    return this.inside(() => this.page.evaluate((part) => {
      const { shadowRoot } = document.querySelector('inferkit-widget') ?? {};
      return shadowRoot ? [...shadowRoot.querySelectorAll(`[part~="${part}"]`)].map((one) => one.textContent) : [];
    }, part));
  }

  draft() {
    return this.inside(() => this.page.evaluate(() =>
      document.querySelector('inferkit-widget')?.shadowRoot.querySelector('textarea')?.value));
  }

  async type(text) {
    await this.click({ selector: 'textarea' });
    await this.inside(() => this.page.type(text));
  }

  async answered(question) {
    const mark = await this.widget.mark();
    await this.type(question + Keys.Enter);
    const status = await this.widget.settled(mark, 60_000);
    const [error] = await this.widget.heard('error', mark);
    assert.equal(error, undefined, `failed with ${JSON.stringify(error?.detail)}`);
    return status;
  }

  async uncaught() {
    return (await this.widget.heard('uncaught')).map(({ detail }) => detail);
  }
}

/** Starts WebKit with a page; `framed`: the widget is drawn in a frame of HOST. */
async function start(t, address, framed = false) {
  const { page, version, close } = await t.browsers.launchWebkit();
  t.atEnd(close);
  t.detail(version);
  await page.goto(address);
  return new Visitor(page, framed);
}

/** A page's own script, with the recorder before it: WebDriver has no script that runs first. */
const recorded = (script) => `${RECORDER}\n${script}`;

const init = (options) =>
  recorded(`window.chat = recordHandle(InferKit.init({ ...${JSON.stringify(options)}, onError: recordError }));`);

/** A page of its own: `head` and `body` are HTML. */
const pageOf = (t, { head = '', body = '', files = {} }) => t.server.addSite({
  '': `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>A page</title><script src="recorder.js"></script>${head}</head><body>${body}</body></html>`,
  'recorder.js': RECORDER,
  ...files,
});

const loader = (t, options = {}) =>
  `<script src="${t.server.host}/v1/inferkit.js"${attributes(options, 'data-')}></script>`;

const OPTIONS = { maxTokens: 8, target: 'body' };

const webkit = (name, body, timeout = 120_000) => test(`WebKit: ${name}`, { browser: 'webkit', timeout }, body);

export default [
  ...[false, true].map((framed) =>
    webkit(`mount, ask, answer, reload, destroy${framed ? ', in a frame' : ''}`, async (t) => {
      const options = { ...t.options(OPTIONS), ...(framed && { embed: 'iframe' }) };
      const visitor = await start(t, t.page({ script: init(options), options: OPTIONS }), framed);
      const status = await visitor.answered('Hello');
      assert.equal(status.backend, 'cpu');
      const said = await visitor.texts('bubble');
      assert.equal(said.length, 2);
      const tokens = (await visitor.widget.heard('token')).map(({ detail }) => detail.text).join('');
      assert.equal(said[1], tokens);
      await visitor.page.screenshot({ path: join(t.screenshots, `answer-webkit${framed ? '-frame' : ''}.png`) });

      await visitor.type('A draft');
      await visitor.page.evaluate(() => new Promise((done) => setTimeout(done, 600)));
      await visitor.page.reload();
      await until('the conversation', async () => (await visitor.texts('bubble')).length === 2);
      assert.deepEqual(await visitor.texts('bubble'), said);
      assert.equal(await visitor.draft(), 'A draft');
      await visitor.answered(' and more');

      // Told to the handle: the element is on no page any more by then.
      await visitor.page.evaluate(() => {
        globalThis.destroyed = 0;
        globalThis.chat.on('destroy', () => globalThis.destroyed++);
        globalThis.chat.destroy();
      });
      await until('nothing left', () => visitor.page.evaluate(() => !document.querySelector('inferkit-widget, iframe')));
      assert.equal(await visitor.page.evaluate(() => globalThis.destroyed), 1);
      assert.deepEqual(await visitor.uncaught(), []);
    })),

  webkit('the default model answers with SIMD', async (t) => {
    const options = { ...t.options({ ...OPTIONS, maxTokens: 16, model: { ...t.server.model } }) };
    const visitor = await start(t, t.page({ script: init(options) }));
    await visitor.answered('Why is the sky blue?');
    const tokens = await visitor.widget.heard('token');
    assert.ok(tokens.length > 2, 'it is streamed');
    t.detail(JSON.stringify((await visitor.texts('bubble'))[1]));
  }, 180_000),

  webkit('the iframe without a script on the page', async (t) => {
    const visitor = await start(t, t.page({ how: 'iframe', options: OPTIONS }), true);
    await visitor.type(`Hello${Keys.Enter}`);
    await until('an answer', async () => {
      const [, answer] = await visitor.texts('bubble');
      return answer?.length > 0 && await visitor.count('[part~="error"]:not([hidden])') === 0;
    });
  }),

  webkit('P01: shortcuts of the page leave what is typed alone', async (t) => {
    const options = t.options({ ...OPTIONS });
    const address = pageOf(t, {
      head: loader(t),
      body: `<button id="search">Search</button><script src="app.js"></script>
        <script>globalThis.chat = InferKit.init(${JSON.stringify(options)});</script>`,
      files: { 'app.js': await bundle('shortcuts.js') },
    });
    const visitor = await start(t, address);
    await until('a composer', () => visitor.count('textarea'));
    await visitor.page.type('s');
    assert.ok((await visitor.page.evaluate(() => globalThis.ran.splice(0))).length > 0, 'the page has shortcuts');
    await visitor.type('safe/fast? gia');
    assert.equal(await visitor.draft(), 'safe/fast? gia');
    assert.deepEqual(await visitor.page.evaluate(() => globalThis.ran), []);
  }),

  webkit('P02, P03: Turbo swaps the body, and a copy of the body is put back', async (t) => {
    const given = t.options({ maxTokens: 6 });
    const page = (name) => `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Page ${name}</title>
      <script src="recorder.js"></script><script src="app.js" defer></script></head><body>
      <a href="a">a</a> <a href="b">b</a><h1>Page ${name}</h1>${loader(t, given)}</body></html>`;
    const address = t.server.addSite({
      a: page('a'), b: page('b'), 'recorder.js': RECORDER, 'app.js': await bundle('turbo.js'),
    });
    const visitor = await start(t, `${address}a`);
    await visitor.page.evaluate(() => { globalThis.sameDocument = true; });
    await visitor.click({ part: 'launcher' });
    await visitor.answered('Hello');
    const said = await visitor.texts('bubble');
    const whole = async (where) => {
      await until(`the conversation ${where}`, async () =>
        JSON.stringify(await visitor.texts('bubble')) === JSON.stringify(said), 10_000);
      assert.equal(await visitor.page.evaluate(() => document.querySelectorAll('inferkit-widget').length), 1, where);
      assert.equal(await visitor.count('[part~="launcher"]'), 1, where);
      assert.equal(await visitor.count('[part~="panel"]:not([hidden])'), 1, `open ${where}`);
    };
    for (const name of ['b', 'a', 'b']) {
      await visitor.page.evaluate((name) => document.querySelector(`a[href="${name}"]`).click(), name);
      await until(`page ${name}`, () => visitor.page.evaluate((name) =>
        document.querySelector('h1')?.textContent === `Page ${name}`, name));
      await whole(`on page ${name}`);
    }
    await visitor.page.evaluate(() => { document.body.replaceWith(document.body.cloneNode(true)); });
    await whole('in the copy');
    assert.ok(await visitor.page.evaluate(() => globalThis.sameDocument));
  }),

  webkit('P05: an element named InferKit before the loader', async (t) => {
    const visitor = await start(t, pageOf(t, {
      body: `<div id="InferKit"></div>${loader(t)}
        <script>InferKit.init(${JSON.stringify(t.options(OPTIONS))});</script>`,
    }));
    await visitor.answered('Hello');
    assert.deepEqual(await visitor.uncaught(), []);
  }),

  webkit('P09: a body with a transform does not carry the launcher away', async (t) => {
    const visitor = await start(t, pageOf(t, {
      head: '<style>body{transform:translateZ(0);min-height:3000px}</style>', body: loader(t, t.options()),
    }));
    await until('a launcher', () => visitor.count('[part~="launcher"]'));
    const place = () => visitor.page.evaluate(() => {
      const box = document.querySelector('inferkit-widget').shadowRoot.querySelector('[part~="launcher"]')
        .getBoundingClientRect();
      return [innerWidth - box.right, innerHeight - box.bottom].map(Math.round);
    });
    const before = await place();
    assert.ok(before.every((gap) => gap >= 0 && gap < 60), `in its corner: ${before}`);
    await visitor.page.evaluate(() => scrollTo(0, 1200));
    assert.deepEqual(await place(), before);
  }),

  webkit('P10, P11: options after it was connected, names of no event', async (t) => {
    const given = t.options({ ...OPTIONS, launcher: 'floating' });
    const visitor = await start(t, pageOf(t, {
      head: loader(t),
      body: `<script>{
        const element = document.createElement('inferkit-widget');
        document.body.append(element);
        globalThis.threw = [];
        for (const name of ['constructor', '__proto__', 'nonsense']) {
          try { element.on(name, () => {}); } catch (error) { threw.push(String(error)); }
        }
        queueMicrotask(() => Object.assign(element, ${JSON.stringify(given)}));
      }</script>`,
    }));
    await visitor.click({ part: 'launcher' });
    await visitor.answered('Hello');
    assert.deepEqual(await visitor.page.evaluate(() => globalThis.threw), []);
  }),

  webkit('P12: answers can be selected where the page’s text can’t', async (t) => {
    const visitor = await start(t, pageOf(t, {
      head: `${loader(t)}<style>body{-webkit-user-select:none;user-select:none}</style>`,
      body: `<script>InferKit.init(${JSON.stringify(t.options(OPTIONS))});</script>`,
    }));
    await visitor.answered('Hello');
    const style = await visitor.page.evaluate(() => {
      const bubble = document.querySelector('inferkit-widget').shadowRoot.querySelector('[part~="bubble"]');
      const style = getComputedStyle(bubble);
      return style.userSelect ?? style.webkitUserSelect;
    });
    assert.match(String(style), /^(text|auto)$/);
  }),

  webkit('P13: an Escape that only ends a composition leaves the panel open', async (t) => {
    const visitor = await start(t, pageOf(t, { body: loader(t, t.options()) }));
    await visitor.click({ part: 'launcher' });
    await visitor.click({ selector: 'textarea' });
    const open = () => visitor.count('[part~="panel"]:not([hidden])');
    await visitor.page.evaluate(() => {
      // As Safari tells it: after the end of the composition, with the code of a key that was for the input method.
      const event = new KeyboardEvent('keydown', { key: 'Escape', bubbles: true, composed: true, cancelable: true });
      Object.defineProperty(event, 'keyCode', { value: 229 });
      document.querySelector('inferkit-widget').shadowRoot.querySelector('textarea').dispatchEvent(event);
    });
    await visitor.page.evaluate(() => new Promise((done) => setTimeout(done, 300)));
    assert.equal(await open(), 1);
    await visitor.page.type(Keys.Escape);
    await until('the panel to close', async () => await open() === 0);
  }),

  webkit('every screen', async (t) => {
    const model = t.slowDefaultModel();
    const options = t.options({ model, consent: 'ask', maxTokens: 40 });
    const visitor = await start(t, pageOf(t, { body: loader(t, options) }));
    const shoot = async (name) => {
      await visitor.page.screenshot({ path: join(t.screenshots, `${name}-webkit.png`) });
      const panel = await visitor.page.evaluate(() => {
        const panel = document.querySelector('inferkit-widget').shadowRoot.querySelector('[part~="panel"]');
        const box = panel.getBoundingClientRect();
        const inside = box.left >= 0 && box.top >= 0 && box.right <= innerWidth && box.bottom <= innerHeight;
        return { background: getComputedStyle(panel).backgroundColor, inside: panel.hidden || inside };
      });
      assert.ok(panel.inside, `${name}: the panel is on the screen`);
      assert.doesNotMatch(panel.background, /rgba\(0, 0, 0, 0\)|transparent/, `${name}: the panel has a ground`);
    };
    await until('a launcher', () => visitor.count('[part~="launcher"]'));
    await shoot('closed');
    await visitor.click({ part: 'launcher' });
    await until('a composer', () => visitor.count('textarea'));
    await shoot('empty');
    await visitor.type(`Why does a rainbow have colours?${Keys.Enter}`);
    await until('the consent', () => visitor.page.evaluate(find, { button: NAMES.agree }));
    await shoot('consent');
    await visitor.click({ button: NAMES.agree });
    await visitor.widget.event('progress', { fits: ({ done }) => done > 8_000_000 });
    await shoot('progress');
    model.fault = '';
    await until('a few words', async () => (await visitor.widget.heard('token')).length > 3, 60_000);
    await shoot('streaming');
    await visitor.widget.settled(0, 60_000);
    await shoot('answer');
    const { url } = t.model('404');
    await visitor.page.evaluate((url) => {
      document.querySelector('inferkit-widget').setOptions({ model: { url }, consent: 'granted' });
    }, url);
    const mark = await visitor.widget.mark();
    await visitor.type(`And then?${Keys.Enter}`);
    await visitor.widget.event('error', { from: mark });
    await shoot('error');
  }, 180_000),
];
