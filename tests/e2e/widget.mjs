// The widget as a visitor and a site meet it: every selector of the browser tests stands here.
// Parts, roles and accessible names, in English; never a class.

import { strict as assert } from 'node:assert';

/** Names of buttons and cards, as `src/locale/text/en.rs` has them. */
export const NAMES = {
  open: 'Open chat', close: 'Close chat', send: 'Send', stop: 'Stop', again: 'Try again',
  consent: 'Get the assistant?', agree: 'Download', decline: 'Not now', reconsider: 'I’ve changed my mind',
  loading: 'Getting the assistant ready', cancel: 'Cancel', renew: 'New conversation', composer: 'Your question',
  copy: 'Copy reference', leave: 'Answer online instead?', leaving: 'Answer online', verify: 'One quick check',
  person: 'Talk to a person', helpful: 'Helpful', unhelpful: 'Not helpful',
};

/** A client-side reference: `c-` and ten Crockford base-32 characters. */
export const REFERENCE = /^c-[0-9A-HJKMNP-TV-Z]{10}$/;

/** States of the `status` event in which nothing goes on. */
const RESTING = ['idle', 'ready'];

/**
 * Asks `probe` until it gives something truthy, and returns that.
 * @template T
 * @param {string} what for the message, when it never does
 * @param {() => Promise<T>} probe
 */
export async function until(what, probe, ms = 30_000) {
  const end = Date.now() + ms;
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited ${Math.round(ms / 1000)} s in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/**
 * The ways to embed: the element, `InferKit.init` and the script tag with `data-…`, each also with `embed: 'iframe'`,
 * and embed.html in an iframe of the site's own.
 * @typedef {'element' | 'init' | 'script' | 'element-iframe' | 'init-iframe' | 'script-iframe' | 'iframe' | 'none'} How
 */

/** What a frame tells the page of its own accord, in the order in which it happened. */
const TOLD = ['message', 'token', 'error', 'progress', 'consent', 'status', 'sources', 'unanswered',
  'feedback', 'handoff'];

export class Widget {
  #framed;

  /**
   * @param {import('playwright-core').Page} page
   * @param {How} how
   */
  constructor(page, how = 'init') {
    this.page = page;
    this.how = how;
    this.#framed = how.endsWith('iframe');
  }

  /** Where the widget is drawn: the page, or the frame of HOST. */
  get scope() {
    return this.#framed ? this.page.frameLocator('iframe[src*="embed.html"]') : this.page;
  }

  /** The element that draws. */
  get host() {
    return this.scope.locator('inferkit-widget');
  }

  /** The element on the site's page. */
  get element() {
    return this.page.locator('inferkit-widget');
  }

  /** The document in which the widget is drawn. */
  async document() {
    if (!this.#framed) return this.page.mainFrame();
    return until('the embedded frame', async () =>
      this.page.frames().find((frame) => frame.url().includes('/embed.html')));
  }

  /** Who hears the events: the site, or, where it has no script, the frame. */
  async #ears() {
    return this.how === 'iframe' ? this.document() : this.page;
  }

  /** @param {string} name `launcher panel header log message bubble composer send error ref` */
  part(name) {
    const part = (name === 'launcher' ? this.element : this.host).locator(`[part~="${name}"]`);
    // Every message has room for a failure, hidden while there is none.
    return ['error', 'ref'].includes(name) ? part.filter({ visible: true }) : part;
  }

  /** @param {keyof typeof NAMES} name */
  button(name) {
    return this.host.getByRole('button', { name: NAMES[name], exact: true });
  }

  /** @param {'consent' | 'loading' | 'leave' | 'verify'} name */
  card(name) {
    return this.host.getByRole('group', { name: NAMES[name], exact: true });
  }

  get composer() {
    return this.host.getByRole('textbox', { name: NAMES.composer });
  }

  /** The newest message's words. */
  async answer() {
    const message = this.part('message').last();
    return (await message.locator('[part~="bubble"]').textContent()) ?? '';
  }

  /** What the page heard since `from`: `{ name, detail }`, by the recorder of hooks/recorder.js. */
  async heard(name, from = 0) {
    const heard = await (await this.#ears()).evaluate((from) => globalThis.heard?.slice(from) ?? [], from);
    return name ? heard.filter((event) => event.name === name) : heard;
  }

  async mark() {
    return (await this.#ears()).evaluate(() => globalThis.heard?.length ?? 0);
  }

  /** Clicks and marks in one turn of the widget: what is heard from the mark on happened after the click. */
  async clickAndMark(name) {
    const names = await this.button(name).evaluate((button) =>
      (button.click(), globalThis.heard.map(({ name }) => name)));
    if (!this.#framed) return names.length;
    // What happened before is still on its way from the frame to the page.
    const before = names.filter((name) => TOLD.includes(name)).length;
    return until('what the frame told before the click', async () => {
      const told = [...(await this.heard()).entries()].filter(([, { name }]) => TOLD.includes(name));
      return told.length >= before && 1 + (told[before - 1]?.[0] ?? -1);
    });
  }

  /** Waits for an event; `fits` may look at its detail. */
  async event(name, { from = 0, fits = () => true, ms } = {}) {
    return until(`the event ${name}`, async () =>
      (await this.heard(name, from)).find(({ detail }) => fits(detail)), ms);
  }

  async status(state, options = {}) {
    return (await this.event('status', { ...options, fits: (detail) => detail.state === state })).detail;
  }

  /** Writes a question and sends it. Returns a mark from which its events count. */
  async ask(question) {
    const mark = await this.mark();
    await this.composer.fill(question);
    await this.composer.press('Enter');
    return mark;
  }

  /** Waits until the widget rests again after `mark`, and returns the last `status`. */
  async settled(mark, ms) {
    return until('the end of the answer', async () => {
      const states = (await this.heard('status', mark)).map(({ detail }) => detail);
      const last = states.at(-1);
      return last && RESTING.includes(last.state) && last;
    }, ms);
  }

  /** Asks, waits for the end, and says what came. An error in between is an error of the test. */
  async answered(question, ms) {
    const mark = await this.ask(question);
    const status = await this.settled(mark, ms);
    const [error] = await this.heard('error', mark);
    assert.equal(error, undefined, `failed with ${JSON.stringify(error?.detail)}`);
    const tokens = (await this.heard('token', mark)).map(({ detail }) => textOf(detail));
    return { status, tokens, text: tokens.join(''), mark };
  }

  /**
   * Waits for a failure that the visitor sees, and checks what must hold for every one: the developer hears it whole
   * and once, the visitor reads friendly words and the same reference.
   */
  async failure(code, { from = 0, ms } = {}) {
    const { detail, frozen } = await this.event('error', { from, ms });
    assert.equal(detail.code, code, `code of ${JSON.stringify(detail)}`);
    assert.deepEqual(Object.keys(detail).sort(), ['code', 'message', 'reference', 'request_id']);
    assert.ok(frozen, 'the failure is frozen');
    assert.equal(detail.request_id, null);
    assert.match(detail.reference, REFERENCE);
    assert.ok(detail.message.length > 0, 'a message for the developer');

    const told = await this.heard('onError', from);
    assert.deepEqual(told.map((call) => call.detail), [detail], 'onError hears the same, once');

    const error = this.part('error').last();
    await error.waitFor();
    assert.match(await this.part('ref').last().innerText(), new RegExp(`Ref: ${detail.reference}`));
    const words = await error.innerText();
    // The reference is random, and now and then has a 404 in it.
    const shown = (await this.part('panel').innerText()).replaceAll(detail.reference, '');
    for (const secret of [code, detail.message, 'http', 'wasm', 'GGUF', '404', 'undefined']) {
      assert.ok(!shown.includes(secret), `the visitor reads ${JSON.stringify(secret)}: ${shown}`);
    }
    return { ...detail, words };
  }

  /**
   * Asks the engine's worker through hooks/engine.js: with a message, for the answers to it; without, for all that
   * page and engine said to each other.
   */
  async engine(ask, ms = 60_000) {
    const frame = this.page.frames().find((frame) => /\/(engine|embed)\.html/.test(frame.url()));
    assert.ok(frame, 'the frame of the engine');
    return frame.evaluate(([ask, ms]) => new Promise((resolve, reject) => {
      const id = Math.random();
      const channel = new BroadcastChannel('inferkit-test');
      const late = setTimeout(() => reject(new Error('the engine does not answer the test')), ms);
      channel.onmessage = ({ data }) => {
        if (data.reply !== id) return;
        clearTimeout(late);
        channel.close();
        resolve(data.messages);
      };
      channel.postMessage({ id, ask });
    }), [ask, ms]);
  }
}

/** The text of a `token` event. */
export const textOf = (detail) => (typeof detail === 'string' ? detail : detail.text);
