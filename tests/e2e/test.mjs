// One test's world: a browser context of its own, pages made to measure, models that fail as asked, and, when it goes
// wrong, the evidence.

import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Asset } from './server/files.mjs';
import { Widget, until } from './widget.mjs';

/** Thrown by a test that can't run here; says why. */
export class Skip extends Error {}

/**
 * Declares a test.
 * @param {string} name
 * @param {{ browser?: 'plain' | 'webgpu' | 'firefox' | 'webkit', timeout?: number }} needs
 * @param {(test: Test) => Promise<void>} body
 */
export const test = (name, { browser = 'plain', timeout } = {}, body) => ({ name, browser, timeout, body });

/** Declares a test for the element and the same for the frame that the loader makes: `open` embeds one or the other. */
export const both = (name, needs, body) => [
  test(name, needs, body), { ...test(`${name}, in a frame`, needs, body), framed: true },
];

/** A key that is publishable and nobody's. */
const KEY = 'ik_pub_test_0123456789abcdef';

/** The folder of HOST that holds this version for good, with its slashes. */
export const VERSION = await readFile(new URL('../../Cargo.toml', import.meta.url), 'utf8')
  .then((manifest) => `/${/^version = "(.+)"$/m.exec(manifest)?.[1]}/`);

/** Runs first in every document of a test: remembers what the page hears. */
export const RECORDER = await readFile(new URL('hooks/recorder.js', import.meta.url), 'utf8');
const ENGINE_HOOK = (await Promise.all(['wire', 'engine'].map((name) =>
  readFile(new URL(`hooks/${name}.js`, import.meta.url), 'utf8')))).join('\n');
let names = 0;

export class Test {
  /** What the report says beside the time. */
  details = [];
  #case;
  #contexts = [];
  #closing = [];
  #console = [];
  #since;
  #gateway;

  constructor(one, { server, gateway, browsers, tiny, golden, screenshots, openai }) {
    this.#case = one;
    this.#since = server.requests.length;
    this.#gateway = gateway;
    /** Starts the foreign API of openai.mjs, once for all tests; nothing where this machine has none. */
    this.openai = openai;
    Object.assign(this, { server, browsers, tiny, golden, screenshots });
  }

  /** Whether this is the half of a `both` that embeds by a frame. */
  get framed() {
    return Boolean(this.#case.framed);
  }

  detail(text) {
    this.details.push(text);
  }

  /** The contract's server: see gateway.mjs. A test that asks for it is skipped where there is none. */
  get gateway() {
    if (!this.#gateway) throw new Skip('no --gateway was given');
    return this.#gateway;
  }

  /** Called when the test is over, come what may. */
  atEnd(close) {
    this.#closing.push(close);
  }

  /** The tiny model, or other bytes, under an address of this test's own, with a fault or none. */
  model(fault = '', asset = Asset.memory(this.tiny)) {
    return this.server.addModel(`${++names}.gguf`, asset, fault);
  }

  /** The default model on a slow line, until the test clears its `fault`. */
  slowDefaultModel() {
    return this.model('slow:12000000', this.server.modelAsset);
  }

  /** HOST's folder with hooks in the worker: see hooks/engine.js. `faults` may depend on the worker's number. */
  engineWith(faults = () => ({}), changes = {}) {
    const prepend = {
      'engine-worker.js': (number) => `self.engineFaults = ${JSON.stringify(faults(number))};\n${ENGINE_HOOK}\n`,
      ...changes.prepend,
    };
    return this.server.addFolder({ ...changes, prepend });
  }

  /**
   * Opens a page with the widget on it. Unless told otherwise: by `InferKit.init` into the page's body, open, on the
   * CPU, greedy, the download agreed to, the tiny model.
   * @param {{ options?: object, model?: object | null, base?: string, how?: import('./widget.mjs').How,
   *   strict?: boolean, script?: string, prepare?: (page: import('playwright-core').Page) => Promise<void>,
   *   context?: import('playwright-core').BrowserContextOptions, browser?: import('playwright-core').Browser }} [wishes]
   *   `prepare` sees the page before it is loaded
   */
  async open({ options = {}, model = this.model(), base = `${this.server.host}/v1/`, how = 'init', strict, script,
    ...more } = {}) {
    if (this.framed && !how.endsWith('iframe')) how += '-iframe';
    return this.visit(this.page({ options, model, base, how, strict, script }), { how, ...more });
  }

  /** Opens any page that has a widget on it. */
  async visit(address, { how = 'init', prepare, context, browser } = {}) {
    browser ??= await this.browsers.get(this.#case.browser);
    const own = await browser.newContext({ locale: 'en-GB', ...context });
    this.#contexts.push(own);
    const page = await own.newPage();
    page.on('console', (message) => this.#console.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => this.#console.push(`uncaught: ${error.stack ?? error}`));
    await page.addInitScript(RECORDER);
    await prepare?.(page);
    await page.goto(address);
    return new Widget(page, how);
  }

  /** The address of such a page. */
  page({ options = {}, model = this.model(), base = `${this.server.host}/v1/`, how = 'init', strict, script } = {}) {
    const defaults = { ...this.options({ model }), ...(how.startsWith('init') && { target: 'body' }) };
    return this.server.addPage({ base, how, strict, script, options: { ...defaults, ...options } });
  }

  /** The options of such a page. */
  options({ model = this.model(), ...more } = {}) {
    return {
      apiKey: KEY, mode: 'local', backend: 'cpu', consent: 'granted', temperature: 0, maxTokens: 24,
      ...(model && { model: { url: model.url, sha256: model.sha256, bytes: model.bytes, name: 'tiny' } }),
      ...more,
    };
  }

  /** Paths that HOST, or the site, was asked for during this test. */
  requests(where = 'host') {
    return this.server.requests.slice(this.#since).filter((request) => request.where === where).map(({ path }) => path);
  }

  async screenshot(page, name) {
    const path = join(this.screenshots, `${name}.png`);
    await page.screenshot({ path });
    return path;
  }

  /** What the pages said and show. */
  async evidence(folder) {
    await mkdir(folder, { recursive: true });
    const lines = [...this.#console.slice(-20)];
    const name = this.#case.name.replace(/[^\p{L}\p{N}]+/gu, '-');
    for (const [at, page] of this.#contexts.flatMap((context) => context.pages()).entries()) {
      const path = join(folder, `${name}-${at}.png`);
      const events = await soon(page.evaluate(() => globalThis.heard?.slice(-8).map((event) => JSON.stringify(event))));
      lines.push(...(events ?? ['the page does not answer']).map((event) => `heard: ${event}`));
      if (await soon(page.screenshot({ path }))) lines.push(`screenshot: ${path}`);
    }
    lines.push(`HOST was asked for: ${this.requests().slice(-12).join(' ')}`);
    return lines.map((line) => (line.length > 400 ? `${line.slice(0, 400)}…` : line)).join('\n');
  }

  async end() {
    for (const close of [...this.#closing, ...this.#contexts.map((context) => () => context.close())]) {
      await soon(close());
    }
  }
}

/** The result, or nothing when it fails or takes too long: used where a test is over already. */
async function soon(work) {
  return Promise.race([work.catch(() => undefined), new Promise((resolve) => setTimeout(resolve, 5_000))]);
}
