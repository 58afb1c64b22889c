// Runs first in every document of a test, put there by the browser's driver: remembers what the page hears, for the
// test to read.
'use strict';
(() => {
  const heard = [];
  const plain = (value) => (value === undefined ? null : JSON.parse(JSON.stringify(value)));
  const note = (name, detail, more) => heard.push({ name, detail: plain(detail), ...more });

  for (const name of ['ready', 'open', 'close', 'message', 'token', 'error', 'progress', 'consent', 'unread', 'status',
    'sources', 'unanswered', 'feedback', 'handoff', 'destroy']) {
    document.addEventListener(`inferkit:${name}`, ({ detail }) =>
      note(name, detail, { frozen: Object.isFrozen(detail) }));
  }
  // Failures themselves, by who heard of them, for a test that asks whether they all got one object.
  const failures = [];
  const failed = (by) => (failure) => failures.push([by, failure]);
  document.addEventListener('inferkit:error', ({ detail }) => failed('inferkit:error')(detail));
  // It does not bubble.
  document.addEventListener('error', (event) => event instanceof CustomEvent && failed('error')(event.detail), true);

  document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) =>
    note('violation', { violatedDirective, blockedURI, sample }));
  addEventListener('error', ({ message, error }) => note('uncaught', message, { stack: String(error?.stack) }));
  addEventListener('unhandledrejection', ({ reason }) =>
    note('uncaught', String(reason?.message ?? reason), { stack: String(reason?.stack) }));

  Object.assign(window, {
    heard,
    failures,
    recordError(failure) {
      failed('onError')(failure);
      note('onError', failure, { frozen: Object.isFrozen(failure) });
    },
    recordHandle: (chat) => (chat.on('error', failed('handle')), chat),
  });
})();
