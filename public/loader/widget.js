// @ts-check
// `<inferkit-widget>`: the launcher and the panel, options and events. What stands in the panel is a *generation*: from
// its module's `mount` to its end, by `destroy()`, a crash, or another way to draw. It owns what it made (panel.js), and one
// that has ended tells nobody anything.

/** What `init` made, by the number in the element's attribute: a copy of such an element has the number alone. @type {any} */
const made = {};

/** How many elements there were. */
let count = 0;

/** The launcher that `init` placed. @type {any} */
let launcher;

class Widget extends HTMLElement {
  static observedAttributes = [...paths.keys()];
  #root = this.attachShadow({ mode: 'open' });
  /** @type {any} */ #options = {};
  #listeners = new Map();
  /** @type {any} What waits for a place on the page. */ #early = [];
  /** @type {any} What waits for the module. */ #queue = [];
  /** @type {any} The generation, if there is one. */ #life;
  /** @type {any} */ #panel;
  /** @type {any} */ #button;
  /** @type {any} */ #body;
  /** @type {Promise<void> | undefined} */ #mounted;
  /** @type {any} */ #keep;
  /** @type {any} */ #theme = {};
  #drawn = '';
  #crashes = 0;
  #changed = false;
  #unread = 0;

  constructor() {
    super();
    count++;
    const self = /** @type {any} */ (this);
    for (const name of properties.filter((name) => Object.hasOwn(self, name))) {
      this.#options[name] = self[name];
      delete self[name];
    }
  }
  connectedCallback() {
    const number = this.dataset.inferkit;
    const first = made[number ?? '']?.deref();
    // A copy, of the body or of the whole page. It knows nothing: the first takes its place, or has its own.
    if (number && first !== this) return first?.isConnected === false ? this.replaceWith(first) : this.remove();
    this.#body = document.body;
    // It only moved; a frame in it did not survive that.
    if (this.#panel) return this.#life?.inner?.moved?.();
    for (const { name, value } of this.attributes) if (WORD.test(name)) assign(this.#options, name, value);
    this.#draw();
    for (const act of this.#early.splice(0)) act();
  }
  disconnectedCallback() {
    // What only moves is connected again by then.
    setTimeout(() => {
      if (this.isConnected) return;
      // The page's whole content was replaced: its launcher stays.
      if (this === launcher && this.#body !== document.body) document.documentElement.append(this);
      else this.#end();
    });
  }
  attributeChangedCallback(name, _, value) {
    assign(this.#options, name, value ?? undefined);
    this.#change();
  }

  open() { this.#show(true); }
  close() { this.#show(false); }
  toggle() { this.#show(); }
  destroy() {
    if (launcher === this) launcher = undefined;
    this.#when(() => {
      delete made[this.dataset.inferkit ?? ''];
      this.remove();
      this.#end();
    });
  }
  reset() { this.#call('reset'); }
  stop() { this.#call('stop'); }
  sendMessage(text) { this.#call('send_message', String(text)); }
  setInput(text) { this.#call('set_input', String(text)); }
  // A model is replaced as a whole, members of these two are merged.
  setOptions(partial) {
    for (const [name, value] of Object.entries(partial)) {
      this.#options[name] = /^(theme|strings)$/.test(name) && Object(value) === value
        ? { ...this.#options[name], ...value } : value ?? undefined;
    }
    this.#change();
  }
  on(name, listener) {
    if (!this.#listeners.has(name)) {
      this.#listeners.set(name, new Set());
      // The last two are for embed.js.
      if (![...events, 'theme', 'keep'].includes(name)) console.warn(`InferKit: unknown event ${name}`);
    }
    this.#listeners.get(name).add(listener);
  }
  off(name, listener) { this.#listeners.get(name)?.delete(listener); }
  whenReady() {
    return new Promise((done) => this.#when(() => done(this.#mount()))).then(() => handle(this));
  }

  get #file() { return this.#options.embed === 'iframe' ? 'frame.js' : 'widget.js'; }
  get #floats() { return this.#options.launcher === 'floating'; }
  #when(act) { this.#panel ? act() : this.#early.push(act); }
  #draw() {
    const floats = this.#floats;
    // What is drawn another way stays open.
    const shown = !floats || this.#button && !this.#panel.hidden;
    this.#drawn = this.#file + floats;
    this.#panel = make('div',
      { className: 'panel', part: 'panel', role: floats ? 'dialog' : 'region', hidden: !shown });
    const frame = make('div', { className: floats ? 'ik floating' : 'ik' }, this.#panel);
    this.#root.replaceChildren(frame);
    this.#root.adoptedStyleSheets = [boxed];
    this.#button = undefined;
    if (floats || this.style.display === 'contents') this.style.display = floats ? 'contents' : '';
    if (floats) {
      this.#button = make('button', { className: 'launcher', part: 'launcher', onclick: () => this.toggle(),
        onpointerenter: () => load(this.#file).catch(() => {}) });
      frame.append(this.#button);
    }
    this.#look();
    if (shown) this.#mount();
  }
  #show(wanted) {
    this.#when(() => {
      const shown = this.#panel.hidden;
      if ((wanted ?? shown) !== shown) return;
      const inside = this.#root.activeElement;
      this.#panel.hidden = !shown;
      this.#look();
      if (shown) this.#call('focus');
      else if (inside) this.#button?.focus();
      this.#tell(shown ? 'open' : 'close', {});
      if (shown && this.#unread) this.#tell('unread', { count: this.#unread = 0 });
    });
  }
  #call(...call) {
    if (this.#life?.inner) return this.#life.call(...call);
    this.#queue.push(call);
    this.#when(() => this.#mount());
  }
  #mount() {
    if (!this.#mounted) {
      const panel = this.#panel;
      panel.replaceChildren(make('div', { className: 'sorry', role: 'status' }, say(this.#options, 'preparing')));
      const mounted = this.#mounted = load(this.#file).then(async ([module, sheet, { Generation, shelfOf }]) => {
        if (this.#panel !== panel) return;
        this.#root.adoptedStyleSheets = [boxed, sheet];
        panel.replaceChildren();
        const life = this.#life = new Generation(this, this.#keep ??= shelfOf(this), (name, detail) => {
          // It comes to its end.
          if (this.#life !== life) return;
          if (name === 'hide') return this.close();
          if (name === 'theme') {
            // What the server's configuration wants, where the site wants nothing.
            this.#theme = detail;
            this.#look();
          } else if (name !== 'keep') return this.#tell(name, detail);
          // embed.js passes them on.
          for (const listener of this.#listeners.get(name) ?? []) listener(detail);
        });
        // A conversation that may have led to two crashes is not tried again.
        life.mount(module, panel, base, this.#given(), this.#crashes > 1);
        if (this.#life !== life) throw Error('it ended as it began');
        while (this.#life === life && this.#queue[0]) this.#call(...this.#queue.shift());
        await life.inner?.ready;
        if (this.#life === life) this.#tell('ready', {});
      });
      mounted.catch((error) => this.#mounted === mounted && this.fail(error));
    }
    return this.#mounted;
  }
  #given() {
    return { ...this.#options, target: undefined, lang: document.documentElement.lang };
  }
  #change() {
    if (this.#changed || !this.#panel) return;
    this.#changed = true;
    queueMicrotask(() => {
      this.#changed = false;
      if (!this.#panel) return;
      if (this.#drawn !== this.#file + this.#floats) {
        this.#finish(true);
        return this.#draw();
      }
      this.#look();
      if (this.#life) this.#call('set_options', this.#given());
    });
  }
  #look() {
    const { theme, heading = say(this.#options, 'heading') } = this.#options;
    const frame = this.#panel.parentNode;
    frame.dataset.scheme = theme?.colorScheme ?? this.#theme.colorScheme;
    frame.style.setProperty('--inferkit-accent', theme?.accent ?? this.#theme.accent ?? '');
    this.#panel.ariaLabel = heading;
    if (!this.#button) return;
    this.#button.ariaLabel = heading;
    this.#button.ariaExpanded = !this.#panel.hidden;
  }
  #tell(name, detail) {
    const panel = this.#panel;
    const failed = name === 'error';
    if (failed) Object.freeze(detail);
    const heard = [...this.#listeners.get(name) ?? [], this.#options['on' + capital(name)]]
      .filter((listener) => typeof listener === 'function');
    let open = true;
    const send = (type, bubbles) =>
      this.dispatchEvent(new CustomEvent(type, { detail, bubbles, composed: bubbles, cancelable: true }));
    // Frameworks listen for `ready` or for `Ready`.
    for (const act of [...heard.map((listener) => () => listener(detail)), () => send('inferkit:' + name, true),
      () => send(name), () => send(capital(name))]) {
      // The listener before it has ended the widget.
      if (this.#panel !== panel) return open;
      try {
        open = act() !== false && open;
      } catch (error) {
        reportError(error);
      }
    }
    if (failed && (open && !heard[0] || (this.#options.debug ?? 'false') + '' !== 'false')) {
      console.error(`InferKit error [${detail.code}] ref=${detail.reference}`, detail.message);
    }
    if (detail.role === 'assistant' && this.#panel?.hidden) this.#tell('unread', { count: ++this.#unread });
    return open;
  }
  // The last words, drawn without the module.
  fail(error, code = 'internal_client_error') {
    if (this.#life) this.#crashes++;
    this.#finish(false);
    const reference = 'c-' + Array.from(crypto.getRandomValues(new Uint8Array(10)), (byte) =>
      '0123456789ABCDEFGHJKMNPQRSTVWXYZ'[byte % 32]).join('');
    const value = this.#root.querySelector('textarea')?.value;
    const options = this.#options;
    this.#panel?.replaceChildren(make('div', { className: 'sorry', role: 'alert', part: 'error' },
      make('p', {}, say(options, 'ours')),
      make('p', { part: 'ref' }, say(options, 'reference').replace(/{reference}|$/, reference)),
      ...value ? [make('textarea', { value, readOnly: true })] : [],
      make('button', { onclick: () => {
        if (value) this.setInput(value);
        this.#mount();
      } }, say(options, 'tryAgain'))));
    this.#tell('error', { code, message: String(error?.message ?? error), request_id: null, reference });
  }
  #finish(sound) {
    const life = this.#life;
    this.#life = this.#mounted = undefined;
    life?.end(sound);
  }
  #end() {
    if (!this.#panel) return;
    if (launcher === this) launcher = undefined;
    this.#panel = this.#button = undefined;
    this.#finish(true);
    this.#keep = undefined;
    this.#queue = [];
    this.#unread = 0;
    this.#root.replaceChildren();
    this.#tell('destroy', {});
  }
  static {
    for (const name of properties) {
      Object.defineProperty(this.prototype, name, {
        get() { return this.#options[name]; },
        set(value) { this.setOptions({ [name]: value }); },
      });
    }
  }
}
