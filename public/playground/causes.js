// @ts-check
// How each error is brought about here. Nothing is pretended: a server's errors come from a real server, by a fault
// that it was asked for, and the client's own by what causes them on a site.

import { API } from './gateway.js';
import { meta } from './dom.js';

/**
 * What the server is asked to do wrong: see tests/gateway/src/faults.rs.
 * @typedef {{ on: 'config' | 'sessions' | 'completions', do: Record<string, unknown> }} Fault
 *
 * @typedef {object} Cause
 * @property {string} how in a sentence
 * @property {import('../inferkit').Options} options of the widget, besides key and address
 * @property {object} [server] settings of the key; without them no server takes part
 * @property {string} [stage] the page of the site, where its policy is the cause
 * @property {number} [seconds] that it takes, where they are many
 *
 * Why this page can't bring it about.
 * @typedef {{ why: string }} Never
 *
 * @typedef {'element' | 'iframe'} Embed
 */

const HOST = meta('host');

/** Answers of the server only, and the visitor does not mind. */
const REMOTE = /** @type {const} */ ({ mode: 'remote', remoteConsent: 'granted', maxTokens: 48 });

/** Answers of the device only, and the visitor has agreed to the download. */
const LOCAL = /** @type {const} */ ({ mode: 'local', backend: 'cpu', consent: 'granted' });

/** @param {'passes' | 'absent' | 'silent'} course see challenge.js */
const guarded = (course) => ({
  site_key: '1x00000000000000000000BB', secret: '1x0000000000000000000000000000000AA',
  challenge_url: `${HOST}/playground/challenge.html?${course}`,
});

/** @param {string} how @param {Record<string, unknown>} act @param {number} [seconds] @returns {Cause} */
const fault = (how, act, seconds) =>
  ({ how, options: REMOTE, server: { faults: [{ on: 'completions', do: act }] }, seconds });

/** @param {string} how @param {string} url @param {object} [more] @returns {Cause} */
const model = (how, url, more) => ({ how, options: { ...LOCAL, model: { url, ...more } } });

/** What there is to say of some codes besides. @type {Record<string, string>} */
const MORE = {
  bot_challenge_required: ' The key has no challenge, so there is nothing to solve.',
  challenge_failed: ' The widget solves one more, unseen.',
  rate_limited: ' It wants to be asked again in 3 s: `Retry-After`.',
};

/**
 * Of a server's code: the server says so, whatever is asked.
 * @param {string} code
 * @param {number} status
 * @param {string} cause
 */
const said = (code, status, cause) => {
  const waits = code === 'rate_limited' ? { retry_after: 3 } : {};
  const message = `${cause[0].toUpperCase()}${cause.slice(1)}.`;
  const made = fault(`The server answers every question with ${status} \`${code}\`.${MORE[code] ?? ''}`,
    { error: { code, message, ...waits } }, code === 'rate_limited' ? 6 : undefined);
  // Only where there is a challenge can another one be solved.
  return code === 'challenge_failed' ? { ...made, server: { ...guarded('passes'), ...made.server } } : made;
};

/** Of the client's own codes. @type {Record<string, (embed: Embed, webgpu: boolean) => Cause | Never>} */
const OWN = {
  webgpu_unavailable: (_, webgpu) => webgpu
    ? { why: 'This browser has WebGPU. Open the page in one that has none, such as Chrome with `--disable-gpu`.' }
    : { how: 'The site insists on `backend: \'webgpu\'`, and this browser has none.',
      options: { ...LOCAL, backend: 'webgpu', model: { url: meta('model-url') } } },
  gpu_out_of_memory: () => ({ why: 'It needs a GPU whose memory ends in the middle of a model.' }),
  out_of_memory: () => ({ why: 'It needs a browser whose memory ends in the middle of a model.' }),
  question_too_long: () => ({ why: 'It needs a question of several thousand letters, asked of a model on the device.' }),
  answer_empty: () => ({ why: 'It needs a model that ends its answer before a word.' }),
  gpu_lost: () => ({ why: 'It needs a GPU that goes away. Chrome’s page `about:gpucrash` takes it from every tab.' }),
  engine_failed: () => ({ why: 'It would be a defect of the engine. We know of none that a page could call up.' }),
  model_download_failed: () => model('`model.url` leads to a file that is not there: 404.', `${HOST}/models/gone.gguf`),
  model_integrity: () => model('`model.sha256` is not the file’s. The whole file is fetched to find out, and '
    + 'then once more past the cache.', meta('model-url'), { sha256: '0'.repeat(64) }),
  model_unsupported: () => model('`model.url` leads to a file that is no GGUF model.', `${HOST}/v1/widget_bg.wasm`),
  config_invalid: () => ({ how: 'The site’s `temperature` is `hot`.',
    options: { ...LOCAL, temperature: /** @type {any} */ ('hot') } }),
  storage_full: () => ({ why: 'It is no error: the widget goes on without keeping the model, and disturbs nobody.' }),
  network_error: () => fault('The connection breaks before an answer, as if a cable were pulled.', { reset: true }),
  timeout: () => fault('A proxy in front of the server has waited long enough: 408, and a page of its own.',
    { html: 408 }),
  stream_interrupted: () => fault('The connection ends after the first words.', { truncate: { after_events: 6 } }),
  stream_stalled: () => fault('After the first words nothing more comes, and the connection stands.',
    { stall: { after_events: 6 } }, 30),
  invalid_response: () => fault('A proxy answers 200, with a page of its own in place of an answer.', { html: 200 }),
  challenge_unavailable: () => ({ how: 'The key is guarded by a challenge, whose script an ad blocker took away.',
    options: REMOTE, server: guarded('absent') }),
  challenge_timeout: () => ({ how: 'The key is guarded by a challenge, which begins and never ends.',
    options: REMOTE, server: guarded('silent'), seconds: 30 }),
  internal_client_error: (embed) => embed === 'element'
    ? { how: 'The site’s policy forgot `\'wasm-unsafe-eval\'`, so that the widget’s module can’t start.',
      options: LOCAL, stage: 'stage-without-wasm.html' }
    : { how: 'The site’s policy lets no frame of HOST in.', options: LOCAL, stage: 'stage-without-frames.html',
      seconds: 30 },
};

/** A device that can't answer, and what the plan makes of it: no error on Pro. @type {Cause} */
export const FALLBACK = {
  how: 'The model is not to be had: 404. On Pro the server answers instead, after a challenge that nobody sees; on '
    + 'Free nothing is sent.',
  options: { mode: 'auto', backend: 'cpu', consent: 'granted', remoteConsent: 'granted', maxTokens: 48, temperature: 0,
    model: { url: `${HOST}/models/gone.gguf` } },
  server: guarded('passes'),
};

/**
 * @param {import('./catalog.js').Entry} entry
 * @param {Embed} embed
 * @param {boolean} webgpu whether this browser has an adapter
 * @returns {Cause | Never}
 */
export const causeOf = ({ code, status, cause: words }, embed, webgpu) => {
  const cause = status ? said(code, status, words)
    : OWN[code]?.(embed, webgpu) ?? { why: 'Nobody has found out how yet.' };
  const asks = 'server' in cause && !API;
  return asks ? { why: 'It takes the contract’s server: start this page with `cargo xtask serve`.' } : cause;
};
