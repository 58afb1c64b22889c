// Cloudflare's host as the tests have it, and `challenge.html` as the widget has it: in a frame, at the end of a port.

import { readFile } from 'node:fs/promises';
import { until } from './widget.mjs';

const DOUBLE = await readFile(new URL('hooks/turnstile.js', import.meta.url), 'utf8');

/** The site keys that Cloudflare gives for tests, and its dummy token. */
export const CLOUDFLARE = {
  passes: '1x00000000000000000000AA', blocks: '2x00000000000000000000AB', asks: '3x00000000000000000000FF',
  passesUnseen: '1x00000000000000000000BB', blocksUnseen: '2x00000000000000000000BB',
  token: 'XXXX.DUMMY.TOKEN.XXXX',
};

/**
 * Serves the double in place of Cloudflare's script.
 * @param {import('playwright-core').Page | import('playwright-core').BrowserContext} page
 * @param {(route: import('playwright-core').Route) => unknown} [instead] answers in another way
 */
export async function serveTurnstile(page, instead = sendTurnstile) {
  await page.route('https://challenges.cloudflare.com/**', (route) => instead(route));
}

/** @param {import('playwright-core').Route} route @param {string} [body] */
export async function sendTurnstile(route, body = DOUBLE) {
  const headers = { 'Access-Control-Allow-Origin': '*' };
  await route.fulfill({ body, headers, contentType: 'text/javascript; charset=utf-8' });
}

/** What a token of the double says: `{ id, hostname, action, cdata, at }`. */
export const claimsOf = (token) => JSON.parse(Buffer.from(token.replace('DOUBLE.', ''), 'base64url').toString());

/** A page of the site with `challenge.html` in it. */
export class Framed {
  #page;
  #epoch = 0;

  /** @param {import('playwright-core').Page} page */
  constructor(page) {
    this.#page = page;
  }

  /**
   * @param {import('../test.mjs').Test} t
   * @param {(route: import('playwright-core').Route) => unknown} [cloudflare] see `serveTurnstile`
   */
  static async open(t, cloudflare) {
    const base = `${t.server.host}/v1/`;
    const { page } = await t.visit(t.page({ how: 'none', base, model: null }));
    await serveTurnstile(page, cloudflare);
    await page.evaluate(shakeHands, base);
    return new Framed(page);
  }

  get page() {
    return this.#page;
  }

  /** The page in the frame, once it is there. */
  inside() {
    return until('the frame of the challenge', async () =>
      this.#page.frames().find((frame) => frame.url().includes('/challenge.html')));
  }

  /** Asks for a token. Returns the solve's epoch and cData. */
  async solve(siteKey, { language = 'en' } = {}) {
    const words = { epoch: ++this.#epoch, siteKey, language, cData: this.#epoch.toString(16).padStart(32, '0') };
    await this.#page.evaluate((words) => globalThis.challenge.solve(words), words);
    return words;
  }

  /** Everything that the frame has said of an epoch, or the events of one name. */
  async said(epoch, event) {
    const said = await this.#page.evaluate(() => globalThis.challenge.said);
    return said.filter((one) => one.epoch === epoch && (!event || one.event === event));
  }

  /** Waits for an event of an epoch, for the `nth` of its name. */
  async hears(epoch, event, nth = 1) {
    const probe = async () => (await this.said(epoch, event))[nth - 1];
    return until(`${event} of solve ${epoch}`, probe, 10_000).catch(async (error) => {
      error.message += `; it said ${JSON.stringify(await this.said(epoch))}`;
      throw error;
    });
  }

  /** Solves and gives the token. */
  async token(siteKey, options) {
    const { epoch } = await this.solve(siteKey, options);
    return (await this.hears(epoch, 'solved')).detail;
  }

  /** The calls of `turnstile` so far. */
  async calls() {
    return (await this.inside()).evaluate(() => globalThis.turnstileDouble.calls.map(([name]) => name));
  }
}

/** Runs in the page: what `src/frame/web.rs` does. */
function shakeHands(base) {
  const { origin: host } = new URL(base);
  const nonce = crypto.randomUUID().replaceAll('-', '');
  const { port1: port, port2: theirs } = new MessageChannel();
  const frame = document.createElement('iframe');
  frame.title = 'Security check';
  frame.setAttribute('sandbox',
    'allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox');
  frame.width = '320';
  frame.src = `${base}challenge.html#origin=${encodeURIComponent(location.origin)}&nonce=${nonce}`;
  const said = [];
  port.onmessage = ({ data }) => said.push(data);
  addEventListener('message', ({ source, origin, data }) => {
    if (source !== frame.contentWindow || origin !== host || data?.nonce !== nonce) return;
    frame.contentWindow.postMessage({ nonce }, host, [theirs]);
  });
  document.body.append(frame);
  globalThis.challenge = { said, solve: (words) => port.postMessage(words) };
}
