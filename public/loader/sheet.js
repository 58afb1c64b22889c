// @ts-check
// What is drawn without the module: the launcher, the panel's box, and what stands in it meanwhile.

const css = (text) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  return sheet;
};

// Colours are plain first: a browser without `light-dark()` and relative colours draws a light panel.
const boxed = css(
  ':host{display:block;block-size:600px}' +
  '[hidden],:host([hidden]){display:none!important}' +
  '.ik{all:initial;display:block;block-size:100%;user-select:text;-webkit-user-select:text;color:var(--ink);font:15px/1.55 var(--inferkit-font,system-ui,sans-serif);--on-accent:#fff;--dark:#1d1d20;--paper:#fff;--accent:var(--inferkit-accent,var(--dark));--surface:var(--inferkit-surface,var(--paper));--ink:var(--inferkit-ink,var(--dark))}' +
  '@supports(color:light-dark(#fff,oklch(from #fff l c h))){.ik{color-scheme:light dark;--dark:light-dark(#1d1d20,#ececee);--paper:light-dark(#fff,#19191c);--on-accent:oklch(from var(--accent) clamp(0,(.67 - l)*999,1) 0 0)}' +
  '.ik[data-scheme=light]{color-scheme:light}' +
  '.ik[data-scheme=dark]{color-scheme:dark}}' +
  '.panel{box-sizing:border-box;block-size:100%;overflow:hidden;display:flex;flex-direction:column;background:var(--surface);border-radius:var(--inferkit-radius,20px)}' +
  '.launcher,.sorry button{border:0;cursor:pointer;background:var(--accent);color:var(--on-accent);border-radius:99px}' +
  '.launcher,.floating .panel{position:fixed;inset-block-end:20px;inset-inline-end:20px;z-index:999999;box-shadow:0 8px 40px #0003}' +
  '.launcher{inline-size:56px;block-size:56px;padding:15px}' +
  '.launcher::before{content:"";display:block;block-size:26px;background:currentColor;clip-path:path("M13 2a11 9.5 0 1 1-4 18l-5 3 1-5A11 9.5 0 0 1 13 2Z")}' +
  '.floating .panel{inset-block-end:92px;inline-size:min(400px,100vw - 40px);block-size:min(680px,100dvh - 112px)}' +
  '@media print{.floating{display:none}}' +
  '.sorry{margin:auto;text-align:center}' +
  '.sorry *{margin:8px;padding:8px 20px;font:inherit}' +
  '.sorry[role=status]{animation:late 1s}' +
  '@keyframes late{0%,50%{opacity:0}}',
);

/** @returns {any} */
const make = (tag, options, ...children) => {
  const element = Object.assign(document.createElement(tag), options);
  element.append(...children);
  return element;
};
