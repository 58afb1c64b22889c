// @ts-check
// What a widget keeps between two pages, in the site's own storage: its conversation, by server, key and the widget's
// name, and for which models its visitor agreed to a download. A browser that keeps nothing for us is as good as an
// empty one; what was put here last is here for as long as the page, whatever the browser says.

/** Models that a download was agreed to for, one on each line: of the visitor and the site, not of a conversation. */
const AGREED = 'inferkit:agreed';

/** 16 hexadecimal digits for a text: FNV-1a, twice. @param {string} text */
const digest = (text) => [0x811c9dc5, 0x01000193].map((start) => {
  let sum = start;
  for (const byte of new TextEncoder().encode(text)) sum = Math.imul(sum ^ byte, 0x01000193);
  return (sum >>> 0).toString(16).padStart(8, '0');
}).join('');

/** Where to keep it, if anywhere: a browser may deny it, and says so by throwing. @param {string} [persist] */
const storageOf = (persist = 'session') => {
  try {
    if (persist !== 'none') return persist === 'local' ? localStorage : sessionStorage;
  } catch {}
};

/** @param {Storage | undefined} from @param {string} name @returns {string | undefined} */
const read = (from, name) => {
  try {
    return from?.getItem(name) ?? undefined;
  } catch {}
};

/** Whether it was taken, or there is nothing that could take it. An empty text leaves nothing behind. */
const write = (/** @type {Storage | undefined} */ into, /** @type {string} */ name, /** @type {string} */ text) => {
  try {
    text ? into?.setItem(name, text) : into?.removeItem(name);
    return true;
  } catch {
    return !text;
  }
};

/**
 * @typedef {object} Keeper the module's side of it
 * @property {(saved: string) => void} elsewhere another tab has stored this
 * @property {(full: boolean) => void} stored whether the storage had room for the last
 * @property {() => void} flush the page may be gone soon
 */

/**
 * A widget's shelf. Its options are read where they stand: they change.
 * @param {string} widget tells it from others of its page
 * @param {{ persist?: string, apiKind?: string, apiBase?: string, apiKey?: string }} options
 */
export const shelf = (widget, options) => {
  /** @type {string | undefined} */ let last;
  /** @type {string | undefined} */ let agreed;
  /** @type {Keeper | undefined} */ let keeper;
  /** Where the last lies. @type {{ name: string, storage?: Storage }} */ let at;
  let full = false;

  const place = () => {
    const { persist, apiKind = 'inferkit', apiBase = new URL(import.meta.url).origin, apiKey = '' } = options;
    return { name: `inferkit:${widget}:${digest(JSON.stringify([apiKind, apiBase, apiKey]))}`,
      storage: storageOf(persist) };
  };
  const put = (/** @type {string} */ saved) => {
    last = saved;
    const taken = write(at.storage, at.name, saved);
    if (taken !== full) return;
    full = !taken;
    // Later: what is being kept is still being told.
    queueMicrotask(() => keeper?.stored(full));
  };
  /** Models are the site's whole storage's, unless nothing is to be kept. */
  const forModels = () => options.persist === 'none' ? undefined : storageOf('local');

  return {
    /** What lies here; nothing where nothing ever did. @returns {{ saved?: string, agreed?: string }} */
    read() {
      at = place();
      last ??= read(at.storage, at.name);
      agreed = read(forModels(), AGREED) ?? agreed;
      return { saved: last, agreed };
    },

    /** @param {{ saved?: string, agreed?: string }} detail */
    keep({ saved, agreed: models }) {
      if (models !== undefined) write(forModels(), AGREED, agreed = models);
      if (saved === undefined) return;
      const before = at;
      at = place();
      if (before.name !== at.name || before.storage !== at.storage) {
        // It moves with the options.
        write(before.storage, before.name, '');
        return put(saved);
      }
      // Another tab has stored something that was not told yet: that is taken in first.
      const there = options.persist === 'local' && !full && keeper ? read(at.storage, at.name) : last;
      if (there !== last && there) {
        last = there;
        return queueMicrotask(() => keeper?.elsewhere(there));
      }
      put(saved);
    },

    /** The module's side listens, until the signal says that it does no more. */
    serve(/** @type {Keeper} */ widget, /** @type {AbortSignal} */ signal) {
      keeper = widget;
      signal.addEventListener('abort', () => keeper = keeper === widget ? undefined : keeper);
      addEventListener('storage', ({ storageArea, key, newValue }) => {
        // A storage that was emptied as a whole names no key.
        if (options.persist !== 'local' || storageArea !== at.storage || ![at.name, null].includes(key)) return;
        last = newValue ?? '';
        widget.elsewhere(last);
      }, { signal });
      addEventListener('pagehide', () => widget.flush(), { signal });
      document.addEventListener('visibilitychange', () => {
        if (document.visibilityState === 'hidden') widget.flush();
      }, { signal });
    },
  };
};
