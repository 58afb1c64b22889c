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

/** Of the module that runs now. @type {((error: any) => void) | undefined} */
let crashed;

// A trap that is no panic (no memory left, say) shows itself only here, when an event of the page led to it.
for (const type of ['error', 'unhandledrejection']) {
  addEventListener(type, (/** @type {any} */ { error, reason = error }) => {
    const first = String(reason?.stack).match(/https?:[^\s)]+/)?.[0];
    if (first?.startsWith(new URL('widget', import.meta.url).href)) crashed?.(reason);
  });
}

/**
 * Starts a module, and returns the styles of what it draws.
 * @param {any} module widget.js, or frame.js, which has nothing to start
 * @param {(error: any) => void} crash is told that the module can't go on
 * @returns {Promise<string>}
 */
export const start = async (module, crash) => {
  if (module.on_panic) {
    await module.default({ module_or_path: new URL('widget_bg.wasm', import.meta.url) });
    module.on_panic(crash);
    crashed = crash;
  }
  return STYLES + module.css();
};
