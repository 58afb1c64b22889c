// Runs first in every document of a test, put there by the browser's driver: remembers what the page hears, for the
// test to read.
'use strict';
(() => {
  const heard = [];
  const plain = (value) => (value === undefined ? null : JSON.parse(JSON.stringify(value)));
  const note = (name, detail, more) => heard.push({ name, detail: plain(detail), ...more });

  for (const name of ['ready', 'open', 'close', 'message', 'token', 'error', 'progress', 'consent', 'unread', 'status',
    'destroy']) {
    document.addEventListener(`inferkit:${name}`, ({ detail }) =>
      note(name, detail, { frozen: Object.isFrozen(detail) }));
  }
  document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) =>
    note('violation', { violatedDirective, blockedURI, sample }));
  addEventListener('error', ({ message }) => note('uncaught', message));
  addEventListener('unhandledrejection', ({ reason }) => note('uncaught', String(reason?.message ?? reason)));

  Object.assign(window, {
    heard,
    recordError: (failure) => note('onError', failure, { frozen: Object.isFrozen(failure) }),
  });
})();
