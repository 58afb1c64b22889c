// @ts-check
// What the error page promises of every code: public/errors.md, read as a developer reads it. The page is written from
// the catalog and the English words, and a native test holds it to them; here it is held against the browser, and its
// server's rows against the product's own reference (tests/catalog.json).

import { readFile } from 'node:fs/promises';

/**
 * @typedef {object} Promised
 * @property {string} code
 * @property {number | null} status
 * @property {RegExp | null} words what the visitor reads, a number of seconds standing for any; null where nothing
 * @property {'nothing' | 'again' | 'challenge' | 'session' | 'engine' | 'fetch'} byItself what is tried unasked
 * @property {number} attempts the first, and what is tried unasked after it
 * @property {'none' | 'at once' | 'later'} button
 */

/** How the page says what is tried unasked, and how often. @type {[RegExp, Promised['byItself'], number][]} */
const TRIES = [
  [/tries twice more by itself/, 'again', 2],
  [/tries once more by itself/, 'again', 1],
  [/solves a challenge and asks once more/, 'challenge', 1],
  [/opens a new session and asks once more/, 'session', 1],
  [/starts the engine anew, once/, 'engine', 1],
  [/fetches the file once more/, 'fetch', 1],
];

/** Every code, in the order of the page's table. @returns {Promise<Promised[]>} */
export async function promised() {
  const page = await readFile(new URL('../../public/errors.md', import.meta.url), 'utf8');
  const reference = JSON.parse(await readFile(new URL('../catalog.json', import.meta.url), 'utf8'));

  const rows = [...page.matchAll(/^\| (\d{3}|–) \| \[`(\w+)`\]/gm)].map(([, status, code]) =>
    ({ code, status: status === '–' ? null : Number(status) }));
  const served = rows.filter(({ status }) => status !== null);
  const known = reference.map((/** @type {any} */ { code, status }) => ({ code, status }));
  if (JSON.stringify(served) !== JSON.stringify(known)) throw new Error('errors.md is not the reference’s table');

  const chapters = page.split(/^## /m).filter((chapter) => /^### `/m.test(chapter));
  return rows.map((row) => {
    const entry = new RegExp(`^### \`${row.code}\`\\n([^]*?)(?=^### |(?![^]))`, 'm');
    const chapter = chapters.find((chapter) => entry.test(chapter));
    if (!chapter) throw new Error(`errors.md has no entry for ${row.code}`);
    const above = chapter.slice(0, chapter.indexOf('### '));
    const own = entry.exec(chapter)?.[1] ?? '';
    // What is said of the chapter is said of every code in it.
    return { ...row, words: words(above), ...retries(/button|by itself|anew|once more/.test(above) ? above : own) };
  });
}

/** @param {string} above */
function words(above) {
  const sentences = [...above.matchAll(/^> (.+)$/gm)].map(([, sentence]) =>
    sentence.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/\d+\s/, '\\d+\\s'));
  return sentences.length ? new RegExp(sentences.join('|'), 'g') : null;
}

/** @param {string} text @returns {Pick<Promised, 'byItself' | 'attempts' | 'button'>} */
function retries(text) {
  const [, byItself, more] = TRIES.find(([says]) => says.test(text)) ?? [null, /** @type {const} */ ('nothing'), 0];
  const button = /has a button/.test(text) ? (/which opens when/.test(text) ? 'later' : 'at once') : 'none';
  return { byItself, attempts: 1 + more, button };
}

/** Parts of addresses, names of members and of parties, and everything else that is no visitor's business. */
const INTERNAL = ['https?', 'url', 'www', 'localhost', '127\\.0\\.0\\.1', 'api', 'json', 'html', 'sse', 'post',
  'request_id', 'code', 'status', 'header', 'body', 'payload', 'undefined', 'null', 'nan', 'object', 'function',
  'exception', 'error', 'stack', 'panic', 'trap', 'unreachable', 'rust', 'wasm', 'worker', 'engine', 'gguf', 'gpu',
  'webgpu', 'cpu', 'backend', 'adapter', 'device lost', 'model', 'weights', 'checksum', 'sha', 'bytes?', 'tokens?',
  'quota', 'quota_tokens', 'tier', 'plan', 'upgrade', 'billing', 'stripe', 'email', 'key', 'ik_\\w*', 'secret', 'origin',
  'cors', 'csp', 'domain', 'ip', 'session', 'retry', 'retry-after', 'limit', 'timeout', 'stream', 'turnstile',
  'cloudflare', 'siteverify', 'captcha', 'bot', 'challenge', 'provider', 'upstream', 'server', 'gateway', 'proxy', 'nginx',
  'inferkit', 'openai', 'config', 'option', 'free', 'pro', '[45]\\d\\d', '\\w+_\\w+'];

/** One of them as a word of its own. */
export const SECRET = new RegExp(`(?<![\\w’])(?:${INTERNAL.join('|')})(?!\\w)`, 'i');
