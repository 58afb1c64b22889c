// @ts-check
/// <reference lib="webworker" />
// The worker's first lines: hold the page's port until the engine can take it, and say so when the engine can't go on.

/** @type {Promise<MessagePort>} */
const port = new Promise((resolve) => {
  addEventListener('message', (event) => resolve(event.ports[0]), { once: true });
});

/** @param {string} code @param {string} message */
const fail = async (code, message) => {
  (await port).postMessage(`${code} ${message}`);
  self.close();
};

// A trap inside a promise reaches nobody else: the worker would live on and never answer.
self.addEventListener('unhandledrejection', ({ reason }) => {
  fail('engine_failed', `the engine broke: ${reason?.message ?? reason}`);
});

try {
  const { default: init, serve } = await import('./engine.js');
  await init({ module_or_path: new URL('engine_bg.wasm', import.meta.url) });
  serve(await port);
} catch (error) {
  // A failed fetch of the module is the network's fault; anything else is ours.
  const code = error instanceof TypeError ? 'network_error' : 'engine_failed';
  fail(code, `the engine can't start: ${error instanceof Error ? error.message : error}`);
}
