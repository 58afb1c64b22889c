// What a site may write, and what the types refuse. Never run: `tsc --strict --noEmit` reads it.

/// <reference path="../../../public/inferkit.d.ts" />

import { init } from '../../../public/inferkit.mjs';
import type { Events, Handle, InferKitError, InferKitWidget, InitHandle, Options } from '../../../public/inferkit.js';

// The whole of the options, and none but those.
const options: Required<Options> = {
  apiKey: 'ik_pub_live_0', apiBase: 'https://api.example', apiKind: 'openai', remoteModel: 'some-model',
  target: '#chat', embed: 'iframe', launcher: 'none', mode: 'auto', backend: 'webgpu', builtin: 'auto',
  model: { url: 'https://a.example/m.gguf', sha256: '0'.repeat(64), bytes: 98_362_432, name: 'M' },
  consent: 'ask', remoteConsent: 'granted', locale: 'de-CH', strings: { heading: 'Frag uns' },
  theme: { colorScheme: 'dark', accent: 'teal', radius: 8, density: 'compact' }, heading: 'H', greeting: 'G',
  knowledge: { url: 'https://a.example/knowledge/' }, handoff: { label: 'Ask Maria', url: 'tel:+41440000000' },
  prompts: ['One', 'Two'], disclaimer: 'D', persist: 'none', systemPrompt: 'S', maxTokens: 64, temperature: 0,
  debug: true, onReady() {}, onOpen() {}, onClose() {}, onMessage() {}, onToken() {}, onError() {}, onProgress() {},
  onConsent() {}, onUnread() {}, onStatus() {}, onSources() {}, onUnanswered() {}, onFeedback() {}, onHandoff() {}, onDestroy() {},
};

const chat: InitHandle = InferKit.init(options);
const same: InitHandle = init(options);
InferKit.init();
InferKit.init({ target: document.body, onError: (failure) => failure.reference.startsWith('c-') });
// @ts-expect-error: no such option
InferKit.init({ apikey: 'ik_pub_live_0' });
// @ts-expect-error: no such backend
InferKit.init({ backend: 'cuda' });
// @ts-expect-error: the browser's model is not insisted on
InferKit.init({ builtin: 'only' });
// @ts-expect-error: no such way to embed
InferKit.init({ embed: 'frame' });
// @ts-expect-error: a model has an address
InferKit.init({ model: { name: 'M' } });
// @ts-expect-error: a listener, not its name
InferKit.init({ onError: 'report' });
// @ts-expect-error: it can't be replaced
InferKit.init = () => chat;

// A failure has four fields, and they stay as they are.
const report = (failure: InferKitError): void => {
  const { code, message, request_id, reference }: {
    code: string; message: string; request_id: string | null; reference: string;
  } = failure;
  console.log(code, message, request_id?.length, reference);
  // @ts-expect-error: frozen
  failure.code = 'other';
  // @ts-expect-error: no status
  console.log(failure.status);
};

// Each listener is given the detail of its event.
chat.on('error', report);
chat.off('error', report);
chat.on('message', ({ role, text }) => console.log(role === 'assistant' ? text.length : 0));
chat.on('token', ({ text }) => text.toUpperCase());
chat.on('progress', ({ done, total }) => console.log(done / (total ?? done)));
chat.on('consent', ({ kind, granted }) => console.log(kind === 'leave' && granted === null));
chat.on('unread', ({ count }) => count.toFixed());
chat.on('sources', ({ passages }) => passages.map(({ title, path, quote, url }) => title + path + quote + url));
chat.on('feedback', ({ message, rating }) => rating === 'down' && message.trim());
chat.on('handoff', ({ transcript, reference }) => transcript.map(({ role, text }) => role + text + reference));
chat.on('unanswered', ({ question }) => question.trim());
chat.on('status', ({ state, backend, adapter, model }) => {
  console.log(state === 'verifying' || state === 'waiting', backend === 'remote', backend === 'builtin', adapter?.length, model?.length);
  // @ts-expect-error: no such state
  console.log(state === 'dreaming');
});
for (const name of ['ready', 'open', 'close', 'destroy'] as const) chat.on(name, () => {});
// @ts-expect-error: no such event
chat.on('opened', () => {});
// @ts-expect-error: a failure is no text
chat.on('error', (failure: string) => failure);
// @ts-expect-error: a kind of consent that nobody is asked for
const consent: Events['consent'] = { kind: 'cookies', granted: true };

// The handle.
const handle: Handle = chat;
handle.open();
handle.close();
handle.toggle();
handle.reset();
handle.stop();
handle.sendMessage('Hello');
handle.setInput('A draft');
handle.setOptions({ heading: 'Another' });
handle.setOptions({ heading: null, theme: { accent: null }, model: undefined });
handle.whenReady().then(({ element }) => element.focus());
handle.destroy();
// @ts-expect-error: a text
handle.sendMessage(7);
// @ts-expect-error: a model is whole
handle.setOptions({ model: { sha256: '0'.repeat(64) } });
// @ts-expect-error: no such method
handle.show();
// @ts-expect-error: it can't be replaced
chat.element = document.body;

// The element, by its name.
const element: InferKitWidget = document.createElement('inferkit-widget');
element.heading = 'H';
element.theme = { accent: 'teal' };
element.onError = report;
element.sendMessage('Hello');
// @ts-expect-error: only `init` needs a place
element.target = '#chat';
document.querySelector('inferkit-widget')?.setOptions({ debug: true });
element.addEventListener('inferkit:error', (event) => {
  report(event.detail);
  event.preventDefault();
});
document.addEventListener('inferkit:unread', ({ detail }) => detail.count.toFixed());
// @ts-expect-error: a token has a text
element.addEventListener('inferkit:token', ({ detail }) => detail.count);

export { consent };
