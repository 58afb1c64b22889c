// @ts-check
// The widget filling a frame of HOST. Two ways lead here:
//
//   a site's own iframe    the options stand in the fragment, which is never sent to a server:
//                          embed.html#api-key=ik_pub_…&model-url=https://…
//   public/frame.js        the fragment names the page's origin and a nonce; the options come through a port
(() => {
  'use strict';
  const sheet = new CSSStyleSheet();
  sheet.replaceSync('html,body{height:100%;margin:0}inferkit-widget{display:block;height:100%;--inferkit-radius:0}');
  document.adoptedStyleSheets = [sheet];

  // <events> Written by tests/lists.rs.
  const CONVERSATION = ['message', 'token', 'error', 'progress', 'consent', 'status', 'sources', 'unanswered', 'feedback', 'handoff'];
  // </events>

  /**
   * What the page is told: all that a conversation tells, that the panel wants to be closed, what the server's
   * configuration wants of the page's part, and what to keep for the next page.
   */
  const EVENTS = ['ready', 'close', 'theme', 'keep', ...CONVERSATION];

  const widget = /** @type {any} */ (document.createElement('inferkit-widget'));

  /** The options in the fragment. @param {string} origin the page's around this one */
  const alone = (origin) => {
    // Only the element's own attributes: a link into this page must not set any other. A frame in this frame, or a
    // place on this page, can't be meant.
    const known = /** @type {any} */ (customElements.get('inferkit-widget')).observedAttributes
      .filter((/** @type {string} */ name) => !['embed', 'target'].includes(name));
    const read = () => {
      const options = new URLSearchParams(location.hash.slice(1));
      const strings = [...options.keys()].filter((name) => /^strings-[a-z-]+$/.test(name));
      for (const name of [...known, ...strings]) {
        const value = options.get(name);
        value === null ? widget.removeAttribute(name) : widget.setAttribute(name, value);
      }
    };
    read();
    addEventListener('hashchange', read);
    widget.setOptions({ embedOrigin: origin });
    document.body.append(widget);
  };

  /** The origin of the page around this one, if the browser tells it. */
  const embedder = () => {
    if (parent === window) return undefined;
    const told = location.ancestorOrigins?.[0] ?? (document.referrer && new URL(document.referrer).origin);
    return told === 'null' ? undefined : told;
  };

  /**
   * A link may lead here with any words, and any server to send a visitor's to: on a page of HOST they would be
   * believed. They belong on the page of whoever wrote them.
   */
  const refuse = () => {
    const words = document.body.appendChild(document.createElement('p'));
    words.textContent = 'The assistant works inside a page of its website.';
    console.error('InferKit: embed.html answers in a frame only, whose page the browser names: no sandbox, and a ' +
      'referrer policy that tells at least the origin.');
  };

  /** Offers itself to the page of `origin`, and to no other. @param {string} origin @param {string} nonce */
  const embedded = (origin, nonce) => {
    /** @param {MessageEvent} event */
    const meet = (event) => {
      const [port] = event.ports;
      if (event.source !== parent || event.origin !== origin || event.data?.nonce !== nonce || !port) return;
      removeEventListener('message', meet);
      serve(origin, port);
    };
    addEventListener('message', meet);
    // By the beginning of this document the page knows one that was loaded anew.
    parent.postMessage({ inferkit: 'embed', nonce, since: performance.timeOrigin }, origin);
  };

  /**
   * Does what the page asks through the port, and tells it what happens.
   * @param {string} origin
   * @param {MessagePort} port
   */
  const serve = (origin, port) => {
    /** @type {Record<string, (value?: any) => void>} */
    const calls = {
      set_options(options) {
        document.documentElement.lang = options.lang ?? '';
        // All of them, anew: members that are no longer there must not stay merged.
        widget.setOptions({ theme: undefined, strings: undefined });
        widget.setOptions({ ...options, embedOrigin: origin });
        // The corners are those of the page's panel.
        widget.setOptions({ theme: { radius: undefined } });
        if (!widget.isConnected) document.body.append(widget);
      },
      send_message: (text) => widget.sendMessage(text),
      set_input: (text) => widget.setInput(text),
      stop: () => widget.stop(),
      reset: () => widget.reset(),
      // With the next frame that is drawn: the page may have shown its panel just now, and nothing in a frame that is
      // still hidden takes the focus.
      focus: () => widget.whenReady().then(() => requestAnimationFrame(() => {
        // A touch screen would bring up its keyboard and cover half of what there is to read.
        const to = matchMedia('(pointer: coarse)').matches ? '[part=log]' : 'textarea';
        /** @type {HTMLElement | null | undefined} */ (widget.shadowRoot?.querySelector(to))?.focus();
      }), () => {}),
    };
    calls.pulse = () => port.postMessage({ event: 'pulse' });
    for (const event of EVENTS) {
      // What follows of one is the page's to decide.
      widget.on(event, (/** @type {any} */ detail) => (port.postMessage({ event, detail }), false));
    }
    // It is the page's panel that closes. This one stays as it is.
    widget.on('close', () => widget.open());
    port.onmessage = ({ data }) => {
      const { call, values } = data ?? {};
      if (Object.hasOwn(calls, call)) calls[call](...values ?? []);
    };
    // The page's panel has a border already.
    sheet.insertRule('inferkit-widget::part(panel){border:0}');
  };

  const { origin, nonce } = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  const page = embedder();
  if (origin && nonce && parent !== window) embedded(origin, nonce);
  else if (page) alone(page);
  else refuse();
})();
