// May this question leave the device? The gate's table, row by row, as far as a browser can get there: what the visitor
// is asked and told, what the developer hears, and what went over the network, by the gateway's books and the browser's
// own list.

import { strict as assert } from 'node:assert';
import { GUARD, HELPLESS, answeredOnline, configured, newKey, online, refused } from '../remote.mjs';
import { both, test } from '../test.mjs';
import { CLOUDFLARE, claimsOf } from '../turnstile.mjs';
import { REFERENCE, until } from '../widget.mjs';

const QUESTION = 'Explain what a rainbow is in two sentences.';
const REMOTE = { mode: 'remote', maxTokens: 8 };
const DEVICE = /this device can.t run/i;
const SETUP = /isn.t available on this page/i;
const PLAN = /can.t take this question/i;
const VERIFY = /couldn.t check that you.re human/i;

/** Everything but the configuration: what a site without remote answers must never cause. */
const beyondConfig = (traffic) => traffic.addresses.filter((address) => !address.endsWith('/v1/widget/config'));

/** Frames with a challenge in them that HOST was asked for. */
const challenges = (t) => t.requests().filter((path) => path.includes('challenge'));

/** What the visitor was asked and said, in order. */
const consents = async (widget) => (await widget.heard('consent')).map(({ detail }) => [detail.kind, detail.granted]);

export default [
  ...both('pro: a device that can’t answer, a consent, a challenge unseen, a streamed answer', { timeout: 120_000 },
    async (t) => {
      const { widget, key, traffic, asked } = await online(t, { settings: GUARD, options: { ...HELPLESS, maxTokens: 32 } });
      await widget.part('header').getByText('Answers are made on this device').waitFor();
      const mark = await widget.ask(QUESTION);
      await widget.card('leave').waitFor();
      await widget.composer.fill('a draft');
      assert.deepEqual(await asked(), ['config'], 'nothing has left the device yet');
      assert.deepEqual(beyondConfig(traffic), []);
      assert.deepEqual(challenges(t), []);
      await t.screenshot(widget.page, `leave${t.framed ? '-frame' : ''}`);

      await widget.button('leaving').click();
      const status = await widget.settled(mark, 60_000);
      assert.deepEqual(await widget.heard('error'), []);
      const states = (await widget.heard('status', mark)).map(({ detail }) => detail.state);
      const journey = ['consent', 'verifying', 'thinking', 'answering', 'idle'];
      assert.deepEqual(states.filter((state) => journey.includes(state)).slice(-5), journey, states.join(' '));
      assert.equal(status.state, 'idle');

      const pieces = (await widget.heard('token', mark)).map(({ detail }) => detail.text);
      assert.ok(pieces.length > 5, `streamed in ${pieces.length} pieces`);
      assert.match(pieces.join(''), /rainbow|light|sun|rain|colou?r/i, 'the answer makes sense');
      assert.equal((await widget.answer()).trim(), pieces.join('').trim());
      await widget.part('message').last().getByText('Answered online', { exact: true }).waitFor();
      await widget.part('header').getByText('Answers are made online').waitFor();
      assert.equal(await widget.composer.inputValue(), 'a draft');
      assert.deepEqual(await consents(widget), [['leave', null], ['leave', true]]);
      await t.screenshot(widget.page, `online${t.framed ? '-frame' : ''}`);

      assert.deepEqual(await asked(), ['config', 'session', 'answer']);
      const { requests: [, session, answer], charges } = await t.gateway.ledger(key);
      const { hostname, action, cdata } = claimsOf(session.body.turnstile_token);
      assert.deepEqual([hostname, action], [new URL(t.server.host).hostname, 'inferkit-session']);
      assert.match(cdata, /^[0-9a-f]{32}$/);
      assert.match(answer.session, /^ses_/);
      assert.deepEqual(Object.values(charges).map(({ times }) => times), [1]);

      // Neither question nor challenge the second time.
      await widget.composer.fill('');
      await answeredOnline(widget, 'And at night?');
      assert.deepEqual(await asked(), ['config', 'session', 'answer', 'answer']);
      assert.equal((await consents(widget)).length, 2, 'asked once per conversation');
      t.detail(`${pieces.length} pieces, ${JSON.stringify(pieces.join(''))}`);
    }),

  ...both('free: refused with upgrade_required, and nothing is asked for', {}, async (t) => {
    const { widget, key, traffic, asked } = await online(t, { settings: { ...GUARD, tier: 'free' }, options: HELPLESS });
    for (const question of ['Hello', 'Hello again']) {
      const from = await widget.ask(question);
      const failure = await refused(widget, 'upgrade_required', PLAN, { from });
      assert.match(failure.message, /webgpu/i, 'the other cause is named too');
      assert.match(failure.message, /plan|upgrade/i);
      assert.match(failure.reference, REFERENCE);
      assert.equal(failure.request_id, null);
      assert.equal(await widget.button('again').count(), 0, 'another try would fail as well');
    }
    const { origin } = new URL(t.gateway.api);
    assert.deepEqual(traffic.addresses, [`GET ${origin}/v1/widget/config`], 'on the network');
    assert.deepEqual(await asked(), ['config'], 'in the books');
    assert.deepEqual(challenges(t), [], 'nor was a challenge');
    assert.deepEqual((await t.gateway.ledger(key)).charges, {});
    assert.deepEqual(await consents(widget), [], 'nobody is asked for what can’t be had');
    if (!t.framed) await t.screenshot(widget.page, 'error-plan');
  }),

  ...both('free, but the device can: it answers, and nothing else is asked for', {}, async (t) => {
    const { widget, traffic, asked } = await online(t, { settings: { tier: 'free' }, options: { mode: 'auto' } });
    const { status } = await widget.answered('Hello');
    assert.equal(status.backend, 'cpu');
    assert.deepEqual(await asked(), ['config']);
    assert.deepEqual(beyondConfig(traffic), []);
  }),

  test('free, and the site insists on the server: upgrade_required', {}, async (t) => {
    const { widget, asked } = await online(t, { settings: { tier: 'free' }, options: REMOTE });
    await widget.ask('Hello');
    await refused(widget, 'upgrade_required', PLAN);
    assert.deepEqual(await asked(), ['config']);
  }),

  ...both('the server’s own 402 holds for the page’s life, for all its widgets, and local goes on', {}, async (t) => {
    const { widget, key, asked } = await online(t, {
      settings: { quota_tokens: 0 }, options: { ...HELPLESS, remoteConsent: 'granted' },
    });
    let from = await widget.ask('Hello');
    const first = await refused(widget, 'quota_exceeded', PLAN, { from });
    const trail = ['config', 'answer'];
    assert.deepEqual(await asked(), trail);
    const { requests } = await t.gateway.ledger(key);
    assert.equal(first.request_id, requests[1].request_id, 'the server’s number');

    // The plan is paid for meanwhile; this page does not hear of it.
    await t.gateway.key(key, { tier: 'pro' });
    from = await widget.ask('Hello again');
    const second = await refused(widget, 'quota_exceeded', PLAN, { from });
    assert.deepEqual(await asked(), trail, 'it is not asked again');
    assert.match(second.reference, REFERENCE);
    assert.match(second.message, /webgpu/i);

    await widget.page.evaluate(() => globalThis.chat.setOptions({ backend: 'cpu' }));
    const { status } = await widget.answered('Hello, device');
    assert.equal(status.backend, 'cpu', 'local goes on');

    // A page of frames has one module in each, and the server says it once to each of them.
    if (t.framed) return;
    const other = await widget.page.evaluate(async ([apiBase, apiKey]) => {
      const failures = [];
      const chat = globalThis.InferKit.init({ target: 'body', mode: 'remote', apiBase, apiKey,
        onError: (failure) => failures.push(failure) });
      await chat.whenReady();
      chat.sendMessage('Hello');
      while (!failures.length) await new Promise((resolve) => setTimeout(resolve, 20));
      return failures;
    }, [t.gateway.api, key]);
    assert.deepEqual(other.map(({ code, request_id: id }) => [code, id]), [['quota_exceeded', null]]);
    assert.ok(!(await asked()).slice(trail.length).includes('answer'), 'nor does a second widget ask');
  }),

  ...both('remoteConsent granted: nobody is asked, and nothing was promised', {}, async (t) => {
    const { widget, asked } = await online(t, { options: { ...HELPLESS, remoteConsent: 'granted', maxTokens: 8 } });
    assert.equal(await widget.part('header').getByText('Answers are made on this device').isVisible(), false);
    await answeredOnline(widget, 'Hello');
    assert.deepEqual(await asked(), ['config', 'answer']);
    assert.deepEqual(await consents(widget), []);
  }),

  ...both('who does not want to leave the device stays, and is asked once per conversation', {}, async (t) => {
    const { widget, traffic } = await online(t, { settings: GUARD, options: { ...HELPLESS, maxTokens: 8 } });
    let from = await widget.ask('Hello');
    await widget.card('leave').waitFor();
    await widget.card('leave').getByRole('button', { name: 'Not now' }).click();
    const failure = await refused(widget, 'webgpu_unavailable', DEVICE, { from });
    assert.match(failure.reference, REFERENCE);
    from = await widget.ask('Hello again');
    await refused(widget, 'webgpu_unavailable', DEVICE, { from });
    assert.deepEqual(await consents(widget), [['leave', null], ['leave', false]]);
    assert.deepEqual(beyondConfig(traffic), [], 'nothing has left');
    assert.deepEqual(challenges(t), []);

    await widget.button('renew').click();
    from = await widget.ask('Another day');
    await widget.card('leave').waitFor();
    await widget.button('leaving').click();
    await widget.settled(from, 60_000);
    assert.deepEqual(await widget.heard('error', from), []);
    await widget.part('message').last().getByText('Answered online', { exact: true }).waitFor();
  }),

  ...both('who declines the download may leave the device instead, or neither', {}, async (t) => {
    const model = t.model();
    const { widget, asked } = await online(t, { model, options: { mode: 'auto', consent: 'ask', maxTokens: 8 } });
    let from = await widget.ask('Hello');
    await widget.card('consent').getByRole('button', { name: 'Not now' }).click();
    await widget.card('leave').waitFor();
    assert.deepEqual(await asked(), ['config']);
    await widget.card('leave').getByRole('button', { name: 'Not now' }).click();
    await widget.button('reconsider').waitFor();
    assert.deepEqual(await widget.heard('error'), [], 'a visitor’s no is no error');

    await widget.button('renew').click();
    from = await widget.ask('Another day');
    await widget.button('leaving').click();
    await widget.settled(from, 60_000);
    await widget.part('message').last().getByText('Answered online', { exact: true }).waitFor();
    assert.equal(model.requests, 0, 'no byte of the model');
    assert.deepEqual(await asked(), ['config', 'answer']);
  }),

  ...both('mode local asks no server anything', {}, async (t) => {
    const { widget, traffic, asked } = await online(t, { options: { mode: 'local' } });
    await widget.answered('Hello');
    await widget.page.evaluate(() => globalThis.chat.setOptions({ backend: 'webgpu' }));
    const from = await widget.ask('Hello again');
    await refused(widget, 'webgpu_unavailable', DEVICE, { from });
    assert.deepEqual(traffic.addresses, []);
    assert.deepEqual(await asked(), []);
  }),

  ...both('mode auto stays on a device that can', {}, async (t) => {
    const { widget, asked } = await online(t, { settings: GUARD, options: { mode: 'auto', remoteConsent: 'granted' } });
    const { status } = await widget.answered('Hello');
    assert.equal(status.backend, 'cpu');
    assert.deepEqual(await asked(), ['config']);
    assert.equal(await widget.part('message').last().getByText('Answered online').isVisible(), false);
  }),

  ...both('mode remote fetches neither engine nor model', {}, async (t) => {
    const model = t.model();
    const { widget, asked } = await online(t, { model, options: REMOTE });
    await widget.part('header').getByText('Answers are made online').waitFor();
    await answeredOnline(widget, 'Hello');
    assert.deepEqual(await asked(), ['config', 'answer']);
    assert.equal(model.requests, 0);
    assert.deepEqual(t.requests().filter((path) => path.includes('engine')), []);
  }),

  ...both('remote answers that the owner has switched off', {}, async (t) => {
    const settings = { ...GUARD, remote_enabled: false };
    const auto = await online(t, { settings, options: HELPLESS });
    await auto.widget.ask('Hello');
    await refused(auto.widget, 'webgpu_unavailable', DEVICE);
    const remote = await online(t, { settings, options: REMOTE });
    await remote.widget.ask('Hello');
    const { message } = await refused(remote.widget, 'config_invalid', SETUP);
    assert.match(message, /switched off/);
    for (const { asked, traffic } of [auto, remote]) {
      assert.deepEqual(await asked(), ['config']);
      assert.deepEqual(beyondConfig(traffic), []);
    }
    assert.deepEqual(challenges(t), []);
  }),

  ...both('no key, no server', {}, async (t) => {
    for (const [options, code, words] of [[HELPLESS, 'webgpu_unavailable', DEVICE], [REMOTE, 'config_invalid', SETUP]]) {
      const elsewhere = [];
      const widget = await t.open({
        options: { apiKey: undefined, ...options },
        prepare: (page) => page.on('request', (request) => {
          const { origin, protocol } = new URL(request.url());
          if (/^http/.test(protocol) && ![t.server.site, t.server.host].includes(origin)) elsewhere.push(request.url());
        }),
      });
      await widget.ask('Hello');
      const { message } = await refused(widget, code, words);
      if (code === 'config_invalid') assert.match(message, /apiKey/);
      assert.deepEqual(elsewhere, []);
    }
  }),

  ...both('a configuration that can’t be had: no remote answer, and local goes on', {}, async (t) => {
    const faults = [{ on: 'config', do: { error: { code: 'forbidden' } } }];
    const { widget, traffic } = await online(t, { settings: { faults }, options: HELPLESS });
    const from = await widget.ask('Hello');
    const { message } = await refused(widget, 'webgpu_unavailable', DEVICE, { from });
    assert.match(message, /forbidden/, 'both causes');
    assert.deepEqual(beyondConfig(traffic), []);
    await widget.page.evaluate(() => globalThis.chat.setOptions({ backend: 'cpu' }));
    await widget.answered('Hello again');
  }),

  ...both('a challenge that fails is solved anew, once, and told', {}, async (t) => {
    const { widget, asked, traffic } = await online(t, {
      settings: { ...GUARD, site_key: 'double-error-600010' }, options: REMOTE,
    });
    const from = await widget.ask('Hello');
    await widget.composer.fill('a draft');
    const { message } = await refused(widget, 'challenge_failed', VERIFY, { from });
    assert.match(message, /600010/);
    assert.ok(await widget.button('again').isEnabled());
    assert.equal(await widget.composer.inputValue(), 'a draft');
    assert.deepEqual(await asked(), ['config']);
    assert.equal(challenges(t).filter((path) => path.endsWith('challenge.html')).length, 2, 'two frames, one after the other');
    assert.ok(!traffic.addresses.some((address) => address.startsWith('POST')));
    assert.ok(!widget.page.frames().some((frame) => frame.url().includes('challenge.html')), 'and none is left');
  }),

  test('a proof that the server does not take is given once more, and told', {}, async (t) => {
    const settings = { site_key: CLOUDFLARE.passes, secret: '2x0000000000000000000000000000000AA' };
    const { widget, asked, key } = await online(t, { settings, options: REMOTE });
    await widget.ask('Hello');
    const failure = await refused(widget, 'challenge_failed', VERIFY);
    assert.deepEqual(await asked(), ['config', 'session', 'session']);
    assert.equal(failure.request_id, (await t.gateway.ledger(key)).requests[2].request_id);
  }),

  test('a server that wants a challenge nobody told us of', {}, async (t) => {
    const faults = [{ on: 'completions', times: 1, do: { error: { code: 'bot_challenge_required' } } }];
    const { widget, asked } = await online(t, { settings: { faults }, options: REMOTE });
    await widget.ask('Hello');
    await refused(widget, 'bot_challenge_required', VERIFY);
    assert.deepEqual(await asked(), ['config', 'answer'], 'asking the same again would not help');
  }),

  test('a session serves until it ends, and then another is opened', { timeout: 90_000 }, async (t) => {
    const { widget, asked } = await online(t, {
      settings: { ...GUARD, session_seconds: 60 }, options: REMOTE, prepare: (page) => page.clock.install(),
    });
    const ask = async (question) => {
      const from = await widget.ask(question);
      await until('the answer', async () => {
        await widget.page.clock.runFor(50);
        return (await widget.heard('message', from)).some(({ detail }) => detail.role === 'assistant');
      });
    };
    await ask('One?');
    await ask('Two?');
    assert.deepEqual(await asked(), ['config', 'session', 'answer', 'answer']);
    // It is given up with some of its time left. A proof from much later would be none to the server.
    await widget.page.clock.fastForward(31_000);
    await ask('Three?');
    assert.deepEqual(await asked(), ['config', 'session', 'answer', 'answer', 'session', 'answer']);
  }),

  test('another key is another server: what the old one refused is forgotten', {}, async (t) => {
    const { widget } = await online(t, { settings: { quota_tokens: 0 }, options: REMOTE });
    const from = await widget.ask('Hello');
    await refused(widget, 'quota_exceeded', PLAN, { from });
    const key = await newKey(t);
    await widget.page.evaluate((apiKey) => globalThis.chat.setOptions({ apiKey }), key);
    await configured(t, key);
    await answeredOnline(widget, 'Hello again');
  }),
];
