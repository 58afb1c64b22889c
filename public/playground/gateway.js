// @ts-check
// The controls that the contract's server has for tests: keys with faults of their own, and the books.

import { meta } from './dom.js';

/**
 * One request as the server saw it.
 * @typedef {{ method: string, path: string, status: number | null, code: string | null, request_id: string,
 *   idempotency_key: string | null, session: string | null, origin: string | null }} Asked
 *
 * @typedef {{ requests: Asked[], charges: Record<string, { times: number, tokens: number }> }} Ledger
 */

/** Its address, or nothing where none runs. */
export const API = meta('api');

/** @param {string} key @param {string} [more] */
const address = (key, more = '') => `${API}/test/keys/${encodeURIComponent(key)}${more}`;

/**
 * Makes a key that nobody has used, with these settings.
 * @param {object} settings
 */
export const newKey = async (settings) => {
  const key = `ik_pub_demo_${crypto.randomUUID().replaceAll('-', '')}`;
  const { ok } = await fetch(address(key), { method: 'PUT', body: JSON.stringify(settings) }).catch(() => {
    throw new Error('The API is not there yet: `cargo xtask serve` says when it is. Choose the row again then.');
  });
  if (!ok) throw new Error('The server has no controls for tests: start it with `cargo xtask serve`.');
  return key;
};

/** @param {string} key @returns {Promise<Ledger>} */
export const ledger = async (key) => (await fetch(address(key, '/ledger'))).json();
