// Small sites of several pages, with scripts of their own, for tests that walk through one.

import { sendText, typeOf } from './files.mjs';

export class Sites {
  #origin;
  #sites = [];

  constructor(origin) {
    this.#origin = origin;
  }

  /**
   * Serves texts by their paths; a path without an ending is a page.
   * @param {Record<string, string>} files
   * @returns {string} the address of the site's folder, with a slash at its end
   */
  add(files) {
    this.#sites.push(files);
    return `${this.#origin}/site/${this.#sites.length}/`;
  }

  send(url, response) {
    const [, number, path] = /^\/site\/(\d+)\/(.*)$/.exec(url.pathname) ?? [];
    const files = this.#sites[number - 1];
    if (!files || !Object.hasOwn(files, path)) return false;
    response.setHeader('Cache-Control', 'no-store');
    sendText(response, 200, files[path], path.includes('.') ? typeOf(path) : 'text/html; charset=utf-8');
    return true;
  }
}
