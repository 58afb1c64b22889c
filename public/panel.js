// @ts-check
// The part of the loader that waits until the first panel opens: it starts a module, watches over it, and has the
// styles that nobody misses before. A page has it once.

const STYLES = `
.launcher{transition:scale .2s}
.launcher:hover{scale:1.06}
.launcher[aria-expanded=true]::before{clip-path:path("M5 8 13 16 21 8 23 10 13 20 3 10Z")}
.floating .panel>*{animation:rise .25s}
@keyframes rise{from{opacity:0;translate:0 14px}}
@media(max-width:480px){.launcher[aria-expanded=true]{display:none}}
@media(prefers-reduced-motion){*{animation:none!important;transition:none!important}}
`;

/** Of the modules that run now. @type {((error: any) => void) | undefined} */
let crashed;

/** The module that talks to servers, once it was needed. @type {Promise<any> | undefined} */
let remote;
let fetches = 0;

/** Starts remote.js, once for all widgets; after a failure anew, since a browser may remember that. */
const fetchRemote = () => remote ??= import(`./remote.js${fetches++ ? `?${fetches}` : ''}`).then(async (module) => {
  await module.default({ module_or_path: new URL('remote_bg.wasm', import.meta.url) });
  module.on_panic((/** @type {any} */ error) => crashed?.(error));
  return module;
}).catch((error) => {
  remote = undefined;
  throw error;
});

const OURS = ['widget', 'remote'];

// A trap that is no panic (no memory left, say) shows itself only here, when an event of the page led to it.
for (const type of ['error', 'unhandledrejection']) {
  addEventListener(type, (/** @type {any} */ { error, reason = error }) => {
    const first = String(reason?.stack).match(/https?:[^\s)]+/)?.[0];
    if (first && OURS.some((name) => first.startsWith(new URL(name, import.meta.url).href))) crashed?.(reason);
  });
}

/**
 * Where a widget's conversation lies between two pages: in the site's own storage. Returns what reads it, and puts
 * something else there. A browser that keeps nothing for us is as good as an empty one; whatever happens, what was put
 * there last is there as long as the page.
 * @param {string | number} name
 */
export const shelf = (name) => {
  const key = `inferkit:${name}`;
  let before = '';
  /** @type {string | undefined} */
  let last;
  /** @param {string} persist @param {(storage: Storage) => any} act */
  const at = (persist, act) => {
    try {
      if (persist !== 'none') return act(persist === 'local' ? localStorage : sessionStorage) ?? undefined;
    } catch {}
  };
  /** @param {string} persist @param {string} [saved] */
  return (persist = 'session', saved) => {
    if (before && before !== persist) at(before, (storage) => storage.removeItem(key));
    before = persist;
    if (saved === undefined) return last ?? at(persist, (storage) => storage.getItem(key));
    last = saved;
    at(persist, (storage) => saved ? storage.setItem(key, saved) : storage.removeItem(key));
  };
};

/**
 * Starts a module, and returns the styles of what it draws.
 * @param {any} module widget.js, or frame.js, which has nothing to start
 * @param {(error: any) => void} crash is told that the module can't go on
 * @returns {Promise<string>}
 */
export const start = async (module, crash) => {
  if (module.start) {
    await module.default({ module_or_path: new URL('widget_bg.wasm', import.meta.url) });
    crashed = (error) => {
      // Neither goes on without the other.
      remote = undefined;
      crash(error);
    };
    module.start(crashed, fetchRemote);
  }
  return STYLES + module.css();
};
