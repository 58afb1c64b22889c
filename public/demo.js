// @ts-check
// What a site writes to have the widget, and nothing else. The page's query may choose some options, for trying out:
// ?backend=webgpu|cpu|auto&theme=light|dark&consent=granted&max-tokens=64&temperature=0
(() => {
  'use strict';
  const query = new URLSearchParams(location.search);
  /** @param {string} name */
  const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.getAttribute('content') || undefined;
  /** @param {string | null | undefined} text */
  const number = (text) => (text ? Number(text) : undefined);
  /** What the query says is for the widget to judge. @param {string} name @returns {any} */
  const choice = (name) => query.get(name) ?? undefined;
  const colorScheme = choice('theme') ?? 'auto';
  if (colorScheme !== 'auto') document.documentElement.style.colorScheme = colorScheme;

  const chat = InferKit.init({
    model: {
      url: meta('model-url') ?? '',
      sha256: meta('model-sha256'),
      bytes: number(meta('model-bytes')),
      name: 'SmolLM2-135M-Instruct',
    },
    // Made of the shop's pages by the build.
    knowledge: { url: new URL('/shop/knowledge/', location.href).href },
    handoff: { url: new URL('/shop/contact.html', location.href).href },
    backend: choice('backend'),
    consent: choice('consent'),
    maxTokens: number(query.get('max-tokens')),
    temperature: number(query.get('temperature')),
    heading: 'Ask Halden',
    greeting: 'Hello! What can I help you with?',
    theme: { colorScheme, accent: 'light-dark(#8a3b1c, #f0a37d)' },
  });
  document.getElementById('ask')?.addEventListener('click', () => chat.open());
})();
