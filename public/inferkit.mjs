// @ts-check
// The loader as a module, for who writes modules:
//
//   import { init } from 'https://HOST/v1/inferkit.mjs';

// A module can't know which script it is; the loader asks here.
Object.assign(globalThis, { [Symbol.for('inferkit')]: import.meta.url });
await import('./inferkit.js');

export const { init } = InferKit;
