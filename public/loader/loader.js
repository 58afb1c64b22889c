// @ts-check
// InferKit's loader. Everything that can wait is imported when needed.
// inferkit.mjs says where it comes from.
const script = /** @type {HTMLScriptElement} */ (document.currentScript) ??
  { src: globalThis[Symbol.for('inferkit')], dataset: {} };
// @ts-expect-error The build puts the sources into one function.
if ('InferKit' in window) return;
// What stands at /v1/ changes; all else comes from the folder of this version, which never does.
const base = new URL('.', script.src).href.replace(/\/v1\/$/, '/0.1.0/');

// Attributes are in kebab-case, with members of objects flattened.
const list = (text) => text.split(' ');
const on = (name) => 'on' + name[0].toUpperCase() + name.slice(1);
const names = list('apiKey apiBase apiKind remoteModel target embed launcher mode backend model consent ' +
  'remoteConsent locale strings theme heading greeting prompts disclaimer persist systemPrompt maxTokens ' +
  'temperature debug');
const members = list('model-url model-sha256 model-bytes model-name theme-colorScheme theme-accent theme-radius ' +
  'theme-density');
const methods = list('open close toggle destroy reset sendMessage setInput stop setOptions on off whenReady');
const properties = [...names,
  ...list('ready open close message token error progress consent unread status destroy').map(on)];
const kebab = (name) => name.replace(/[A-Z]/g, (letter) => '-' + letter.toLowerCase());
const paths = new Map([...names, ...members].map((name) => [kebab(name), name.split('-')]));
const assign = (options, attribute, value) => {
  const [name, member] = paths.get(attribute) ?? attribute.split(/^(strings)-/).filter(Boolean);
  options[name] = member ? { ...options[name], [member]: value } : value;
};

// One for all widgets, by file; after a crash, a new one.
let crashes = 0;
/** @type {Record<string, Promise<any>>} */
const loading = {};
const alive = new Map();
const css = (text) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  return sheet;
};
const load = (file) => loading[file] ??= Promise.all([
  import(base + file + (crashes ? '?' + crashes : '')), import(base + 'panel.js'),
]).then(async ([module, { start, shelf }]) =>
  [module, css(await start(module, (error) => crash(error, file))), shelf]
).catch((error) => {
  crash(error, file);
  throw error;
});
const crash = (error, file) => {
  delete loading[file];
  crashes++;
  for (const [widget, its] of alive) if (its === file) widget.fail(error);
};

const boxed = css(`
:host{display:block;block-size:600px}
[hidden],:host([hidden]){display:none!important}
.ik{all:initial;display:block;block-size:100%;color-scheme:light dark;color:var(--ink);font:15px/1.55 var(--inferkit-font,ui-sans-serif,system-ui,sans-serif);--accent:var(--inferkit-accent,light-dark(#1d1d20,#f2f2f3));--on-accent:oklch(from var(--accent) clamp(0,(.67 - l)*999,1) 0 0);--surface:var(--inferkit-surface,light-dark(#fff,#19191c));--ink:var(--inferkit-ink,light-dark(#1d1d20,#ececee));--line:light-dark(#0002,#fff3)}
.ik[data-scheme=light]{color-scheme:light}
.ik[data-scheme=dark]{color-scheme:dark}
.panel{box-sizing:border-box;block-size:100%;overflow:hidden;display:flex;flex-direction:column;background:var(--surface);border:1px solid var(--line);border-radius:var(--inferkit-radius,20px)}
.launcher,.sorry button{border:0;cursor:pointer;background:var(--accent);color:var(--on-accent);border-radius:99px}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.launcher,.floating .panel{position:fixed;inset-block-end:20px;inset-inline-end:20px;z-index:999999;box-shadow:0 8px 40px #0003}
.launcher{inline-size:56px;block-size:56px;padding:15px}
.launcher::before{content:"";display:block;block-size:26px;background:currentColor;clip-path:path("M13 2a11 9.5 0 1 1-4 18l-5 3 1-5A11 9.5 0 0 1 13 2Z")}
.floating .panel{inset-block-end:92px;inline-size:min(400px,100vw - 40px);block-size:min(680px,100dvh - 112px)}
@media(max-width:480px){.floating .panel{inset:0;inline-size:auto;block-size:100dvh;border:0;border-radius:0}}
.sorry{margin:auto;text-align:center}
.sorry *{margin:8px;padding:8px 20px;font:inherit}`);
/** @returns {any} */
const make = (tag, options, ...children) => {
  const element = Object.assign(document.createElement(tag), options);
  element.append(...children);
  return element;
};

class Widget extends HTMLElement {
  static observedAttributes = [...paths.keys()];
  #root = this.attachShadow({ mode: 'open' });
  /** @type {any} */ #options = {};
  /** @type {any} */ #listeners = {};
  /** @type {any} What waits for a place on the page. */ #early = [];
  /** @type {any} What waits for the module. */ #queue = [];
  /** @type {any} */ #inner;
  /** @type {any} */ #panel;
  /** @type {any} */ #button;
  /** @type {Promise<void> | undefined} */ #mounted;
  /** @type {any} */ #keep;
  /** @type {any} */ #theme = {};
  #crashes = 0;
  #changed = false;
  #unread = 0;

  constructor() {
    super();
    const self = /** @type {any} */ (this);
    for (const name of properties.filter((name) => Object.hasOwn(self, name))) {
      this.#options[name] = self[name];
      delete self[name];
    }
  }
  connectedCallback() {
    if (this.#panel) return;
    for (const { name, value } of this.attributes) if (/^strings-/.test(name)) assign(this.#options, name, value);
    const hidden = this.#options.launcher === 'floating';
    this.#panel = make('div', { className: 'panel', part: 'panel', role: hidden ? 'dialog' : 'region', hidden });
    const frame = make('div', { className: hidden ? 'ik floating' : 'ik' }, this.#panel);
    this.#root.replaceChildren(frame);
    this.#root.adoptedStyleSheets = [boxed];
    if (hidden) {
      this.style.display = 'contents';
      this.#button = make('button', { className: 'launcher', part: 'launcher', onclick: () => this.toggle(),
        onpointerenter: () => load(this.#file).catch(() => {}) });
      frame.append(this.#button);
    }
    this.#look();
    if (!hidden) this.#mount();
    for (const act of this.#early.splice(0)) act();
  }
  disconnectedCallback() {
    // What only moves is connected again by then.
    setTimeout(() => this.isConnected || this.#end());
  }
  attributeChangedCallback(name, _, value) {
    assign(this.#options, name, value ?? undefined);
    this.#change();
  }

  open() { this.#when(() => this.#show(true)); }
  close() { this.#when(() => this.#show(false)); }
  toggle() { this.#when(() => this.#show(this.#panel.hidden)); }
  destroy() {
    this.#when(() => {
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
    (this.#listeners[name] ??= new Set()).add(listener);
  }
  off(name, listener) { this.#listeners[name]?.delete(listener); }
  whenReady() {
    return new Promise((done) => this.#when(() => done(this.#mount()))).then(() => handle(this));
  }

  get #file() { return this.#options.embed === 'iframe' ? 'frame.js' : 'widget.js'; }
  #when(act) { this.#panel ? act() : this.#early.push(act); }
  #show(shown) {
    if (this.#panel?.hidden !== shown) return;
    const inside = this.#root.activeElement;
    this.#panel.hidden = !shown;
    this.#look();
    if (shown) this.#call('focus');
    else if (inside) this.#button?.focus();
    this.#tell(shown ? 'open' : 'close', {});
    if (shown && this.#unread) this.#tell('unread', { count: this.#unread = 0 });
  }
  #call(method, ...values) {
    if (!this.#inner) {
      this.#queue.push([method, values]);
      return this.#when(() => this.#mount());
    }
    try {
      this.#inner[method](...values);
    } catch (error) {
      crash(error, alive.get(this));
    }
  }
  #mount() {
    if (!this.#mounted) {
      const [panel, file] = [this.#panel, this.#file];
      this.#mounted = load(file).then(async ([module, sheet, shelf]) => {
        if (this.#panel !== panel) return;
        this.#root.adoptedStyleSheets = [boxed, sheet];
        panel.replaceChildren();
        alive.set(this, file);
        // Conversations of a page are told apart by the widgets' ids, or their order.
        const keep = this.#keep ??= shelf(this.id || [...document.querySelectorAll('inferkit-widget')].indexOf(this));
        const options = this.#given();
        // One that may have led to two crashes is not tried again.
        options.saved = this.#crashes > 1 ? '' : keep(options.persist) ?? options.saved;
        const inner = this.#inner = module.mount(panel, base, options, (name, detail) => {
          if (name === 'hide') return this.close();
          if (name === 'keep') keep(this.#options.persist, detail.saved);
          else if (name === 'theme') this.#wear(detail);
          else return this.#tell(name, detail);
          // embed.js passes them on.
          for (const listener of this.#listeners[name] ?? []) listener(detail);
        });
        for (const [method, values] of this.#queue.splice(0)) this.#call(method, ...values);
        await inner.ready;
        if (this.#inner === inner) this.#tell('ready', {});
      });
      this.#mounted.catch((error) => this.fail(error));
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
      if (this.#panel) this.#look();
      if (this.#inner) this.#call('set_options', this.#given());
    });
  }
  #look() {
    const { theme, strings, heading = strings?.heading ?? 'Chat' } = this.#options;
    const frame = this.#panel.parentNode;
    frame.dataset.scheme = theme?.colorScheme ?? this.#theme.colorScheme;
    frame.style.setProperty('--inferkit-accent', theme?.accent ?? this.#theme.accent ?? '');
    this.#panel.ariaLabel = heading;
    if (!this.#button) return;
    this.#button.ariaLabel = heading;
    this.#button.ariaExpanded = !this.#panel.hidden;
  }
  // What the server's configuration wants, where the site wants nothing.
  #wear(theme) {
    this.#theme = theme;
    this.#look();
  }
  #tell(name, detail) {
    const failed = name === 'error';
    if (failed) Object.freeze(detail);
    const heard = [...this.#listeners[name] ?? [], this.#options[on(name)]]
      .filter((listener) => typeof listener === 'function');
    for (const listener of heard) {
      try {
        listener(detail);
      } catch (error) {
        reportError(error);
      }
    }
    const send = (type, bubbles) =>
      this.dispatchEvent(new CustomEvent(type, { detail, bubbles, composed: bubbles, cancelable: true }));
    let open = send('inferkit:' + name, true);
    if (failed) {
      open = send('error', false) && open && !heard.length;
      if (open || (this.#options.debug ?? 'false') + '' !== 'false') {
        console.error(`InferKit error [${detail.code}] ref=${detail.reference}`, detail.message);
      }
    }
    if (detail.role === 'assistant' && this.#panel?.hidden) this.#tell('unread', { count: ++this.#unread });
  }
  // The last words, drawn without the module.
  fail(error, code = 'internal_client_error') {
    if (alive.delete(this)) this.#crashes++;
    this.#inner = this.#mounted = undefined;
    const reference = 'c-' + Array.from(crypto.getRandomValues(new Uint8Array(10)), (byte) =>
      '0123456789ABCDEFGHJKMNPQRSTVWXYZ'[byte % 32]).join('');
    const value = this.#root.querySelector('textarea')?.value;
    this.#panel?.replaceChildren(make('div', { className: 'sorry', role: 'alert', part: 'error' },
      make('p', {}, 'Something went wrong on our side. Sorry about that.'),
      make('p', { part: 'ref' }, 'Ref: ' + reference),
      ...value ? [make('textarea', { value, readOnly: true })] : [],
      make('button', { onclick: () => {
        if (value) this.setInput(value);
        this.#mount();
      } }, 'Try again')));
    this.#tell('error', { code, message: String(error?.message ?? error), request_id: null, reference });
  }
  #end() {
    if (!this.#panel) return;
    alive.delete(this);
    if (this.#inner) this.#call('destroy');
    this.#inner = this.#mounted = this.#panel = this.#button = this.#keep = undefined;
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

const handle = (element) => Object.freeze(Object.assign({ element },
  Object.fromEntries(methods.map((name) => [name, element[name].bind(element)]))));
const init = (options = {}) => {
  const element = /** @type {any} */ (document.createElement('inferkit-widget'));
  const { target } = options;
  element.setOptions({ ...options, launcher: options.launcher ?? (target ? 'none' : 'floating') });
  const place = () => {
    const parent = target?.append ? target : document.querySelector(target ?? 'body');
    parent ? parent.append(element)
      : queueMicrotask(() => element.fail(`target: the page has no ${target}`, 'config_invalid'));
  };
  document.body ? place() : addEventListener('DOMContentLoaded', place, { once: true });
  return handle(element);
};
customElements.define('inferkit-widget', Widget);
Object.assign(window, { InferKit: Object.freeze({ init }) });

const { dataset } = script;
/** @type {any} */
const options = {};
for (const name in dataset) assign(options, kebab(name), dataset[name]);
if (Object.keys(dataset)[0]) init(options);
