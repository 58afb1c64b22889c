// @ts-check
// The widget filling a frame of HOST. Its options stand in the fragment, which is never sent to a server:
// embed.html#api-key=ik_pub_…&model-url=https://…
(() => {
  'use strict';
  const sheet = new CSSStyleSheet();
  sheet.replaceSync('html,body{height:100%;margin:0}inferkit-widget{display:block;height:100%;--inferkit-radius:0}');
  document.adoptedStyleSheets = [sheet];

  const widget = document.createElement('inferkit-widget');
  // Only the element's own attributes: a link into this page must not set any other.
  const known = /** @type {any} */ (customElements.get('inferkit-widget')).observedAttributes;
  const read = () => {
    const options = new URLSearchParams(location.hash.slice(1));
    for (const name of known) {
      const value = options.get(name);
      value === null ? widget.removeAttribute(name) : widget.setAttribute(name, value);
    }
  };
  read();
  addEventListener('hashchange', read);
  document.body.append(widget);
})();
