// A widget whose site has a key on the gateway: what leaves the page for the server and for Cloudflare, by both ends.

import { strict as assert } from 'node:assert';
import { serveTurnstile } from './turnstile.mjs';
import { until } from './widget.mjs';

/** The gateway's paths by what is asked for there. */
export const PLACES = { config: '/v1/widget/config', session: '/v1/sessions', answer: '/v1/chat/completions' };
const PLACE_OF = Object.fromEntries(Object.entries(PLACES).map(([place, path]) => [path, place]));

/** A site key and its secret, of hooks/turnstile.js and the gateway's siteverify. */
export const GUARD = { site_key: 'double-pass', secret: 'double-secret' };

/** A device that can't answer: Chromium gives no adapter unless it is asked for one. */
export const HELPLESS = { mode: 'auto', backend: 'webgpu' };

let keys = 0;

/**
 * A key of its own, on the tier that has remote answers unless `settings` say otherwise.
 * @param {import('./test.mjs').Test} t
 * @param {Parameters<import('./test.mjs').Test['gateway']['key']>[1]} [settings]
 */
export async function newKey(t, settings = {}) {
  const key = `ik_pub_test_${++keys}`;
  await t.gateway.key(key, { tier: 'pro', ...settings });
  return key;
}

/** What was asked with a key, in words, oldest first. */
export async function asked(t, key) {
  return (await t.gateway.ledger(key)).requests.map(({ path }) => PLACE_OF[path] ?? path);
}

/** The page's traffic with everybody but the site and HOST: what the browser's driver saw of it. */
export class Traffic {
  /** @type {import('playwright-core').Request[]} */
  requests = [];
  #known;

  /** @param {import('playwright-core').Page} page */
  constructor(t, page) {
    this.#known = [t.server.site, t.server.host];
    page.on('request', (request) => {
      const { origin } = new URL(request.url());
      if (request.url().startsWith('http') && !this.#known.includes(origin)) this.requests.push(request);
    });
  }

  /** Addresses without what a site's key or the script's parameters add, oldest first. */
  get addresses() {
    return this.requests.map((request) => `${request.method()} ${request.url().split('?')[0]}`);
  }

  /** The requests for a place that were given up by the page before they were through. */
  aborted(place) {
    return this.requests.filter((request) => request.url().endsWith(PLACES[place]) && request.failure())
      .map((request) => request.failure()?.errorText);
  }
}

/**
 * Opens a page with a widget of such a key, with Cloudflare's host answered by its double, and waits until the gateway
 * has told it what it may.
 * @param {import('./test.mjs').Test} t
 * @param {{ settings?: object, key?: string, options?: object, cloudflare?: (route: any) => unknown } & Record<string, any>}
 *   [wishes] `settings` are the key's; `ready` does what the visitor must before there is a composer; the rest is for
 *   `t.open`
 */
export async function online(t, { settings, key, options, cloudflare, prepare, ready, ...more } = {}) {
  key ??= await newKey(t, settings);
  let traffic;
  const widget = await t.open({
    options: { apiBase: t.gateway.api, apiKey: key, ...options }, ...more,
    prepare: async (page) => {
      traffic = new Traffic(t, page);
      await serveTurnstile(page, cloudflare);
      await prepare?.(page);
    },
  });
  await ready?.(widget);
  await widget.composer.waitFor();
  if (options?.mode !== 'local') await configured(t, key);
  return { widget, key, traffic: /** @type {Traffic} */ (/** @type {unknown} */ (traffic)), asked: () => asked(t, key) };
}

/** Waits until the gateway has answered the first request for what the site may. */
export const configured = (t, key) => until('the configuration', async () => {
  const { requests } = await t.gateway.ledger(key);
  return requests.some(({ path, status }) => path === PLACES.config && (status ?? 0) > 0);
});

/**
 * What must hold for every refusal: the developer hears it once and whole, the visitor reads a friendly sentence and
 * the same reference.
 */
export async function refused(widget, code, words, { from = 0 } = {}) {
  const { detail } = await widget.event('error', { from });
  assert.equal(detail.code, code, JSON.stringify(detail));
  const error = widget.part('error').last();
  await error.waitFor();
  assert.match(await error.innerText(), words);
  assert.equal((await widget.part('ref').last().innerText()).trim(), `Ref: ${detail.reference}`);
  await widget.button('stop').waitFor({ state: 'hidden' });
  assert.equal((await widget.heard('error', from)).length, 1, 'told once');
  return detail;
}

/** Asks and waits for an answer that says on it where it was made. */
export async function answeredOnline(widget, question, ms = 60_000) {
  const answer = await widget.answered(question, ms);
  await widget.part('message').last().getByText('Answered online', { exact: true }).waitFor();
  return answer;
}
