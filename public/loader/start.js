// @ts-check
// `InferKit`, and what the loader's own tag asks for.

const methods = list('open close toggle destroy reset sendMessage setInput stop setOptions on off whenReady');
const handle = (element) => Object.freeze(Object.assign({ element },
  Object.fromEntries(methods.map((name) => [name, element[name].bind(element)]))));

const init = (/** @type {any} */ options = {}) => {
  const { target } = options;
  const all = { ...options, launcher: options.launcher ?? (target ? 'none' : 'floating') };
  const own = !target && all.launcher === 'floating';
  // A page has one launcher: what runs again after a visit without a load means the same one.
  if (own && launcher) {
    launcher.setOptions(options);
    return handle(launcher);
  }
  const element = /** @type {any} */ (document.createElement('inferkit-widget'));
  element.dataset.inferkit = count;
  made[count] = new WeakRef(element);
  element.setOptions(all);
  if (own) launcher = element;
  const place = () => {
    // Beside the body, where neither a swap of the body nor its styles (a transform, a filter) reach the launcher.
    const parent = own ? document.documentElement : target?.append ? target : document.querySelector(target ?? 'body');
    parent ? parent.append(element)
      : queueMicrotask(() => element.fail(`target: the page has no ${target}`, 'config_invalid'));
  };
  document.body ? place() : addEventListener('DOMContentLoaded', place, { once: true });
  return handle(element);
};

/** @type {any} */
const options = {};
// Frameworks have attributes of their own.
for (const name in tag?.dataset) {
  const attribute = kebab(name);
  if (paths.has(attribute) || WORD.test(attribute)) assign(options, attribute, tag.dataset[name]);
}
const asked = Object.keys(options)[0];

// An element of the page may be named InferKit, so that the name alone says nothing.
if (customElements.get('inferkit-widget')) {
  // The tag runs again. What stands in the page's body is the site's own.
  if (asked && !document.querySelector('body inferkit-widget')) /** @type {any} */ (window).InferKit.init(options);
} else if (base) {
  customElements.define('inferkit-widget', Widget);
  Object.assign(window, { InferKit: Object.freeze({ init }) });
  if (asked) init(options);
  else if (tag) setTimeout(() => count ||
    console.info('InferKit: neither data-… options on the script nor an <inferkit-widget>'), 5000);
} else {
  console.error('InferKit: no address to load from: import inferkit.mjs');
}
