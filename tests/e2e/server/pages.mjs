// Pages of the visitor's site, made to measure for one test.

import { sendText } from './files.mjs';

export class Pages {
  #site;
  #pages = [];

  constructor(site) {
    this.#site = site;
  }

  /**
   * @param {object} page
   * @param {string} page.base HOST's folder, with a slash at its end
   * @param {import('../widget.mjs').How} [page.how] which of the ways to embed; `element` if not given
   * @param {Record<string, any>} [page.options] the widget's options, in camelCase
   * @param {boolean} [page.strict] a content security policy with Trusted Types, as strict sites have
   * @param {string} [page.lang] the page's language
   * @param {string} [page.integrity] the loader's hash
   * @param {string} [page.script] what the page's own script does, instead of `window.chat = InferKit.init(options)`
   * @returns {string} the page's address
   */
  add(page) {
    const [way, framed] = (page.how ?? 'element').split('-');
    this.#pages.push({ lang: 'en', ...page, way, framed, options: { ...page.options, embed: framed } });
    return `${this.#site}/page/${this.#pages.length}`;
  }

  send(url, response) {
    const [, number, script] = /^\/page\/(\d+)(\.js)?$/.exec(url.pathname) ?? [];
    const page = this.#pages[number - 1];
    if (!page) return false;
    if (page.strict) response.setHeader('Content-Security-Policy', policy(page));
    response.setHeader('Cache-Control', 'no-store');
    if (script) sendText(response, 200, page.script ?? setUp(page), 'text/javascript; charset=utf-8');
    else sendText(response, 200, html(page, number), 'text/html; charset=utf-8');
    return true;
  }
}

function html({ base, way, options, lang, script, integrity }, number) {
  const loader = ['iframe', 'none'].includes(way) ? '' : `<script src="${base}inferkit.js"${
    way === 'script' ? attributes(options, 'data-') : ''}${
    integrity ? ` integrity="${integrity}" crossorigin` : ''}></script>`;
  const body = {
    element: () => `<inferkit-widget${attributes(options)}></inferkit-widget>`,
    iframe: () => `<iframe src="${base}embed.html#${fragment(options)}" title="Chat" allow="clipboard-write" ` +
      'width="420" height="640"></iframe>',
  }[way];
  return `<!doctype html>
<html lang="${lang}">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>A page of the site</title>
    ${way === 'init' || script ? `${loader}<script src="/page/${number}.js"></script>` : loader}
  </head>
  <body>
    <h1>A page of the site</h1>
    ${body?.() ?? ''}
  </body>
</html>
`;
}

/** What `InferKit.init` is given; what `onError` and the handle hear is recorded too, by hooks/recorder.js. */
function setUp({ options }) {
  return `window.chat = recordHandle(InferKit.init({ ...${JSON.stringify(options)}, onError: recordError }));\n`;
}

/** What the README gives to copy. In a frame the widget needs nothing of the page but the frame. */
function policy({ base, framed, options }) {
  const host = new URL(base).origin;
  const asked = options.apiBase ? [host, new URL(options.apiBase).origin] : [host];
  const widget = framed ? [`script-src 'self' ${host}`]
    : [`script-src 'self' ${host} 'wasm-unsafe-eval'`, `connect-src ${asked.join(' ')}`];
  return [
    "default-src 'none'", ...widget, `frame-src ${host}`, "base-uri 'none'", "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}

/** Members of objects are flattened: `model: { url }` is `model-url`. Of a list each has a line. */
function flat(options) {
  const plain = ([name, value]) => [name, Array.isArray(value) ? value.join('\n') : value];
  const pairs = Object.entries(options).map(plain).flatMap(([name, value]) => typeof value === 'object'
    ? Object.entries(value).map(([member, inner]) => [`${kebab(name)}-${kebab(member)}`, inner])
    : [[kebab(name), value]]);
  return pairs.filter(([, value]) => value !== undefined);
}

const kebab = (name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const escaped = (value) => String(value).replace(/[&"<]/g, (sign) => `&#${sign.charCodeAt(0)};`);
/** Options as attributes, of the element or, with `data-` before them, of the loader's tag. */
export const attributes = (options, prefix = '') =>
  flat(options).map(([name, value]) => ` ${prefix}${name}="${escaped(value)}"`).join('');
const fragment = (options) => escaped(new URLSearchParams(flat(options).map(([name, value]) => [name, String(value)])));
