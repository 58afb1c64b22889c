// @ts-check
// What a widget keeps between two pages, in the site's own storage: its conversation, for which server and key and
// under which id, and for which models its visitor agreed to a download. A browser that keeps nothing for us is as good
// as an empty one; what was put here last is here for as long as the page, whatever the browser says.

/** Models that a download was agreed to for, one on each line. Of the visitor and the site, not of a conversation. */
const AGREED = 'inferkit:agreed';

/**
 * 16 hexadecimal digits for a text: FNV-1a, twice.
 * @param {string} text
 */
const digest = (text) => [0x811c9dc5, 0x01000193].map((start) => {
  let sum = start;
  for (const letter of new TextEncoder().encode(text)) sum = Math.imul(sum ^ letter, 0x01000193);
  return (sum >>> 0).toString(16).padStart(8, '0');
}).join('');

/** @typedef {{ elsewhere(saved: string): void, stored(full: boolean): void, flush(): void }} Keeper the module's widget */

/**
 * A widget's shelf.
 * @param {string | number} id of the widget, or its order on the page
 * @param {string} host HOST's folder, where the API is unless the site says otherwise
 */
export const shelf = (id, host) => {
  /** What was put here last, by its key. @type {Map<string, string>} */
  const last = new Map();
  let agreed = '';
  let full = false;
  /** @type {Keeper | undefined} */ let keeper;
  /** @type {any} */ let now = {};

  /** @param {any} options */
  const key = ({ apiKind = 'inferkit', apiBase, apiKey = '' }) =>
    `inferkit:${id}:${digest(JSON.stringify([apiKind, apiBase ?? new URL(host).origin, apiKey]))}`;
  /** @param {any} options @returns {Storage | undefined} */
  const storage = ({ persist = 'session' }) => {
    try {
      if (persist !== 'none') return persist === 'local' ? localStorage : sessionStorage;
    } catch {}
  };
  /** @param {any} options @param {string} name */
  const read = (options, name) => {
    try {
      return storage(options)?.getItem(name) ?? '';
    } catch {
      return '';
    }
  };
  /** Whether it was taken, or there is nothing that could take it. @param {Storage | undefined} into */
  const write = (into, /** @type {string} */ name, /** @type {string} */ text) => {
    try {
      text ? into?.setItem(name, text) : into?.removeItem(name);
      return true;
    } catch {
      return false;
    }
  };
  /** @param {boolean} taken */
  const say = (taken) => {
    if (full === !taken) return;
    full = !taken;
    keeper?.stored(full);
  };

  return {
    /**
     * What lies here for these options.
     * @param {any} options
     */
    read(options) {
      now = options;
      const name = key(options);
      const saved = last.get(name) ?? read(options, name);
      last.set(name, saved);
      try {
        if (options.persist !== 'none') agreed = localStorage.getItem(AGREED) ?? agreed;
      } catch {}
      return { saved, agreed };
    },

    /**
     * Another persist, server or key: what lies here moves with it.
     * @param {any} options
     */
    moved(options) {
      const [from, to] = [key(now), key(options)];
      const [out, into] = [storage(now), storage(options)];
      now = options;
      if (from === to && out === into) return;
      const saved = last.get(from) ?? '';
      last.delete(from);
      write(out, from, '');
      last.set(to, saved);
      say(write(into, to, saved));
    },

    /** @param {{ saved?: string, agreed?: string }} detail */
    keep({ saved, agreed: models }) {
      if (models !== undefined) {
        agreed = models;
        try {
          if (now.persist !== 'none') write(localStorage, AGREED, models);
        } catch {}
      }
      if (saved === undefined) return;
      const name = key(now);
      const into = storage(now);
      // Another tab has stored something since: that is taken in first, and then both are stored.
      const there = into && now.persist === 'local' && !full ? read(now, name) : undefined;
      if (there !== undefined && there !== last.get(name) && keeper) {
        last.set(name, there);
        keeper.elsewhere(there);
        return;
      }
      last.set(name, saved);
      say(write(into, name, saved));
    },

    /**
     * From now on this widget is told what another tab stores, and that the page may be gone soon.
     * @param {Keeper} widget
     * @param {AbortSignal} [signal] ends it
     */
    serve(widget, signal) {
      keeper = widget;
      signal?.addEventListener('abort', () => keeper = undefined);
      addEventListener('storage', ({ storageArea, key: name, newValue }) => {
        if (storageArea !== storage(now) || now.persist !== 'local') return;
        // A storage that was cleared as a whole has no name to tell.
        if (name !== null && name !== key(now)) return;
        last.set(key(now), newValue ?? '');
        keeper?.elsewhere(newValue ?? '');
      }, { signal });
      for (const type of ['pagehide', 'visibilitychange']) {
        addEventListener(type, () => {
          if (type === 'pagehide' || document.visibilityState === 'hidden') keeper?.flush();
        }, { signal, capture: true });
      }
    },
  };
};
