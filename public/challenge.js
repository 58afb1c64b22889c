// @ts-check
// Turnstile in a frame of our own origin, so that the site key's hostname is ours wherever the widget is. The page's
// origin and a nonce come in the fragment, which no server sees; the rest goes through a MessagePort:
//
//   to us    {epoch, siteKey, cData, language}   solve
//   from us  {epoch, event, detail, code, at}    rendered executing interactive quiet solved error expired timeout
//                                                unsupported absent threw
//
// Nothing is decided here: whoever holds the port waits, counts the time and drops what belongs to another epoch. It
// also takes the frame away after a failure, so that nothing here is ever tried twice.
'use strict';
(() => {
  const { origin, nonce } = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  if (!origin || !nonce || parent === window) return;

  // Cloudflare's script is fetched from Cloudflare, never from us and never with a hash: it looks for its own tag by
  // this address, and every few hours puts a new one in its place.
  const SCRIPT = 'https://challenges.cloudflare.com/turnstile/v0/api.js?render=explicit&onload=inferkitTurnstile';

  // The script replaces `window.turnstile` along with itself: it is read anew for each call.
  const turnstile = () => /** @type {any} */ (window).turnstile;

  /** @type {MessagePort} */
  let port;
  /** @type {{ epoch: number, siteKey: string, cData: string, language: string } | undefined} The solve to begin. */
  let asked;
  /** @type {{ id: string, siteKey: string, language: string } | undefined} What was rendered for the last solve. */
  let widget;
  let loaded = false;
  /** Why there is no script. */
  let absent = '';

  const begin = () => {
    if (!asked || !(loaded || absent)) return;
    const { epoch, siteKey, cData, language } = asked;
    asked = undefined;
    /** @param {string} event @param {unknown} [detail] @param {unknown} [code] */
    const say = (event, detail = '', code = '') =>
      port.postMessage({ epoch, event, detail: String(detail), code: String(code), at: Date.now() });
    if (absent) return say('absent', absent);

    // Given to each `execute()` again, so that every one has its own epoch.
    const callbacks = {
      callback: (/** @type {string} */ token) => say('solved', token),
      // True: it is dealt with. A widget that hung or crashed would otherwise be tried again in spite of `retry`.
      'error-callback': (/** @type {string} */ code) => (say('error', code), true),
      'expired-callback': () => say('expired'),
      'timeout-callback': () => say('timeout'),
      'unsupported-callback': () => say('unsupported'),
      'before-interactive-callback': () => say('interactive'),
      'after-interactive-callback': () => say('quiet'),
    };
    try {
      const again = widget?.siteKey === siteKey && widget.language === language && widget;
      // Without a reset, `execute()` gives the token of last time.
      if (again) turnstile().reset(again.id);
      else widget = { id: render(siteKey, cData, language, callbacks), siteKey, language };
      say('rendered');
      say('executing');
      // Only what may differ from one `execute()` to the next: the script throws over anything else.
      if (again) turnstile().execute(again.id, { sitekey: siteKey, cData, ...callbacks });
      else turnstile().execute(widget?.id);
    } catch (/** @type {any} */ error) {
      say('threw', error?.message ?? error, error?.code ?? '');
    }
  };

  /** @param {string} sitekey @param {string} cData @param {string} language @param {object} callbacks */
  const render = (sitekey, cData, language, callbacks) => {
    // A new place for each: in an old one, the script gives the old widget.
    if (widget) turnstile().remove(widget.id);
    const place = document.createElement('div');
    document.body.replaceChildren(place);
    return turnstile().render(place, {
      sitekey, cData, action: 'inferkit-session', ...callbacks,
      language: /^[a-z]{2,3}(-[a-z]{2})?$/.test(language.toLowerCase()) ? language.toLowerCase() : 'auto',
      size: 'flexible', execution: 'execute', appearance: 'interaction-only', retry: 'never',
      'refresh-expired': 'never', 'response-field': false,
    });
  };

  const sheet = new CSSStyleSheet();
  sheet.replaceSync('body{margin:0}');
  document.adoptedStyleSheets = [sheet];

  Object.assign(window, {
    inferkitTurnstile: () => {
      loaded = true;
      begin();
    },
  });
  const script = document.createElement('script');
  /** @param {string} why */
  const missing = (why) => {
    absent = why;
    begin();
  };
  script.onerror = () => missing('the script was blocked');
  script.onload = () => {
    if (!turnstile()?.render) missing('the script was replaced by another');
  };
  script.async = true;
  script.src = SCRIPT;
  document.head.append(script);

  addEventListener('message', (event) => {
    const [theirs] = event.ports;
    if (port || event.source !== parent || event.origin !== origin || event.data?.nonce !== nonce || !theirs) return;
    port = theirs;
    port.onmessage = ({ data }) => {
      asked = data;
      begin();
    };
  });
  parent.postMessage({ inferkit: 'challenge', nonce, ready: true }, origin);
})();
