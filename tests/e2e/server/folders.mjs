// HOST's folders: `/v1/`, the one of each version, which never changes, and those that tests make with a fault built in.

import { sendFolder, sendText } from './files.mjs';

export class Folders {
  host = '';
  #root;
  #changed = new Map();

  #immutable;

  /**
   * @param {string} root the built folder
   * @param {boolean} immutable whether a version's files stay as they are, or whoever develops builds them anew
   */
  constructor(root, immutable) {
    this.#root = root;
    this.#immutable = immutable;
  }

  /**
   * The address, with a slash at its end, of a copy of the built folder in which the files of `missing` are not found,
   * and `prepend[file]` (text, or a function of the number of the request, from 1) comes before a script's own code.
   * @param {{ missing?: string[], prepend?: Record<string, string | ((request: number) => string)> }} changes
   */
  add({ missing = [], prepend = {} } = {}) {
    const folder = `/t${this.#changed.size + 1}/`;
    this.#changed.set(folder, { missing, prepend, requests: {} });
    return this.host + folder;
  }

  async send(url, request, response) {
    const [, folder, file] = /^(\/[^/]+\/)(.+)$/.exec(url.pathname) ?? [];
    const changes = this.#changed.get(folder);
    if (changes) {
      await this.#sendChanged(changes, file, request, response);
    } else if (folder === '/v1/') {
      await sendFolder(request, response, this.#root, file);
    } else if (folder && /^\/\d+\.\d+\.\d+[^/]*\/$/.test(folder)) {
      const cache = this.#immutable ? 'public, max-age=31536000, immutable' : 'no-cache';
      await sendFolder(request, response, this.#root, file, { cache });
    } else {
      return false;
    }
    return true;
  }

  async #sendChanged({ missing, prepend, requests }, file, request, response) {
    if (missing.includes(file)) return sendText(response, 404, 'not found');
    requests[file] = (requests[file] ?? 0) + 1;
    const code = prepend[file];
    await sendFolder(request, response, this.#root, file, {
      cache: 'no-store',
      prepend: typeof code === 'function' ? code(requests[file]) : code,
    });
  }
}
