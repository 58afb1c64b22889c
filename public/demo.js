// @ts-check
// What a site writes to have the widget, and nothing else. The page's query may choose some options, for trying out:
// ?backend=webgpu|cpu|auto&theme=light|dark&consent=granted&max-tokens=64&temperature=0
(() => {
  'use strict';
  const query = new URLSearchParams(location.search);
  /** @param {string} name */
  const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.getAttribute('content') || undefined;
  const colorScheme = query.get('theme') ?? 'auto';
  if (colorScheme !== 'auto') document.documentElement.style.colorScheme = colorScheme;

  // @ts-expect-error: the loader's global.
  const chat = InferKit.init({
    model: {
      url: meta('model-url'),
      sha256: meta('model-sha256'),
      bytes: meta('model-bytes'),
      name: 'SmolLM2-135M-Instruct',
    },
    backend: query.get('backend') ?? 'auto',
    consent: query.get('consent') ?? 'ask',
    maxTokens: query.get('max-tokens') ?? undefined,
    temperature: query.get('temperature') ?? undefined,
    heading: 'Ask Halden',
    greeting: 'Hello! What can I help you with?',
    theme: { colorScheme, accent: 'light-dark(#8a3b1c, #f0a37d)' },
  });
  document.getElementById('ask')?.addEventListener('click', () => chat.open());
})();
