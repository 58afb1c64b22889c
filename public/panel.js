// @ts-check
// The part of the loader that waits until the first panel opens: it starts a module, watches over it, owns what its
// widgets make, and has the styles that nobody misses before. A page has it once; after a crash, or an import that did
// not come, once more under another address, which is that of everything it fetches.

const STYLES = `
.ik{--line:#0002}
@supports(color:light-dark(#fff,#fff)){.ik{--line:light-dark(#0002,#fff3)}}
.panel{border:1px solid var(--line)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.launcher{transition:scale .2s}
.launcher:hover{scale:1.06}
.launcher[aria-expanded=true]::before{clip-path:path("M5 8 13 16 21 8 23 10 13 20 3 10Z")}
.floating .panel{overscroll-behavior:contain}
.floating .panel>*{animation:rise .25s}
@keyframes rise{from{opacity:0;translate:0 14px}}
@media(max-width:480px){.floating .panel{inset:0;inline-size:auto;block-size:100dvh;border:0;border-radius:0;touch-action:pinch-zoom}.launcher[aria-expanded=true]{display:none}}
@media(prefers-reduced-motion){*{animation:none!important;transition:none!important}}
`;

/** How long a module may take to come. */
const DEADLINE_MS = 20_000;

const { search } = new URL(import.meta.url);

/** A file beside this one, under an address that belongs to this instance. @param {string} name @param {string} query */
const beside = (name, query = search) => new URL(name + query, import.meta.url);

/** @template T @param {Promise<T>} work @param {string} what @returns {Promise<T>} */
const inTime = (work, what) => new Promise((done, fail) => {
  const late = setTimeout(() => fail(new Error(`${what} did not come in ${DEADLINE_MS / 1000} s`)), DEADLINE_MS);
  work.then(done, fail).finally(() => clearTimeout(late));
});

/** The widgets that the module draws. @type {Map<Generation, any>} */
const drawn = new Map();

/** Takes the module as gone. @type {((error: any) => void) | undefined} */
let crashed;

/**
 * The modules that some visitors need, once one does: remote.js talks to servers and to the
 * browser's own model, knowledge.js looks questions up.
 * @type {Record<string, { query: string, fetches: number, coming?: Promise<any> }>}
 */
const later = { remote: { query: search, fetches: 0 }, knowledge: { query: search, fetches: 0 } };

/** Starts one of them, once for all widgets; after a failure anew, since a browser may remember that. @param {string} name */
const fetchLater = (name) => {
  const its = later[name];
  const coming = its.coming ??= inTime(fetchOnce(name, its), `${name}.js`).catch((error) => {
    if (its.coming === coming) its.coming = undefined;
    throw error;
  });
  return coming;
};

/** @param {string} name @param {{ query: string, fetches: number }} its */
const fetchOnce = async (name, its) => {
  if (its.fetches++) its.query = `?${search.slice(1)}.${its.fetches}`;
  const { query } = its;
  const module = await import(beside(`${name}.js`, query).href);
  await module.default({ module_or_path: beside(`${name}_bg.wasm`, query) });
  module.on_panic((/** @type {any} */ error) => crashed?.(error));
  return module;
};

/** Whether an address in a stack trace is of this instance's modules. @param {string} place */
const isOurs = (place) => [['widget', search],
  ...Object.entries(later).map(([name, { query }]) => [name, query])].some(([name, query]) =>
  ['.js', '_bg.wasm'].some((kind) => place.startsWith(`${beside(name + kind, query).href}:`)));

// A trap that is no panic (no memory left, say) shows itself only here, when an event of the page led to it.
const watch = new AbortController();
const listen = () => {
  for (const type of ['error', 'unhandledrejection']) {
    addEventListener(type, (/** @type {any} */ { error, reason = error }) => {
      const [first] = String(reason?.stack).match(/https?:[^\s)]+/) ?? [];
      if (first && isOurs(first)) crashed?.(reason);
    }, { signal: watch.signal });
  }
};

/**
 * What tells a widget's conversation from those of other widgets of the page, on this page and on the next: the
 * element's id, or its place among its like; inside another shadow root, after the same of its host.
 * @param {Element} element
 * @returns {string}
 */
const nameOf = (element) => {
  if (element.id) return element.id;
  // The launcher that the loader placed: there is one, whatever else stands on a page.
  if (element.parentNode === document.documentElement) return 'launcher';
  const root = element.getRootNode();
  const all = /** @type {ParentNode & Node} */ (root).querySelectorAll(element.localName);
  const place = `${[...all].indexOf(element)}`;
  return root instanceof ShadowRoot ? `${root.host.localName}-${nameOf(root.host)}/${place}` : place;
};

/** What a widget keeps: see shelf.js. @type {((name: string, element: any) => any) | undefined} */
let shelf;

/** @param {Element} element */
export const shelfOf = (element) => shelf?.(nameOf(element), element);

/**
 * What a generation made and must not outlive it: the module makes frames, workers, ports, timers and listeners of the
 * window only through this. When the generation ends, they end too, whatever state the module is in; what comes
 * later ends at once.
 */
class Lives {
  #ended = false;
  #abort = new AbortController();
  /** @type {Set<any>} */ #kept = new Set();
  /** The platform's timers by our own numbers: what a page has put in the place of `setTimeout` may return anything. */
  #timers = new Map();
  #count = 0;
  /** For `addEventListener`. */
  signal = this.#abort.signal;

  /**
   * An element, worker, port, AbortController, or a function that ends something. Returns it.
   * @template T @param {T} thing @returns {T}
   */
  keep(thing) {
    if (this.#ended) finish(thing);
    else this.#kept.add(thing);
    return thing;
  }
  /** Forgets what has ended by itself. @param {any} thing */
  release(thing) { this.#kept.delete(thing); }

  /** @param {number} ms @param {() => void} act @returns {number} for `cancel`; 0 when there is no life left */
  after(ms, act) {
    if (this.#ended) return 0;
    const id = ++this.#count;
    this.#timers.set(id, setTimeout(() => {
      this.#timers.delete(id);
      act();
    }, ms));
    return id;
  }
  /** @param {number} id */
  cancel(id) {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
  }
  /** Ends everything. */
  end() {
    this.#ended = true;
    this.#abort.abort();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    for (const thing of this.#kept) finish(thing);
    this.#kept.clear();
  }
}

/** @param {any} thing */
const finish = (thing) => {
  try {
    if (typeof thing === 'function') thing();
    else if (thing instanceof Element) thing.remove();
    else if (thing instanceof Worker) thing.terminate();
    else if (thing instanceof AbortController) thing.abort();
    else {
      thing.onmessage = null;
      thing.close();
    }
  } catch (error) {
    // One that can't be ended keeps no other.
    reportError(error);
  }
};

/**
 * Opens the way to a person: beside the page, or in what telephones and writes. That is the outermost page's to do: the
 * policy of a page around our frame would keep a frame from it. @param {string | undefined} url
 */
const leadTo = (url) => {
  if (!url || !/^(https?:\/\/|mailto:|tel:)/.test(url)) return;
  const target = url.startsWith('http') ? '_blank' : '_top';
  Object.assign(document.createElement('a'), { href: url, target, rel: 'noopener' }).click();
};

/** A widget in its panel, from the module's `mount` to its end. */
export class Generation {
  /** The module's side of it, while it stands. @type {any} */
  inner;
  /** @type {any} */ #element;
  /** @type {any} */ #shelf;
  /** @type {(name: string, detail: any) => any} True where no listener took an event over. */ #hear;
  #lives = new Lives();
  #ended = false;

  /**
   * @param {any} element
   * @param {any} shelf what the widget keeps
   * @param {(name: string, detail: any) => any} hear
   */
  constructor(element, shelf, hear) {
    guard(element);
    this.#element = element;
    this.#shelf = shelf;
    this.#hear = hear;
  }

  /**
   * @param {any} module
   * @param {HTMLElement} place
   * @param {string} base HOST's folder
   * @param {any} options
   * @param {boolean} afresh without the conversation that is kept
   */
  mount(module, place, base, options, afresh) {
    const { saved = options.saved, agreed = options.agreed } = this.#shelf.read();
    Object.assign(options, { saved: afresh ? '' : saved, agreed });
    if (module.start) drawn.set(this, this.#element);
    const inner = this.#attempt(() => module.mount(place, base, options,
      (/** @type {string} */ name, /** @type {any} */ detail) => {
        if (this.#ended) return;
        if (name === 'probe') return this.#probe(detail.language);
        if (name === 'keep') this.#shelf.keep(detail);
        const { handoff } = this.#element;
        // A listener of the site may have taken it over.
        if (this.#hear(name, detail) && name === 'handoff') leadTo(handoff?.url);
      }, this.#lives));
    // A listener of the site ended it while it began.
    if (this.#ended) return this.#attempt(() => inner?.destroy());
    this.inner = inner;
    this.#shelf.serve({
      elsewhere: (/** @type {string} */ text) => this.call('elsewhere', text),
      stored: (/** @type {boolean} */ full) => this.call('stored', full),
      flush: () => this.call('flush'),
    }, this.#lives.signal);
  }

  /**
   * Whether the browser has a model of its own that can answer at once: what it would have to download first is not
   * there, and is never asked for. `answer::builtin` makes its sessions by the same. @param {string} language
   */
  async #probe(language) {
    const text = [{ type: 'text', languages: [language] }];
    let said;
    try {
      said = await /** @type {any} */ (self).LanguageModel?.availability({ expectedInputs: text, expectedOutputs: text });
    } catch {
      // None that takes these options.
    }
    this.call('probed', said === 'available');
  }

  /** @param {string} method @param {any[]} values */
  call(method, ...values) { this.#attempt(() => this.inner?.[method](...values)); }

  /** @param {boolean} sound whether the module can still be asked to end its part */
  end(sound) {
    const { inner } = this;
    this.inner = undefined;
    if (sound) this.#attempt(() => inner?.destroy());
    this.#ended = true;
    drawn.delete(this);
    this.#lives.end();
  }

  /** What the module throws is a trap: it can't go on, for no widget. @template T @param {() => T} act */
  #attempt(act) {
    try {
      return act();
    } catch (error) {
      if (crashed && drawn.has(this)) crashed(error);
      else reportError(error);
    }
  }
}

/** Events of a field that a page's shortcuts would take for its own. */
const TYPED = ['keydown', 'keypress', 'keyup', 'beforeinput', 'input', 'paste', 'copy', 'cut',
  'compositionstart', 'compositionupdate', 'compositionend'];

/**
 * Events of our fields end at our shadow root: outside, their target is the element, which no page takes for a field.
 * Nor does a modal of the page hear that the focus moved in here: it would take it back. What listens in the capture phase
 * has heard by then, and can't be helped.
 * @param {any} element
 */
const guard = (element) => {
  const root = element.shadowRoot;
  for (const type of TYPED) root.addEventListener(type, keepTyped);
  for (const type of ['focusin', 'focusout']) root.addEventListener(type, keepInside);
  root.addEventListener('pointerdown', letGo, true);
  for (const name of ['Close', 'Error', 'Progress']) element.addEventListener(name, tellReact);
};

/** @param {any} event */
const keepTyped = (event) => {
  const [field] = event.composedPath();
  if (field.matches?.('textarea,input') || event.key === 'Escape' && event.defaultPrevented) event.stopPropagation();
};

/** @param {Event} event */
const keepInside = (event) => event.stopPropagation();

/** A field of the page that the visitor leaves for ours does not hear where the focus went. @param {Event} event */
const letGo = ({ currentTarget }) => {
  const outside = /** @type {ShadowRoot} */ (currentTarget).activeElement ? null : document.activeElement;
  if (outside instanceof HTMLElement && outside !== document.body) outside.blur();
};

/**
 * React listens on an element like ours for what it does not know (`onReady`: `Ready`), but keeps these three names to
 * itself, for elements of its own. Its properties lie on the element.
 * @param {any} event
 */
const tellReact = (event) => {
  const element = event.currentTarget;
  const name = Object.keys(element).find((key) => key.startsWith('__reactProps$'));
  const listener = name && element[name][`on${event.type}`];
  if (typeof listener !== 'function') return;
  // The site was told; nothing is written to the console.
  event.preventDefault();
  listener(event);
};

/**
 * Starts a module, and returns the styles of what it draws.
 * @param {any} module widget.js, or frame.js, which has nothing to start
 * @param {() => void} forget the module can't go on: the next widget needs another
 * @returns {Promise<string>}
 */
export const start = async (module, forget) => {
  const keeping = inTime(import(beside('shelf.js').href), 'shelf.js');
  // Awaited below; until then a failure of both is one.
  keeping.catch(() => {});
  if (module.start) {
    await inTime(module.default({ module_or_path: beside('widget_bg.wasm') }), 'widget_bg.wasm');
    crashed = (error) => {
      // Whatever it says later, its widgets have others now. No module goes on without the others.
      crashed = later.remote.coming = later.knowledge.coming = undefined;
      watch.abort();
      forget();
      for (const element of [...drawn.values()]) element.fail(error);
    };
    listen();
    module.start((/** @type {any} */ error) => crashed?.(error), () => fetchLater('remote'), () => fetchLater('knowledge'));
  }
  ({ shelf } = await keeping);
  return STYLES + module.css();
};
