// A double of Chrome's `LanguageModel`, put into every document by the browser's driver, before all else. It does what
// the Prompt API's specification and Chrome's documentation say, and remembers it for the test. `plan` comes before it:
//
//   availability  what it says; of a list one after the other, and the last for good
//   create        the name of what `create` throws
//   pieces        what every answer is made of
//   holds         after so many pieces it waits for an abort, or for `browserModel.go()`
//   breaks        after so many pieces it throws an `UnknownError`
//   contextWindow in characters
'use strict';
(() => {
  const plan = globalThis.browserModelPlan;
  const sessions = [];
  const asked = [];
  let creates = 0;
  let go = () => {};
  const going = new Promise((resolve) => (go = resolve));
  const fail = (name, more) => Object.assign(new DOMException(`a double's ${name}`, name), more);
  const length = (messages) => messages.reduce((sum, { content }) => sum + content.length, 0);
  const aborted = (signal) => new Promise((_, reject) => {
    if (signal?.aborted) reject(signal.reason);
    signal?.addEventListener('abort', () => reject(signal.reason));
  });
  const turn = () => new Promise((resolve) => setTimeout(resolve));
  const tags = ({ expectedInputs = [], expectedOutputs = [] }) =>
    [...expectedInputs, ...expectedOutputs].flatMap(({ languages = [] }) => Intl.getCanonicalLocales(languages));

  globalThis.LanguageModel = class LanguageModel extends EventTarget {
    #note;
    #end = new AbortController();
    #history;
    #queue = Promise.resolve();

    static async availability(options = {}) {
      const said = [plan.availability ?? 'available'].flat();
      asked.push(structuredClone(options));
      if (!tags(options).every((tag) => ['en', 'es', 'ja'].includes(tag))) return 'unavailable';
      return said[Math.min(asked.length, said.length) - 1];
    }

    static async create({ signal, ...options } = {}) {
      creates += 1;
      if (signal?.aborted) throw signal.reason;
      tags(options);
      await Promise.race([turn(), aborted(signal)]);
      if (plan.create) throw fail(plan.create);
      const session = new LanguageModel();
      session.#history = options.initialPrompts ?? [];
      if (session.contextUsage > session.contextWindow) {
        throw fail('QuotaExceededError', { requested: session.contextUsage, quota: session.contextWindow });
      }
      session.#note = { options: structuredClone(options), questions: [], destroyed: false, ended: '' };
      signal?.addEventListener('abort', () => session.destroy());
      sessions.push(session.#note);
      return session;
    }

    get contextUsage() { return length(this.#history); }
    get inputUsage() { return this.contextUsage; }
    get contextWindow() { return plan.contextWindow ?? Infinity; }
    get inputQuota() { return this.contextWindow; }

    promptStreaming(question, { signal } = {}) {
      if (this.#note.destroyed) throw fail('InvalidStateError');
      const stopped = Promise.race([aborted(signal), aborted(this.#end.signal)]);
      stopped.catch(() => {});
      // Those that are asked at once are answered one after the other.
      const before = this.#queue;
      let done = () => {};
      this.#queue = new Promise((resolve) => (done = resolve));
      const note = this.#note;
      note.questions.push(question);
      let at = 0;
      const pull = async (stream) => {
        if (at === 0) {
          await before;
          // What was said before is forgotten for it, but not the first words.
          const first = length(note.options.initialPrompts ?? []);
          if (first + question.length > this.contextWindow) {
            throw fail('QuotaExceededError', { requested: question.length, quota: this.contextWindow - first });
          }
        }
        await turn();
        if (at === plan.holds) await going;
        if (at === plan.breaks) throw fail('UnknownError');
        if (at === plan.pieces.length) {
          note.ended = 'closed';
          this.#history = [...this.#history, { content: question }, { content: plan.pieces.join('') }];
          done();
          return stream.close();
        }
        stream.enqueue(plan.pieces[at++]);
      };
      return new ReadableStream({
        pull: (stream) => Promise.race([pull(stream), stopped]).catch((error) => {
          note.ended ||= error.name;
          done();
          throw error;
        }),
        cancel() {
          note.ended ||= 'cancelled';
          done();
        },
      });
    }

    destroy() {
      this.#note.destroyed = true;
      this.#end.abort();
    }
  };
  Object.assign(globalThis, { browserModel: { go, report: () => ({ asked, creates, sessions }) } });
})();
