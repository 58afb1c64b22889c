// @ts-check
// A page of a site that has the widget. The playground, which frames it, says how to begin and hears everything that
// this page hears: nothing is copied on the way, so that what it shows is what came.
(() => {
  'use strict';
  /** Hears what the site hears. @typedef {(what: string, detail: any) => void} Tell */

  /**
   * @param {import('../inferkit').Options} options
   * @param {boolean} listens whether the site listens to errors
   * @param {string} question what the visitor asks
   * @param {Tell} tell
   */
  const begin = (options, listens, question, tell) => {
    const write = console.error;
    console.error = (...words) => {
      write.apply(console, words);
      if (String(words[0]).startsWith('InferKit error ')) tell('console', words.join(' '));
    };
    const onError = listens ? { onError: (/** @type {unknown} */ failure) => tell('onError', failure) } : {};
    // Each cause is seen by itself: what was asked for the last one is not taken up.
    const chat = InferKit.init({ persist: 'none', ...options, ...onError, target: document.body });
    if (listens) chat.on('error', (failure) => tell('handle', failure));
    // A listener on the element takes nothing away from the console, unless it calls `preventDefault()`.
    for (const name of ['inferkit:error', 'error']) {
      chat.element.addEventListener(name, (event) => tell(name, /** @type {CustomEvent} */ (event).detail));
    }
    chat.on('status', (detail) => tell('status', detail));
    chat.on('message', (detail) => tell('message', detail));
    chat.sendMessage(question);
    return chat;
  };

  Object.assign(window, { begin });
})();
