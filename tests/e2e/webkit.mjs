// WebKit, driven by WebKitGTK's WebDriver: the engine of Safari where there is no Safari. A small client of the W3C's
// protocol, of what these tests need.
//
// `WebKitWebDriver` and its MiniBrowser are found on PATH and in Debian's folders, or named by INFERKIT_WEBKIT_DRIVER
// and INFERKIT_WEBKIT_BROWSER. Without a DISPLAY, Xvfb makes one.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

/** A script of a page may take this long. */
const SCRIPT_MS = 60_000;

/** Where there is no GPU and no user session. Without compositing it takes no screenshots, so that stays on. */
const QUIET = {
  GDK_BACKEND: 'x11', LIBGL_ALWAYS_SOFTWARE: '1', NO_AT_BRIDGE: '1',
  WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
};

/** Starts the driver and one browser. Keys of `Keys` may be typed like letters. */
export async function launchWebkit({ driver, browser, display, width = 1280, height = 720 }) {
  const closing = [];
  const close = async () => {
    for (const end of closing.splice(0).reverse()) await end().catch(() => {});
  };
  try {
    const environment = { ...process.env, ...QUIET };
    if (display) environment.DISPLAY = await startDisplay(display, closing);
    const port = await freePort();
    const program = spawn(driver, [`--port=${port}`, '--host=127.0.0.1'], { env: environment, stdio: 'ignore' });
    closing.push(() => ended(program));
    const base = `http://127.0.0.1:${port}`;
    await answering(base, program);
    const { sessionId, capabilities } = await call(base, 'POST', '/session', { capabilities: { alwaysMatch: {
      'webkitgtk:browserOptions': { binary: browser, args: ['--automation'] },
    } } });
    const page = new WebkitPage(`${base}/session/${sessionId}`);
    closing.push(() => page.end());
    await page.send('POST', '/timeouts', { script: SCRIPT_MS, pageLoad: SCRIPT_MS });
    await page.send('POST', '/window/rect', { width, height });
    return { page, version: `${capabilities.browserName} ${capabilities.browserVersion}`, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Keys that have no letter. */
export const Keys = { Enter: '\uE007', Escape: '\uE00C', Tab: '\uE004' };

/** The one window of a session, in the document that `frame` last chose. */
class WebkitPage {
  #session;

  constructor(session) {
    this.#session = session;
  }

  send(method, path, body) {
    return call(this.#session, method, path, body);
  }

  async goto(url) {
    await this.send('POST', '/url', { url });
  }

  reload() {
    return this.send('POST', '/refresh', {});
  }

  /** Runs a function of the page's, which may be asynchronous; an element comes back as a handle. */
  async evaluate(run, value) {
    const script = `const done = arguments[arguments.length - 1];
      (async () => (${run})(arguments[0]))().then((value) => done({ value }), (error) =>
        done({ error: String(error?.stack ?? error) + ' ' + String(error?.message ?? '') }));`;
    const { value: result, error } = await this.send('POST', '/execute/async', { script, args: [value ?? null] });
    if (error !== undefined) throw new Error(error);
    return result;
  }

  /** Goes into the frame of an element, or back to the page. */
  async frame(element = null) {
    await this.send('POST', '/frame', { id: element });
  }

  /** Clicks at a place of the window: of elements in shadow roots the driver holds that something lies over them. */
  async click(x, y) {
    const place = { type: 'pointerMove', x: Math.round(x), y: Math.round(y), duration: 0, origin: 'viewport' };
    const actions = [place, { type: 'pointerDown', button: 0 }, { type: 'pointerUp', button: 0 }];
    const pointer = { type: 'pointer', id: 'mouse', parameters: { pointerType: 'mouse' }, actions };
    await this.send('POST', '/actions', { actions: [pointer] });
  }

  /** Types into whatever has the focus, key by key. */
  async type(text) {
    const actions = [...text].flatMap((value) => [{ type: 'keyDown', value }, { type: 'keyUp', value }]);
    await this.send('POST', '/actions', { actions: [{ type: 'key', id: 'keyboard', actions }] });
  }

  /** What is drawn by the next frame but one: WebKit gives what it drew last, which may be older than the page. */
  async screenshot({ path }) {
    await this.evaluate(() => new Promise((drawn) => {
      requestAnimationFrame(() => requestAnimationFrame(drawn));
      setTimeout(drawn, 1_000);
    }));
    await writeFile(path, Buffer.from(await this.send('GET', '/screenshot'), 'base64'));
  }

  end() {
    return this.send('DELETE', '');
  }
}

async function call(base, method, path, body) {
  const response = await fetch(base + path, {
    method, ...(body && { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
    signal: AbortSignal.timeout(SCRIPT_MS + 15_000),
  });
  const { value } = await response.json();
  if (!response.ok) throw new Error(`WebDriver: ${value?.error}: ${value?.message} (${method} ${path})`);
  return value;
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Waits until the driver listens. */
async function answering(base, program) {
  for (let round = 0; ; round++) {
    if (program.exitCode !== null) throw new Error(`the WebDriver ended with ${program.exitCode}`);
    if (await call(base, 'GET', '/status').catch(() => undefined)) return;
    if (round === 100) throw new Error('the WebDriver does not answer');
    await sleep(100);
  }
}

/** Xvfb takes a number that is free and says which. */
async function startDisplay(program, closing) {
  const display = spawn(program, ['-displayfd', '1', '-screen', '0', '1400x1000x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  closing.push(() => ended(display));
  const late = AbortSignal.timeout(20_000);
  const [number] = await Promise.race([
    once(createInterface(display.stdout), 'line', { signal: late }),
    once(display, 'exit').then(() => { throw new Error('Xvfb does not start'); }),
  ]);
  return `:${number}`;
}

async function ended(program) {
  if (program.exitCode !== null) return;
  const gone = once(program, 'exit');
  program.kill();
  await Promise.race([gone, sleep(3_000)]);
  program.kill('SIGKILL');
}
