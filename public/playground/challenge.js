// @ts-check
// A site's own challenge page (`turnstile.challenge_url`), which stands in for Turnstile where Cloudflare is not to be
// reached or is not to decide: what comes of a challenge is written in the address. It says through the port what
// ../challenge.js says.
//
//   ?passes   solved unseen, with the token that Cloudflare's secret for tests accepts
//   ?absent   Turnstile's script was blocked
//   ?silent   Turnstile begins and never ends
(() => {
  'use strict';
  const { origin, nonce } = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  if (!origin || !nonce || parent === window) return;

  /** What is said, in order: the event and its detail. @type {Record<string, [string, string?][]>} */
  const COURSES = {
    '?passes': [['rendered'], ['executing'], ['solved', 'XXXX.DUMMY.TOKEN.XXXX']],
    '?absent': [['absent', 'the script was blocked']],
    '?silent': [['rendered'], ['executing']],
  };

  addEventListener('message', (event) => {
    const [port] = event.ports;
    if (event.source !== parent || event.origin !== origin || event.data?.nonce !== nonce || !port) return;
    port.onmessage = ({ data: { epoch } }) => {
      for (const [name, detail = ''] of COURSES[location.search] ?? []) {
        port.postMessage({ epoch, event: name, detail, code: '', at: Date.now() });
      }
    };
  });
  parent.postMessage({ inferkit: 'challenge', nonce, ready: true }, origin);
})();
