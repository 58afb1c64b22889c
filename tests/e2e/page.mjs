// What tests of pages have in common: a page with no loader on it, the loader's tag, and what the console says of us.

/** A page of the site with no loader on it yet. */
export const blank = (t, more) => t.open({ how: 'none', model: null, ...more });

/** Puts the loader's tag on the page and waits until it has run. */
export const load = (widget, t, { attributes = {}, ...properties } = {}) => widget.page.evaluate(
  async ([src, attributes, properties]) => {
    const script = Object.assign(document.createElement('script'), properties);
    for (const [name, value] of Object.entries(attributes)) script.setAttribute(name, value);
    script.src = src;
    await new Promise((resolve, reject) => {
      Object.assign(script, { onload: resolve, onerror: reject });
      document.body.append(script);
    });
  }, [`${t.server.host}/v1/inferkit.js`, attributes, properties]);

/** What the console says of us. */
export const listen = (page, ...types) => {
  const said = [];
  page.on('console', (message) => {
    if (types.includes(message.type()) && message.text().includes('InferKit')) said.push(message.text());
  });
  return said;
};

/** Longer than the loader waits for what only moves. */
export const turn = (widget) => widget.page.waitForTimeout(80);

/** The panel's element on the page. */
export const panel = (widget) => widget.element.locator('[part~="panel"]').first();
