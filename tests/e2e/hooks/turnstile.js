// @ts-check
/// <reference types="cloudflare-turnstile" />
// Stands in for https://challenges.cloudflare.com/turnstile/v0/api.js: the browser's driver serves it at that address.
// It behaves as Cloudflare's script does, its traps included:
//
//   - it looks for its own tag, and replaces that and `window.turnstile` every 3 h; all widgets are reset then, and those
//     that were ever executed are executed again, so that callbacks come unasked. The object of before knows no widget.
//   - `render()` throws over bad parameters, and gives the old widget for a container that has one
//   - `execute()` warns and does nothing while executing; with a response it gives that, spent or not; it throws when
//     parameters differ from `render()`'s
//   - `reset()` alone executes nothing in execute mode, nor does an interactive timeout, nor an expiry
//   - `error-callback` is repeated unless `retry: 'never'`; a true value only silences the console, and keeps a widget
//     that hung or crashed from being retried at once; `unsupported-callback` comes instead of it
//   - `ready()` throws where the tag is async or deferred
//
// The site key decides what happens. Cloudflare's own for tests give its dummy token; these give one that the gateway's
// double of siteverify can check, `DOUBLE.` and, in base64url, {"id", "hostname", "action", "cdata", "at"}:
//
//   double-pass          solves      double-timeout       shows a box and gives up on the visitor soon
//   double-interactive   shows a box double-error-CODE    fails with Turnstile's code
//   double-slow-SECONDS  takes long  double-throw-CODE    `render()` throws it
//   double-hang          never ends  double-unsupported   does not support the browser
//
// `turnstileDouble.swap()` replaces the script at once; `turnstileDouble.calls` lists the calls in order.
(() => {
  'use strict';

  /**
   * @typedef {Turnstile.RenderParameters & Record<string, any>} Parameters
   * @typedef {object} Widget
   * @property {string} id
   * @property {HTMLElement} container
   * @property {HTMLElement} wrapper
   * @property {ShadowRoot} root
   * @property {Parameters} params
   * @property {string | undefined} response
   * @property {boolean} executing
   * @property {boolean} executed ever, so that it will be again when the script is replaced
   * @property {boolean} expired
   * @property {Set<number>} timers of what goes on in it
   */

  class TurnstileError extends Error {
    name = 'TurnstileError';
    /** @param {string} words @param {number} code */
    constructor(words, code) {
      super(`[Cloudflare Turnstile] ${words}.`);
      this.code = code;
    }
  }
  /** @param {string} words @param {number} code @returns {never} */
  const fail = (words, code) => {
    throw new TurnstileError(words, code);
  };
  /** @param {string} words */
  const warn = (words) => console.warn(`[Cloudflare Turnstile] ${words}`);

  const page = /** @type {any} */ (window);
  const ADDRESS = /^https:\/\/challenges\.cloudflare\.com\/turnstile\/v0(\/.*)?\/api\.js/;
  const findTag = () => [...document.scripts].find(({ src }) => ADDRESS.test(src));
  const tag = /** @type {HTMLScriptElement | null} */ (document.currentScript) ?? findTag();
  if (!tag || !ADDRESS.test(tag.src)) return fail('Could not find Turnstile valid script tag', 43777);
  const { searchParams } = new URL(tag.src);
  const loadedAsync = tag.async || tag.defer;
  const upgrade = searchParams.has('_upgrade');
  if ('turnstile' in page && !upgrade) return warn('Turnstile already has been loaded');

  const UPGRADE_MS = 3 * 60 * 60 * 1000;
  const EXPIRY_MS = 290_000;
  const RETRY_MS = 2_000;
  const WORK_MS = 20;
  /** Longer than a visitor needs to be shown a box, shorter than a test wants to wait. */
  const PATIENCE_MS = 400;

  /** @type {Map<string, Widget>} */
  let widgets = new Map();
  /** @type {[string, string][]} */
  const calls = page.turnstileDouble?.calls ?? [];

  // What is asked of the parameters of `render()`.
  /** @param {...string} values */
  const oneOf = (...values) => (/** @type {any} */ value) => values.includes(value);
  /** @param {RegExp} pattern */
  const like = (pattern) => (/** @type {any} */ value) => typeof value === 'string' && pattern.test(value);
  /** @type {[string, (value: any) => boolean, number][]} */
  const RULES = [
    ['sitekey', like(/^[0-9A-Za-z_-]{3,100}$/), 3589],
    ['size', oneOf('normal', 'compact', 'invisible', 'flexible'), 3590],
    ['theme', oneOf('auto', 'dark', 'light'), 3591],
    ['retry', oneOf('auto', 'never'), 3592],
    ['appearance', oneOf('always', 'execute', 'interaction-only'), 3600],
    ['execution', oneOf('render', 'execute'), 3601],
    ['retry-interval', (value) => value > 0 && value < 900_000, 3602],
    ['refresh-expired', oneOf('auto', 'manual', 'never'), 3603],
    ['refresh-timeout', oneOf('auto', 'manual', 'never'), 3603],
    ['action', like(/^[a-z0-9_-]{0,32}$/i), 3604],
    ['cData', like(/^[a-z0-9_\-=]{0,255}$/i), 3605],
  ];
  const DEFAULTS = {
    size: 'normal', theme: 'auto', retry: 'auto', appearance: 'always', execution: 'render', 'retry-interval': 8_000,
    'refresh-expired': 'auto', 'refresh-timeout': 'auto', 'response-field': true, language: 'auto', action: '', cData: '',
  };
  const FIXED = ['retry-interval', 'retry', 'size', 'theme', 'tabindex', 'execution', 'refresh-expired',
    'refresh-timeout', 'response-field-name', 'response-field', 'language', 'appearance', 'sitekey'];

  /** @param {Parameters | undefined} given @returns {Parameters} */
  const checked = (given) => {
    if (typeof given?.sitekey !== 'string') return fail('Invalid or missing type for parameter "sitekey"', 3588);
    const present = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    const params = /** @type {Parameters} */ ({ ...DEFAULTS, ...present });
    for (const [name, fits, code] of RULES) {
      if (!fits(params[name])) fail(`Invalid value for parameter "${name}", got "${params[name]}"`, code);
    }
    if (!/^(auto|[a-z]{2,3}([-_][a-z]{2})?)$/i.test(String(params.language))) {
      warn(`Invalid language value: "${params.language}"`);
      params.language = 'auto';
    }
    return params;
  };

  /** @param {string | HTMLElement | undefined} container @returns {Widget | undefined} */
  const find = (container) => {
    if (container === undefined) return widgets.values().next().value;
    if (typeof container !== 'string') return [...widgets.values()].find((widget) => widget.container === container);
    return widgets.get(container);
  };
  /** @param {string | HTMLElement | undefined} container @param {number} code */
  const known = (container, code) => find(container) ?? fail('Could not find widget for provided container', code);

  /** @param {Widget} widget @param {number} ms @param {() => void} then */
  const later = (widget, ms, then) => {
    const timer = window.setTimeout(() => {
      widget.timers.delete(timer);
      then();
    }, ms);
    widget.timers.add(timer);
  };
  /** @param {Widget} widget @param {string} width @param {string} height */
  const size = ({ wrapper }, width, height) => Object.assign(wrapper.style, { width, height });

  /** @param {Widget} widget */
  const clear = (widget) => {
    for (const timer of widget.timers) clearTimeout(timer);
    widget.timers.clear();
    widget.root.replaceChildren();
    widget.response = undefined;
    widget.executing = widget.expired = false;
    if (widget.params.appearance === 'interaction-only') size(widget, '0', '0');
    if (widget.params.execution === 'render') start(widget);
  };
  /** @param {Widget} widget */
  const start = (widget) => {
    widget.executing = widget.executed = true;
    later(widget, WORK_MS, () => work(widget));
  };

  /** @param {Widget} widget */
  const work = (widget) => {
    const key = widget.params.sitekey;
    const [, kind, value] = /^double-([a-z]+)(?:-(\d+))?$/.exec(key) ?? [];
    if (/^1x0{20}(AA|BB)$/.test(key) || kind === 'pass') return complete(widget);
    if (/^2x0{20}(AB|BB)$/.test(key)) return failed(widget, '600010');
    if (/^3x0{20}FF$/.test(key) || kind === 'interactive') return ask(widget);
    if (kind === 'slow') return later(widget, Number(value) * 1000, () => complete(widget));
    if (kind === 'error') return failed(widget, value);
    if (kind === 'unsupported') {
      widget.executing = false;
      return widget.params['unsupported-callback']?.();
    }
    if (kind === 'timeout') {
      ask(widget);
      return later(widget, PATIENCE_MS, () => timedOut(widget));
    }
    if (kind === 'hang') return undefined;
    // Known from the field: a bad key may come as a bad size.
    return failed(widget, '400020');
  };

  /** @param {Widget} widget */
  const complete = (widget) => {
    widget.response = widget.params.sitekey.startsWith('double-') ? token(widget) : 'XXXX.DUMMY.TOKEN.XXXX';
    widget.executing = false;
    later(widget, EXPIRY_MS, () => {
      widget.expired = true;
      widget.params['expired-callback']?.(widget.response ?? '');
      if (widget.params['refresh-expired'] === 'auto') clear(widget);
    });
    widget.params.callback?.(widget.response);
  };
  /** @param {Widget} widget */
  const token = ({ params: { action, cData } }) => {
    const id = crypto.randomUUID();
    const claims = JSON.stringify({ id, hostname: location.hostname, action, cdata: cData, at: Date.now() });
    return 'DOUBLE.' + btoa(claims).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
  };

  /** @param {Widget} widget @param {string} code */
  const failed = (widget, code) => {
    widget.executing = false;
    const callback = /** @type {((code: string) => unknown) | undefined} */ (widget.params['error-callback']);
    const crashed = ['300030', '300031'].includes(code);
    const repeats = widget.params.retry === 'auto';
    const again = () => later(widget, crashed ? 0 : RETRY_MS + Number(widget.params['retry-interval']), () => {
      widget.executing = true;
      work(widget);
    });
    if (!callback) {
      if (repeats) again();
      return fail(`Error: ${code}`, 3076);
    }
    const dealtWith = callback(code);
    if (!dealtWith) warn(`Error: ${code}.`);
    if (repeats || (crashed && !dealtWith)) again();
  };

  /** @param {Widget} widget */
  const ask = (widget) => {
    widget.params['before-interactive-callback']?.();
    const box = document.createElement('input');
    box.type = 'checkbox';
    const label = document.createElement('label');
    label.append(box, ' Verify you are human');
    widget.root.replaceChildren(label);
    size(widget, widget.params.size === 'flexible' ? '100%' : '300px', '65px');
    box.addEventListener('change', () => {
      box.disabled = true;
      widget.params['after-interactive-callback']?.();
      later(widget, WORK_MS, () => complete(widget));
    });
  };
  /** @param {Widget} widget */
  const timedOut = (widget) => {
    // The box stays, and solving it is of no use any more.
    for (const box of widget.root.querySelectorAll('input')) box.disabled = true;
    widget.params['timeout-callback']?.();
    if (widget.params['refresh-timeout'] !== 'auto') return;
    widget.params['after-interactive-callback']?.();
    clear(widget);
  };

  /** @type {Turnstile.Turnstile} */
  const api = {
    ready(callback) {
      if (loadedAsync) fail('Remove async/defer from the Turnstile api.js script tag before using turnstile.ready()', 3857);
      if (typeof callback !== 'function') fail('turnstile.ready() expected a "function" argument', 3841);
      callback();
    },
    render(place, given) {
      const container = typeof place === 'string' ? document.querySelector(place) : place;
      if (!(container instanceof HTMLElement)) return fail('Invalid type for parameter "container"', 3587);
      const old = find(container);
      if (old) {
        warn('Turnstile has already been rendered in this container');
        return old.id;
      }
      const params = checked(given);
      const [, thrown] = /^double-throw-(\d+)$/.exec(params.sitekey) ?? [];
      if (thrown) fail('thrown as the site key asks', Number(thrown));
      const id = `cf-chl-widget-${Math.random().toString(36).slice(2, 7)}`;
      const wrapper = document.createElement('div');
      // Cloudflare's is closed, and has a frame in it; a test could not look into that.
      const root = wrapper.attachShadow({ mode: 'open' });
      if (params['response-field']) {
        const field = Object.assign(document.createElement('input'), { type: 'hidden', id: `${id}_response` });
        field.name = params['response-field-name'] ?? 'cf-turnstile-response';
        wrapper.append(field);
      }
      /** @type {Widget} */
      const widget = {
        id, container, wrapper, root, params, response: undefined, executing: false, executed: false, expired: false,
        timers: new Set(),
      };
      widgets.set(id, widget);
      container.append(wrapper);
      clear(widget);
      return id;
    },
    execute(place, /** @type {Parameters | undefined} */ given) {
      let widget = find(place);
      if (!widget) {
        if (!given) return fail('Please provide 2 parameters to execute: container and parameters', 43521);
        widget = known(api.render(place, given) ?? '', 43522);
      }
      const { params } = widget;
      const drift = FIXED.filter((name) => given?.[name] && given[name] !== params[name]);
      if (drift.length) fail(`Parameters may not change between render() and execute(): ${drift.join(',')}`, 3618);
      for (const [name, value] of Object.entries(given ?? {})) {
        const [, fits, code] = RULES.find(([known]) => known === name) ?? [];
        if (fits && !fits(value)) fail(`Invalid value for parameter "${name}", got "${value}"`, code ?? 0);
        if (value && !FIXED.includes(name)) params[name] = value;
      }
      if (widget.executing) return warn('Call to execute() on a widget that is already executing');
      if (widget.response) {
        warn('Call to execute() on a widget that was already executed, execute() will return the previous token obtained');
        return params.callback?.(widget.response);
      }
      start(widget);
    },
    reset(place) {
      clear(known(place, 3329));
    },
    remove(place) {
      const widget = find(place);
      if (!widget) return warn('Nothing to remove found for the provided container.');
      for (const timer of widget.timers) clearTimeout(timer);
      widget.wrapper.remove();
      widgets.delete(widget.id);
    },
    getResponse: (place) => known(place, 43778).response,
    isExpired: (place) => known(place, 43778).expired,
  };

  const swap = () => new Promise((resolve, reject) => {
    const old = findTag();
    if (!old) return reject(new TurnstileError('Could not find Turnstile valid script tag', 43777));
    const address = new URL(old.src);
    address.searchParams.set('_upgrade', 'true');
    address.searchParams.set('_cb', String(Date.now()));
    const next = Object.assign(document.createElement('script'), { async: true, onload: resolve, onerror: reject });
    next.crossOrigin = 'anonymous';
    next.src = address.href;
    old.replaceWith(next);
  });

  if (upgrade) {
    widgets = page.turnstileDouble.handOver();
    for (const widget of widgets.values()) {
      clear(widget);
      if (widget.executed && !widget.executing) start(widget);
    }
  }
  const counted = Object.fromEntries(Object.entries(api).map(([name, method]) =>
    [name, (/** @type {any[]} */ ...values) => {
      calls.push([name, String(find(values[0])?.params.sitekey ?? values[1]?.sitekey ?? '')]);
      return /** @type {any} */ (method)(...values);
    }]));
  page.turnstile = counted;
  page.turnstileDouble = {
    calls,
    swap,
    handOver() {
      const moved = widgets;
      widgets = new Map();
      return moved;
    },
  };
  setTimeout(() => void swap(), UPGRADE_MS);
  const onload = searchParams.get('onload');
  if (onload && !upgrade) {
    setTimeout(() => page[onload] ? page[onload]() : warn(`Unable to find onload callback '${onload}'`), 0);
  }
})();
