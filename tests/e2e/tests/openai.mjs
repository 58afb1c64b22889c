// A server that nobody here wrote and that knows nothing of us: `apiKind: openai`, across origins.

import { strict as assert } from 'node:assert';
import { Skip, test } from '../test.mjs';

const QUESTION = 'Why is the sky blue?';

/** The foreign server. */
async function foreign(t) {
  if (!t.openai) throw new Skip('no OpenAI-compatible server: `cargo xtask setup` gets one');
  return t.openai();
}

/** Headers that a browser writes by itself, and that no script can. */
const BROWSERS = /^(:|sec-|accept-encoding$|accept-language$|connection$|content-length$|host$|origin$|referer$|user-agent$)/;

export default [
  test('the foreign server streams to a page of another origin, and no header of ours gets through', { timeout: 90_000 },
    async (t) => {
      const { base, model, key } = await foreign(t);
      const { page } = await t.visit(`${t.server.site}/blank`);
      const ask = (headers) => page.evaluate(async ([address, body, headers]) => {
        try {
          const response = await fetch(address, { method: 'POST', headers, body });
          const pieces = [];
          for await (const piece of response.body.pipeThrough(new TextDecoderStream())) pieces.push(piece);
          return { status: response.status, type: response.headers.get('content-type'), pieces };
        } catch (error) {
          return { refused: error.name };
        }
      }, [`${base}/chat/completions`, JSON.stringify({
        model, stream: true, temperature: 0, max_tokens: 12, messages: [{ role: 'user', content: QUESTION }],
      }), { 'Content-Type': 'application/json', ...headers }]);

      const { status, type, pieces } = await ask({ Authorization: `Bearer ${key}` });
      assert.deepEqual([status, type], [200, 'text/event-stream']);
      assert.ok(pieces.length > 2, `${pieces.length} pieces`);
      assert.match(pieces.join(''), /^data: \{[^]*"delta":\{"content":"[^]*\ndata: \[DONE\]\n\n$/);
      assert.equal((await ask({ Authorization: 'Bearer of-another' })).status, 401);
      for (const ours of ['Idempotency-Key', 'X-InferKit-Session', 'X-InferKit-Embed-Origin']) {
        assert.deepEqual(await ask({ Authorization: `Bearer ${key}`, [ours]: 'x' }), { refused: 'TypeError' }, ours);
      }
      t.detail(`${pieces.length} pieces`);
    }),

  test('apiKind openai is answered by a server that knows nothing of us', { timeout: 120_000 }, async (t) => {
    const { base, model, key } = await foreign(t);
    const widget = await t.open({
      model: null,
      options: {
        mode: 'remote', apiKind: 'openai', apiBase: base, remoteModel: model, apiKey: key, remoteConsent: 'granted',
        maxTokens: 24,
      },
    });
    const requests = [];
    widget.page.on('request', (request) => {
      if (request.url().startsWith(new URL(base).origin)) requests.push(request);
    });

    const { text, tokens } = await widget.answered(QUESTION, 60_000);
    assert.ok(tokens.length > 5, `the answer is streamed: ${tokens.length} pieces`);
    assert.match(text, /sky|blue|light/i, 'the answer makes sense');
    assert.equal((await widget.answer()).trim(), text.trim());

    assert.deepEqual(requests.map((request) => `${request.method()} ${request.url()}`), [`POST ${base}/chat/completions`]);
    const headers = await requests[0].allHeaders();
    const written = Object.keys(headers).filter((name) => !BROWSERS.test(name)).sort();
    assert.deepEqual(written.filter((name) => name !== 'accept'), ['authorization', 'content-type'], 'no header of ours');
    assert.equal(headers.authorization, `Bearer ${key}`);
    const body = requests[0].postDataJSON();
    assert.deepEqual([body.model, body.stream, body.max_tokens], [model, true, 24]);
    assert.deepEqual(body.messages.at(-1), { role: 'user', content: QUESTION });

    // Since the page was there it has asked for nothing else, neither a configuration nor a session.
    const asked = await widget.page.evaluate((origin) => performance.getEntriesByType('resource')
      .map(({ name }) => name).filter((name) => name.startsWith(origin)), new URL(base).origin);
    assert.deepEqual(asked, [`${base}/chat/completions`]);
    await t.screenshot(widget.page, 'answer-openai');
    t.detail(`${tokens.length} pieces, ${JSON.stringify(text)}`);

    // What went before goes along the second time.
    await widget.answered('And at night?', 60_000);
    assert.deepEqual(requests[1].postDataJSON().messages.map(({ role }) => role), ['user', 'assistant', 'user']);
  }),

  test('a foreign server’s refusal becomes friendly words', { timeout: 60_000 }, async (t) => {
    const { base, model } = await foreign(t);
    const widget = await t.open({
      model: null,
      options: {
        mode: 'remote', apiKind: 'openai', apiBase: base, remoteModel: model, apiKey: 'of-another',
        remoteConsent: 'granted',
      },
    });
    const from = await widget.ask(QUESTION);
    const { words } = await widget.failure('invalid_api_key', { from });
    assert.doesNotMatch(words, /key|401/i);
    assert.equal(await widget.button('again').count(), 0, 'no button: trying again would fail again');
  }),
];
