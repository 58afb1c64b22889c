// @ts-check
// The widget in a frame of HOST, for `embed: 'iframe'`: to the loader it looks like widget.js. Options and calls go
// to public/embed.js through a port, events come back; whatever else comes is ignored.

/** How long HOST's page may take to announce itself. */
const DEADLINE_MS = 30_000;

/** How often the frame is asked for a sign of life, and how many times in a row it may owe one. */
const PULSE_MS = 4_000;
const MISSES = 3;

// Whether the panel is open, the loader knows itself.
// <events> Written by tests/lists.rs.
const CONVERSATION = ['message', 'token', 'error', 'progress', 'consent', 'status', 'sources', 'unanswered', 'feedback', 'handoff'];
// </events>

/** How long a question that the frame has not told of may still be asked again, and how many of them. */
const PENDING_MS = 60_000;
const MOST_PENDING = 8;

/** How long the last words of a document that is gone are waited for. */
const LAST_WORDS_MS = 1_000;

const FIELDS = ['code', 'message', 'request_id', 'reference'];

/**
 * The page's to give: a model, or an API, may be on the visitor's own machine or network, and the browser may have a model
 * of its own.
 */
const ALLOWED = ['language-model', 'local-network-access', 'local-network', 'loopback-network'];

export const css = () => 'iframe{flex:1;inline-size:100%;min-block-size:0;border:0;color-scheme:normal}';

/**
 * Draws a widget into `place`. What is asked of it before HOST's page listens waits in the port.
 * @param {HTMLElement} place
 * @param {string} base HOST's folder
 * @param {Record<string, any>} options
 * @param {(name: string, detail: any) => void} emit
 * @param {any} lives what this must not outlive: see panel.js
 */
export const mount = (place, base, options, emit, lives) => new Frame(place, base, options, emit, lives);

class Frame {
  #frame = document.createElement('iframe');
  /** @type {HTMLElement} */ #place;
  /** @type {any} */ #lives;
  #channel = new MessageChannel();
  /** HOST's end of the channel was handed over. */
  #met = false;
  /** The frame's window, which is another one after the frame has moved. @type {Window | null} */ #window = null;
  /** The frame's document, by the moment of its beginning. */
  #since = 0;
  #host = '';
  #nonce = crypto.getRandomValues(new BigUint64Array(2)).join('-');
  /** @type {(name: string, detail: any) => void} */ #emit;
  /** @type {() => void} */ #stands = () => {};
  /** @type {(error: Error) => void} */ #fails = () => {};
  #deadline = 0;
  #pulse = 0;
  #asked = 0;
  #misses = 0;
  /** Questions that were handed over and not told of since. @type {{ text: string, at: number }[]} */ #pending = [];
  /** The question that was told of and has not ended, by its number, and how many there were. */
  #open = 0;
  #questions = 0;
  /** The site's own. @type {any} */ #radius;
  /** @type {any} */ #theme = {};
  /** The newest options, for a frame that begins anew. @type {any} */ #options;
  /** Settles when the widget stands in the frame, or can't. @type {Promise<void>} */
  ready = new Promise((stands, fails) => {
    this.#stands = stands;
    this.#fails = fails;
  });

  /**
   * @param {HTMLElement} place
   * @param {string} base
   * @param {Record<string, any>} options
   * @param {(name: string, detail: any) => void} emit
   * @param {any} lives
   */
  constructor(place, base, options, emit, lives) {
    this.#emit = emit;
    this.#place = place;
    this.#lives = lives;
    this.#host = new URL(base).origin;
    lives.keep(this.#frame);
    this.#listen();
    this.set_options(options);
    // A page in a sandbox, or from a file, has no origin by which the frame could know it.
    if (self.origin === 'null') this.#fail('embed: a page without an origin can\'t talk to a frame');
    else this.#start(base);
  }

  /** @param {string} base */
  #start(base) {
    this.#await();
    addEventListener('message', this.#meet, { signal: this.#lives.signal });
    // No option stands in the address: they come through the port.
    this.#frame.src = `${base}embed.html#${new URLSearchParams({ origin: self.origin, nonce: this.#nonce })}`;
    this.#frame.setAttribute('sandbox',
      'allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox ' +
      // A source is a page of the site: the visitor's click leads there.
      'allow-top-navigation-by-user-activation');
    // A browser writes a warning about what it does not know.
    const known = /** @type {any} */ (document).featurePolicy?.features() ?? [];
    this.#frame.allow = ['clipboard-write', ...ALLOWED.filter((name) => known.includes(name))].join('; ');
    this.#place.append(this.#frame);
    this.#window = this.#frame.contentWindow;
    this.#beat();
  }

  #await() {
    this.#lives.cancel(this.#deadline);
    this.#deadline = this.#lives.after(DEADLINE_MS,
      () => this.#fail('the frame did not answer: HOST, or a frame-src policy, blocks it'));
  }

  #listen() {
    this.#lives.keep(this.#channel.port1).onmessage = (/** @type {MessageEvent} */ { data }) => this.#hear(data);
  }

  /** The element moved: where the browser began the frame anew, it is drawn with the conversation that it had. */
  moved() {
    if (this.#frame.contentWindow === this.#window) return;
    this.#window = this.#frame.contentWindow;
    this.#renew();
    this.#await();
  }

  /**
   * A channel to a new document in the frame. What the old one wanted kept is on its way yet; a question that it has not
   * told of, it may never have read.
   */
  #renew() {
    const old = this.#channel.port1;
    const open = this.#open;
    old.onmessage = (/** @type {MessageEvent} */ { data }) => {
      if (!['keep', 'message', 'error'].includes(data?.event)) return;
      this.#hear(data);
      if (data.event === 'keep') this.#configure();
    };
    this.#lives.after(LAST_WORDS_MS, () => {
      this.#lives.release(old);
      old.close();
      if (open && open === this.#open) this.#emit('error', this.#broken());
    });
    this.#channel = new MessageChannel();
    this.#met = false;
    this.#asked = this.#misses = 0;
    this.#listen();
    this.#configure();
    this.#pending = this.#pending.filter(({ at }) => now() - at < PENDING_MS);
    for (const { text } of this.#pending) this.#call('send_message', text);
  }

  /** What the site is told of a question that ended with its document, and has no end of its own. */
  #broken() {
    this.#open = 0;
    const digit = (/** @type {number} */ byte) => '0123456789ABCDEFGHJKMNPQRSTVWXYZ'[byte & 31];
    const reference = `c-${Array.from(crypto.getRandomValues(new Uint8Array(10)), digit).join('')}`;
    return { code: 'internal_client_error', request_id: null, reference,
      message: 'the frame of HOST ended while a question was open, for it was moved, loaded anew or killed; it stands again' };
  }

  /**
   * A frame whose process was killed says nothing, and the page is not told. It is gone when it owed a sign of life over
   * several beats, and for as long as those take: one beat may come late, after a sleep, when many things are late.
   */
  #beat() {
    this.#pulse = this.#lives.after(PULSE_MS, () => {
      if (this.#met && !document.hidden) {
        if (!this.#asked) this.#call('pulse', this.#asked = now());
        else if (++this.#misses >= MISSES && now() - this.#asked > MISSES * PULSE_MS / 2) this.#restart();
      }
      this.#beat();
    });
  }

  #restart() {
    this.#frame.remove();
    this.#place.append(this.#frame);
    this.moved();
  }

  /** @param {Record<string, any>} options */
  set_options(options) {
    this.#frame.title = options.heading ?? options.strings?.heading ?? 'Chat';
    this.#radius = options.theme?.radius;
    this.#round();
    // The loader draws the launcher and the panel, keeps the conversation (a browser may deny a frame its storage),
    // and writes to the console; the frame shows a button that closes the panel.
    const own = { embed: undefined, launcher: undefined, debug: undefined };
    const persist = ['session', 'local'].includes(options.persist ?? 'session') ? 'none' : options.persist;
    const { saved = this.#options?.saved, agreed = this.#options?.agreed } = options;
    const { storageFull } = this.#options ?? {};
    const closable = options.launcher === 'floating';
    this.#options = { ...plain(options), ...own, persist, saved, agreed, storageFull, closable };
    this.#configure();
  }
  #configure() { this.#call('set_options', this.#options); }
  /** The panel's corners are the page's. */
  #round() {
    const radius = this.#radius ?? this.#theme.radius ?? '';
    this.#place.style.setProperty('--inferkit-radius', radius !== '' ? `${radius}px` : '');
  }
  /** What the server's configuration wants: texts that are no more than colours, and a number. @param {any} theme */
  #wear(theme) {
    const is = (/** @type {string} */ type, /** @type {any} */ value) => typeof value === type ? value : null;
    this.#theme = {
      colorScheme: is('string', theme?.colorScheme),
      accent: is('string', theme?.accent),
      radius: is('number', theme?.radius),
    };
    this.#emit('theme', this.#theme);
    this.#round();
  }
  /** What the frame wants kept: texts, and no others. @param {any} detail */
  #keep({ saved, agreed }) {
    if (typeof saved === 'string') this.#emit('keep', { saved: this.#options.saved = saved });
    if (typeof agreed === 'string') this.#emit('keep', { agreed: this.#options.agreed = agreed });
  }
  /** Another tab has stored this. @param {string} saved */
  elsewhere(saved) {
    this.#options.saved = saved;
    saved ? this.#configure() : this.reset();
  }
  /** @param {boolean} storageFull */
  stored(storageFull) {
    Object.assign(this.#options, { storageFull });
    this.#configure();
  }
  /** The frame hears itself that its page is hidden. */
  flush() {}
  /** @param {string} text */
  send_message(text) {
    if (typeof text === 'string') this.#pending = [...this.#pending, { text, at: now() }].slice(-MOST_PENDING);
    this.#call('send_message', text);
  }
  /** @param {string} text */
  set_input(text) { this.#call('set_input', text); }
  stop() {
    this.#open = 0;
    this.#call('stop');
  }
  reset() {
    this.#pending = [];
    this.#open = 0;
    this.#call('reset');
  }
  focus() {
    this.#frame.focus();
    this.#call('focus');
  }
  destroy() {
    this.#lives.cancel(this.#deadline);
    this.#lives.cancel(this.#pulse);
    removeEventListener('message', this.#meet);
    this.#channel.port1.close();
    this.#frame.remove();
    this.#stands();
  }

  /** @param {string} call @param {any[]} values */
  #call(call, ...values) { this.#channel.port1.postMessage({ call, values }); }

  /** @param {string} message */
  #fail(message) {
    this.#fails(new Error(message));
    this.destroy();
  }

  /** HOST's page says that it is there: it gets its end of the channel, once. @param {MessageEvent} event */
  #meet = ({ source, origin, data }) => {
    const window = this.#frame.contentWindow;
    if (!window || source !== window || origin !== this.#host || data?.nonce !== this.#nonce) return;
    const since = data.since ?? 0;
    if (this.#met) {
      if (since === this.#since) return;
      // The frame was loaded anew, by whatever means.
      this.#renew();
    }
    this.#met = true;
    this.#since = since;
    this.#lives.cancel(this.#deadline);
    window.postMessage({ inferkit: 'embed', nonce: this.#nonce }, this.#host, [this.#channel.port2]);
  };

  /** @param {any} data */
  #hear(data) {
    this.#asked = this.#misses = 0;
    const { event, detail } = data ?? {};
    if (event === 'message') this.#open = detail?.role === 'user' ? ++this.#questions : 0;
    if (event === 'error') this.#open = 0;
    if (event === 'message' && detail?.role === 'user') {
      const told = this.#pending.findIndex(({ text }) => text.trim() === detail.text);
      this.#pending.splice(0, told + 1);
    }
    if (event === 'ready') this.#stands();
    else if (event === 'close') this.#emit('hide', {});
    else if (event === 'theme') this.#wear(detail);
    else if (event === 'keep') this.#keep(detail ?? {});
    else if (event === 'error') this.#emit('error', failure(detail));
    else if (CONVERSATION.includes(event)) this.#emit(event, detail);
  }
}

/** The platform's time, whatever a page makes of `Date` and `performance`. */
const now = () => new Event('now').timeStamp;

/** Exactly the four fields, texts or null. @param {any} detail */
const failure = (detail) => Object.fromEntries(FIELDS.map((name) =>
  [name, typeof detail?.[name] === 'string' ? detail[name] : null]));

/**
 * What can travel of a value. Options are not deep: what lies deeper than their members' members is not looked at.
 * @param {any} value
 * @returns {any}
 */
const plain = (value, depth = 3) => {
  if (typeof value === 'function' || typeof value === 'symbol') return undefined;
  if (!value || typeof value !== 'object') return value;
  if (Array.isArray(value)) return depth ? value.map((item) => plain(item, depth - 1)) : [];
  const members = depth ? Object.entries(value) : [];
  return Object.fromEntries(members.map(([name, member]) => [name, plain(member, depth - 1)]));
};
