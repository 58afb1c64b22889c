// Finds and starts browsers: one process per kind, when the first test asks for it.

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright-core';

const QUIET = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'];

/** Chromium gives a WebGPU adapter where there is no GPU only when asked: SwiftShader, in software. */
const WEBGPU = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];

/** Chromium refuses its sandbox to root. */
const SANDBOX = process.getuid?.() === 0 ? ['--no-sandbox'] : [];

/** Where Debian and its kin put WebKitGTK's test browser. */
const MINI_BROWSERS = ['x86_64-linux-gnu/', 'aarch64-linux-gnu/', ''].flatMap((triple) =>
  ['4.1', '6.0'].flatMap((version) => [`/usr/lib/${triple}webkit2gtk-${version}/MiniBrowser`,
    `/usr/lib/${triple}webkitgtk-${version}/MiniBrowser`, `/usr/libexec/webkit2gtk-${version}/MiniBrowser`]));

export class Browsers {
  #headed;
  /** @type {Map<string, Promise<import('playwright-core').Browser>>} */
  #running = new Map();

  constructor({ headed = false } = {}) {
    this.#headed = headed;
    this.chromium = find(process.env.INFERKIT_CHROMIUM, [
      'chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable',
    ], ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome']);
    this.firefox = find(process.env.INFERKIT_FIREFOX, ['firefox-esr', 'firefox'],
      ['/Applications/Firefox.app/Contents/MacOS/firefox']);
    this.webkitDriver = find(process.env.INFERKIT_WEBKIT_DRIVER, ['WebKitWebDriver'], []);
    this.webkitBrowser = find(process.env.INFERKIT_WEBKIT_BROWSER, ['MiniBrowser'], MINI_BROWSERS);
    this.xvfb = find(undefined, ['Xvfb'], []);
  }

  /** Why a kind can't be had, or nothing. */
  missing(kind) {
    if (kind === 'firefox') return this.firefox ? undefined : 'no Firefox: install it or set INFERKIT_FIREFOX';
    if (kind === 'webkit') return this.#missingWebkit();
    return this.chromium ? undefined : 'no Chromium: install it or set INFERKIT_CHROMIUM';
  }

  #missingWebkit() {
    if (!this.webkitDriver) return 'no WebKit: install webkit2gtk-driver or set INFERKIT_WEBKIT_DRIVER';
    if (!this.webkitBrowser) return 'no MiniBrowser of WebKitGTK: set INFERKIT_WEBKIT_BROWSER';
    return process.env.DISPLAY || this.xvfb ? undefined : 'WebKit has no display: install xvfb or set DISPLAY';
  }

  /** @param {'plain' | 'webgpu'} kind Chromium without and with a WebGPU adapter */
  get(kind) {
    // Whoever asks meanwhile waits for the same one.
    const before = this.#running.get(kind)?.catch(() => undefined) ?? Promise.resolve(undefined);
    const running = before.then((browser) => (browser?.isConnected() ? browser : this.launch(kind)));
    this.#running.set(kind, running);
    return running;
  }

  /** A process of its own, for a test that harms it. */
  launch(kind) {
    const args = [...QUIET, ...SANDBOX, ...(kind === 'webgpu' ? WEBGPU : [])];
    return chromium.launch({ executablePath: this.chromium, headless: !this.#headed, args });
  }

  /** Chromium through Puppeteer, which bears that a page's frame dies. */
  launchChromium(puppeteer) {
    return puppeteer.launch({
      executablePath: this.chromium, headless: !this.#headed, args: [...QUIET, ...SANDBOX], protocolTimeout: 120_000,
    });
  }

  /** Firefox through WebDriver BiDi, with its WebGPU on whatever adapter there is. */
  async launchFirefox() {
    const { default: puppeteer } = await import('puppeteer-core');
    return puppeteer.launch({
      browser: 'firefox',
      executablePath: this.firefox,
      headless: !this.#headed,
      extraPrefsFirefox: { 'dom.webgpu.enabled': true, 'gfx.webgpu.ignore-blocklist': true },
      protocolTimeout: 600_000,
    });
  }

  /** WebKit through its WebDriver: see webkit.mjs. */
  async launchWebkit() {
    const { launchWebkit } = await import('./webkit.mjs');
    const display = process.env.DISPLAY ? undefined : this.xvfb;
    return launchWebkit({ driver: this.webkitDriver, browser: this.webkitBrowser, display });
  }

  async end(kind) {
    const running = await this.#running.get(kind)?.catch(() => undefined);
    this.#running.delete(kind);
    await running?.close();
  }

  async endAll() {
    for (const kind of [...this.#running.keys()]) await this.end(kind);
  }
}

function find(wanted, names, places) {
  const paths = (process.env.PATH ?? '').split(delimiter);
  const candidates = wanted ? [wanted] : [...names.flatMap((name) => paths.map((path) => join(path, name))), ...places];
  return candidates.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
