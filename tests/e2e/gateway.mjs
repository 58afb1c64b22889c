// @ts-check
// The contract's server (tests/gateway), run beside the browser: real answers, and every error and fault on demand.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/**
 * One line of a key's plan: see tests/gateway/src/faults.rs for what can be done. `times` counts requests; without it,
 * or null, it happens to all that come.
 * @typedef {{ on: 'config' | 'sessions' | 'completions', times?: number | null, do: Record<string, unknown> }} Fault
 *
 * What a request to the gateway was, and what became of it.
 * @typedef {{ method: string, path: string, status: number | null, code: string | null, fault: object | null,
 *   request_id: string, idempotency_key: string | null, session: string | null, origin: string | null,
 *   embed_origin: string | null, authorization_present: boolean, body: any }} Asked
 *
 * @typedef {{ requests: Asked[], charges: Record<string, { times: number, tokens: number }> }} Ledger
 */

/**
 * Starts the gateway; it ends with `close`, and with this process in whatever way that ends.
 * @param {string} path the program
 * @param {string} model a GGUF file
 */
export async function start(path, model) {
  const child = spawn(path, ['--model', model, '--port', '0', '--test-controls', '--end-with-parent'],
    { stdio: ['pipe', 'pipe', 'inherit'] });
  // Rejects when it could not even be started.
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const first = await Promise.race([once(lines, 'line'), ended.then(() => [])]);
  if (!first.length) throw new Error(`the gateway ended before it listened (exit status ${child.exitCode})`);
  /** @type {{ api: string }} */
  const { api } = JSON.parse(first[0]);

  /**
   * @param {string} method
   * @param {string} where
   * @param {unknown} [body]
   */
  async function control(method, where, body) {
    const response = await fetch(`${api}/test/keys/${where}`, { method, body: body && JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) throw new Error(`the gateway refused ${method} ${where}: ${text}`);
    return text && JSON.parse(text);
  }

  return {
    /** Its address, for `apiBase`. */
    api,
    /**
     * Creates a key, or gives it new settings and faults; its sessions, answers and ledger stay.
     * @param {string} name
     * @param {{ state?: 'active' | 'revoked' | 'suspended' | 'expired', tier?: 'free' | 'pro',
     *   remote_enabled?: boolean, site_key?: string, secret?: string, challenge_url?: string, origins?: string[], quota_tokens?: number,
     *   per_minute?: number, session_seconds?: number, models?: object[], theme?: object, strings?: object,
     *   faults?: Fault[] }} settings
     * @returns {Promise<void>}
     */
    key: (name, settings) => control('PUT', encodeURIComponent(name), settings),
    /**
     * What was asked with a key, oldest first, and what was charged, by idempotency key.
     * @param {string} name
     * @returns {Promise<Ledger>}
     */
    ledger: (name) => control('GET', `${encodeURIComponent(name)}/ledger`),
    async close() {
      child.stdin.end();
      await ended;
    },
  };
}
