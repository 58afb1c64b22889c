// @ts-check
/// <reference lib="webworker" />
// The worker's first line: hold the page's port until the engine can take it, and say so if it never can.

/** @type {Promise<MessagePort>} */
const port = new Promise((resolve) => {
  self.addEventListener('message', (event) => resolve(event.ports[0]), { once: true });
});

try {
  const { default: init, serve } = await import('./engine.js');
  await init({ module_or_path: new URL('engine_bg.wasm', import.meta.url) });
  serve(await port);
} catch (error) {
  // A failed fetch of the module is the network's fault; anything else is ours.
  const code = error instanceof TypeError ? 'network_error' : 'engine_failed';
  const message = `the engine can't start: ${error instanceof Error ? error.message : error}`;
  (await port).postMessage(JSON.stringify({ type: 'failed', id: null, code, message }));
  self.close();
}
