// @ts-check
// A frame of our own origin that starts the engine's worker for a page of another: browsers refuse a worker from a
// foreign script. The page's origin and a nonce come in the fragment, which no server sees.
'use strict';
(() => {
  const { origin, nonce } = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  if (!origin || !nonce || parent === window) return;

  /** @param {object} words */
  const say = (words) => parent.postMessage({ inferkit: 'engine', nonce, ...words }, origin);

  /** @param {MessageEvent} event */
  const meet = (event) => {
    const [port] = event.ports;
    if (event.source !== parent || event.origin !== origin || event.data?.nonce !== nonce || !port) return;
    // One frame, one worker.
    removeEventListener('message', meet);
    const worker = new Worker('engine-worker.js', { type: 'module', name: 'inferkit' });
    worker.addEventListener('error', (error) => say({ gone: error.message || 'the worker ended' }));
    worker.postMessage(null, [port]);
  };
  addEventListener('message', meet);
  say({ ready: true });
})();
