// What brings about each code of the catalog in a real browser: the server's own by the gateway's faults, the client's
// by what they are about.
//
// A fault happens exactly as often as the error page says that the widget tries: were it one time less, the visitor
// would read nothing; one time more, and the button would lead to the same failure again.

import { strangeArchitecture } from './models.mjs';
import { serveTurnstile } from './turnstile.mjs';

/**
 * @typedef {object} Case one failure, ready to happen
 * @property {object} open what `t.open` is given
 * @property {string[]} trail everything that is asked for until the failure is told, in its order
 * @property {() => Promise<string[]>} asked the same, as far as it has come
 * @property {string} [key] the gateway's
 * @property {boolean} [reached] whether a server has a number for it
 * @property {number} [tick] milliseconds by which the page's clock is pushed on while the widget waits
 * @property {false} [asks] it fails without a question
 * @property {string} [question] what the visitor asks, where it is the question's fault
 * @property {(page: import('playwright-core').Page) => unknown} [mend] mends the cause; null where that can't be
 *
 * @typedef {object} Cause
 * @property {string} code
 * @property {string} at where
 * @property {string} [never] why no browser gets there
 * @property {boolean} [gpu] needs an adapter, and all cores where that is software
 * @property {(t: import('./test.mjs').Test, promised: import('./catalog.mjs').Promised) => Promise<Case>} [make]
 */

const PLACES = { config: '/v1/widget/config', session: '/v1/sessions', answer: '/v1/chat/completions' };
const FAULTS = { config: 'config', session: 'sessions', answer: 'completions' };
const PLACE_OF = Object.fromEntries(Object.entries(PLACES).map(([place, path]) => [path, place]));

/** A site key and its secret, of tests/e2e/hooks/turnstile.js and the gateway's siteverify. */
export const GUARD = { site_key: 'double-pass', secret: 'double-secret' };
const REMOTE = { mode: 'remote', remoteConsent: 'granted', maxTokens: 3 };

let keys = 0;
const times = (count, ...places) => Array.from({ length: count }, () => places).flat();

/**
 * A key of its own on the gateway, and a widget that asks there.
 * @param {import('./test.mjs').Test} t
 */
async function remote(t, settings, { trail, prepare, ...more }) {
  const key = `ik_pub_test_matrix_${++keys}`;
  await t.gateway.key(key, { tier: 'pro', ...settings });
  const open = { model: null, options: { ...REMOTE, apiBase: t.gateway.api, apiKey: key }, prepare };
  const asked = async () => (await t.gateway.ledger(key)).requests.map(({ path }) => PLACE_OF[path] ?? path);
  return { open, key, asked, trail: ['config', ...trail], mend: () => {}, ...more };
}

/** @returns {Cause} an error that the server says in a place */
const said = (code, at = 'answer', { tick, ...error } = {}) => ({
  code, at, async make(t, { attempts, byItself }) {
    const guarded = at === 'session' || ['challenge', 'session'].includes(byItself);
    // What is known of the site is asked for before the question, and again for its sake.
    const faulty = at === 'config' ? attempts + 1 : attempts;
    const faults = [{ on: FAULTS[at], times: faulty, do: { error: { code, ...error } } }];
    const trail = times(attempts, ...(guarded && at === 'answer' ? ['session', 'answer'] : [at]));
    const prepare = async (page) => {
      if (guarded) await serveTurnstile(page);
      if (tick) await page.clock.install();
    };
    return remote(t, { ...(guarded && GUARD), faults }, { trail, prepare, reached: true, tick });
  },
});

/** @returns {Cause} what happens to an answer on its way */
const befalls = (code, act, { reached = true, tick } = {}) => ({
  code, at: 'answer', async make(t, { attempts }) {
    const prepare = tick && ((page) => page.clock.install());
    const faults = [{ on: 'completions', times: attempts, do: act }];
    return remote(t, { faults }, { trail: times(attempts, 'answer'), prepare, reached, tick });
  },
});

/** @returns {Cause} a model that can't be had */
const model = (code, make) => ({
  code, at: 'model', async make(t, { attempts }) {
    const model = make(t);
    const asked = async () => times(model.requests, 'model');
    const mend = () => { model.fault = ''; };
    return { open: { model }, asked, trail: times(attempts, 'model'), mend };
  },
});

/** @returns {Cause} an engine that fails as often as it is started, up to the last that is started unasked */
const engine = (code, faults, { webgpu = false } = {}) => ({
  code, at: 'engine', gpu: webgpu, async make(t, { attempts }) {
    const base = t.engineWith((worker) => (worker <= attempts ? faults : {}));
    const { pathname } = new URL('engine-worker.js', base);
    const asked = async () => t.requests().filter((path) => path === pathname).map(() => 'engine');
    const browser = webgpu ? await t.browsers.get('webgpu') : undefined;
    const options = { backend: webgpu ? 'webgpu' : 'cpu' };
    return { open: { base, options, browser }, asked, trail: times(attempts, 'engine'), mend: () => {} };
  },
});

const fromMount = (code, at, open) => ({
  code, at, make: async (t) => ({ open: open(t), asked: async () => [], trail: [], asks: /** @type {false} */ (false) }),
});

const flawed = (t) => t.model(`flip:${t.tiny.length - 1000}`);

/** @type {Cause[]} */
export const CAUSES = [
  ...['bad_request', 'invalid_api_key', 'invalid_token', 'invalid_credentials', 'bot_challenge_required',
    'upgrade_required', 'quota_exceeded', 'forbidden', 'email_not_verified', 'key_revoked', 'key_suspended',
    'key_expired', 'origin_not_allowed', 'ip_not_allowed', 'direct_origin_blocked', 'challenge_failed', 'not_found',
    'email_in_use', 'bot_protection_unconfigured', 'billing_unconfigured', 'email_unconfigured',
    'provider_unavailable', 'internal_error'].map((code) => said(code)),
  said('rate_limited', 'answer', { retry_after: 9, tick: 500 }),

  ...['invalid_api_key', 'key_revoked', 'key_suspended', 'key_expired', 'origin_not_allowed', 'direct_origin_blocked',
    'not_found', 'provider_unavailable', 'internal_error'].map((code) => said(code, 'config')),
  ...['challenge_failed', 'bot_protection_unconfigured', 'internal_error'].map((code) => said(code, 'session')),

  befalls('network_error', { reset: true }, { reached: false }),
  befalls('timeout', { slow_headers_ms: 600_000 }, { reached: false, tick: 4_000 }),
  befalls('stream_interrupted', { truncate: { after_events: 1 } }),
  befalls('stream_stalled', { stall: { after_events: 1 } }, { tick: 4_000 }),
  befalls('invalid_response', { garbage: { after_events: 1 } }),

  {
    code: 'challenge_unavailable', at: 'challenge', make: async (t) => {
      const prepare = (page) => serveTurnstile(page, (route) => route.abort('blockedbyclient'));
      const mend = async (page) => {
        await page.unroute('https://challenges.cloudflare.com/**');
        await serveTurnstile(page);
      };
      return remote(t, GUARD, { trail: [], prepare, mend });
    },
  },
  {
    code: 'challenge_timeout', at: 'challenge', make: async (t) =>
      remote(t, { ...GUARD, site_key: 'double-timeout' }, { trail: [], prepare: serveTurnstile, mend: null }),
  },

  // Chromium gives no adapter here unless it is asked for one.
  {
    code: 'webgpu_unavailable', at: 'engine', make: async (t) =>
      ({ open: { model: t.model(), options: { backend: 'webgpu' } }, asked: async () => [], trail: [] }),
  },
  engine('gpu_out_of_memory', { noMemory: true }, { webgpu: true }),
  engine('gpu_lost', { loseAfterTokens: 0 }, { webgpu: true }),
  engine('engine_failed', { trapAfterTokens: 0 }),
  model('model_download_failed', (t) => t.model('404')),
  model('model_integrity', flawed),
  model('model_unsupported', (t) => t.model('', strangeArchitecture(t.tiny))),
  fromMount('config_invalid', 'options', () => ({ options: { backend: 'quantum' } })),
  fromMount('internal_client_error', 'module', (t) => ({ base: t.server.addFolder({ missing: ['widget_bg.wasm'] }) })),
  { code: 'out_of_memory', at: 'engine', never: 'a page can’t take a browser’s memory away at the right moment' },
  {
    // As long as a question may be, of letters that are three tokens each; and no longer by trying again.
    code: 'question_too_long', at: 'engine', make: async (t) =>
      ({ open: { model: t.model() }, question: '〄'.repeat(8_000), asked: async () => [], trail: [], mend: null }),
  },
  engine('answer_empty', { muteAnswers: 1 }),
  { code: 'storage_full', at: '–', never: 'told as a status event only, which persist.mjs tries as K04; no visitor hears of it' },
];
