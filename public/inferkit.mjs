// @ts-check
// The loader as a module, for pages that are written as modules:
//
//   import { init } from 'https://HOST/v1/inferkit.mjs';

await import('./inferkit.js');

export const { init } = InferKit;
