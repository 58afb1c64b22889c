/** The loader as a module. */

import type { InitHandle, Options } from './inferkit.js';

export * from './inferkit.js';

/** Puts a widget on the page. */
export declare const init: (options?: Options) => InitHandle;
