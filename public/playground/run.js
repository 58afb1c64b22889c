// @ts-check
// One run: a fresh page of a site with the widget on it, a question, and everything that the site hears.

import { make } from './dom.js';
import { API, ledger, newKey } from './gateway.js';

/** @typedef {Record<'code' | 'message' | 'reference', string> & { request_id: string | null }} Failure */

const QUESTION = 'Which of your coffees is best for espresso?';

/** States in which nothing goes on. */
const RESTING = ['idle', 'ready'];

export class Run {
  /** The failure on each way that it came: the very objects. @type {Map<string, Failure>} */
  heard = new Map();
  /** What stands on the console, if anything. @type {string | undefined} */
  line;
  /** The answer, if there was one. @type {string | undefined} */
  answer;
  /** What the server saw. @type {import('./gateway.js').Ledger | undefined} */
  books;
  /** Whether these were read when all was over. */
  closed = false;
  /** How long it took, in milliseconds. @type {number | undefined} */
  took;
  /** @type {unknown} Why it could not even begin. */
  broken;
  /** What the widget says that it does. */
  state = '';
  began = performance.now();
  /** @type {string | undefined} */ #key;
  #over = false;
  #later = 0;
  #told;

  /** @param {(run: Run) => void} told called whenever there is something new */
  constructor(told) {
    this.#told = told;
  }

  /** The page of the site. */
  frame = make('iframe', { title: 'A page of a site, with the widget' });

  /** The failure, as it came first. */
  get failure() {
    return this.heard.get('onError') ?? this.heard.get('inferkit:error');
  }

  /** What `InferKit.init` was given. @type {import('../inferkit').Options} */
  options = {};

  /**
   * @param {import('./causes.js').Cause} cause
   * @param {{ embed: 'element' | 'iframe', plan: 'pro' | 'free', listens: boolean }} circumstances
   * @param {HTMLElement} place
   */
  async begin(cause, { embed, plan, listens }, place) {
    try {
      if (cause.server) this.#key = await newKey({ tier: plan, ...cause.server });
      if (this.#over) return;
      const server = this.#key && { apiKey: this.#key, apiBase: API };
      this.options = { ...cause.options, ...server, ...(embed === 'iframe' && { embed }) };
      this.frame.src = cause.stage ?? 'stage.html';
      const loaded = new Promise((resolve) => this.frame.addEventListener('load', resolve, { once: true }));
      place.replaceChildren(this.frame);
      await loaded;
      if (this.#over) return;
      this.began = performance.now();
      /** @type {any} */ (this.frame.contentWindow).begin(this.options, listens, QUESTION, this.#hear);
    } catch (error) {
      this.broken = error;
      this.#tell();
    }
  }

  /** Nobody looks at it any more. */
  end() {
    this.#over = true;
    this.frame.remove();
  }

  /** The number that the visitor reads, where this page can look: not into a frame of another origin. */
  get quoted() {
    const root = this.frame.contentDocument?.querySelector('inferkit-widget')?.shadowRoot;
    const shown = [...root?.querySelectorAll('[part~="ref"]') ?? []].map(({ textContent }) => textContent ?? '');
    return shown.findLast((text) => text.includes('Ref:'))?.replace('Ref:', '').trim();
  }

  /** @param {string} what @param {any} detail */
  #hear = (what, detail) => {
    if (this.#over) return;
    if (what === 'status') this.state = detail.state;
    else if (what === 'console') this.line = detail;
    else if (what !== 'message') this.heard.set(what, detail);
    else if (detail.role === 'assistant') this.answer = detail.text;
    const ended = this.failure || (this.answer !== undefined && RESTING.includes(this.state));
    if (ended) this.took ??= performance.now() - this.began;
    this.#tell();
    // All ways are told in one turn, and the visitor may try again.
    this.closed = false;
    this.#readLater(ended ? 100 : 500);
  };

  /** @param {number} ms */
  #readLater(ms) {
    clearTimeout(this.#later);
    if (this.#key && !this.#over) this.#later = setTimeout(() => void this.#read(), ms);
  }

  /** Also while it goes on: a server that is asked again and again is part of what there is to see. */
  async #read() {
    const known = JSON.stringify([this.books, this.closed]);
    const over = this.took !== undefined;
    this.books = await ledger(/** @type {string} */ (this.#key)).catch(() => this.books);
    this.closed = over;
    if (JSON.stringify([this.books, this.closed]) !== known) this.#tell();
    if (!over) this.#readLater(500);
  }

  #tell() {
    if (!this.#over) this.#told(this);
  }
}
