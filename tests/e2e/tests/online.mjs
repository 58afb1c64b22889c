// An answer from the server, under way: a challenge on the keyboard, waits that run down, Stop in every phase, strict
// pages, neighbours, and a widget that goes.

import { strict as assert } from 'node:assert';
import { GUARD, HELPLESS, answeredOnline, configured, newKey, online, refused } from '../remote.mjs';
import { both, test } from '../test.mjs';
import { until } from '../widget.mjs';

const STORY = 'Tell me a long story about a lighthouse keeper and the sea.';
const REMOTE = { mode: 'remote', maxTokens: 8 };
const clock = (page) => page.clock.install();

/** What has the focus, as somebody with a keyboard meets it: through shadow roots and frames. */
async function focused(page) {
  let frame = page.mainFrame();
  for (;;) {
    const handle = await frame.evaluateHandle(() => {
      let element = document.activeElement;
      while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
      return element;
    });
    const element = handle.asElement();
    const inner = await element?.contentFrame();
    if (inner) {
      frame = inner;
      continue;
    }
    return { frame, name: await element?.evaluate((one) => one.ariaLabel || one.textContent?.trim() || one.localName) };
  }
}

/** Presses a key until the focus is where it is wanted; says how often that took. */
async function reach(page, wanted, key = 'Tab', most = 12) {
  const met = [];
  for (let presses = 0; presses <= most; presses++) {
    const at = await focused(page);
    if (wanted(at)) return presses;
    met.push(at.name);
    await page.keyboard.press(key);
  }
  throw new Error(`${key} leads to ${met.join(', ')}`);
}

const atChallenge = ({ frame }) => frame.url().includes('/challenge.html');

/** Waits for an answer while the page's clock is pushed on; a request on its way is not hurried. */
const pushed = (widget, from) => until('the answer', async () => {
  await widget.page.clock.runFor(50);
  return (await widget.heard('message', from)).some(({ detail }) => detail.role === 'assistant');
});

/** Stop, in a phase that goes on until then: the draft stays, nothing is an error, nothing follows. */
const stopped = (name, { settings, begun, partial = false, prepare, place = 'answer', aborts = true, after }) =>
  both(`Stop while ${name}`, {}, async (t) => {
    const { widget, key, traffic, asked } = await online(t, { settings, options: { ...REMOTE, maxTokens: 48 }, prepare });
    const from = await widget.ask(STORY);
    await widget.composer.fill('a draft');
    await begun(widget, from);
    const mark = await widget.clickAndMark('stop');
    assert.equal((await widget.settled(from)).state, 'idle');
    const words = await widget.answer();
    if (partial) assert.ok(words.trim().length > 0, 'what had come stays');
    await widget.part('message').last().getByText('Stopped', { exact: true }).waitFor();
    assert.equal(await widget.composer.inputValue(), 'a draft', 'the draft stays');
    if (aborts) {
      await until('the request to be given up', async () => traffic.aborted(place).length === 1);
    }
    const trail = await asked();
    await after?.(widget, t);
    assert.deepEqual(await widget.heard('token', mark), [], 'not a word more');
    assert.deepEqual((await widget.heard()).filter(({ name }) => /error|onError/.test(name)), [], 'no error');
    assert.equal(await widget.answer(), words);

    // The widget is free for the next question, and nothing of the old one is asked again.
    await t.gateway.key(key, { tier: 'pro', ...(settings.site_key && GUARD) });
    assert.deepEqual(await asked(), trail);
    if (settings.site_key) return;
    await answeredOnline(widget, 'Hello');
    assert.deepEqual((await asked()).slice(trail.length), ['answer']);
  });

const fault = (act, times = null) => ({ faults: [{ on: 'completions', times, do: act }] });

export default [
  ...both('a consent and a challenge that needs a click, with the keyboard alone', {}, async (t) => {
    const { widget, asked } = await online(t, {
      settings: { ...GUARD, site_key: 'double-interactive' }, options: { ...HELPLESS, maxTokens: 8 },
    });
    const { page } = widget;
    const presses = [];
    presses.push(await reach(page, ({ name }) => name === 'Your question'));
    await page.keyboard.type('Hello');
    await page.keyboard.press('Enter');
    await widget.card('leave').waitFor();
    presses.push(await reach(page, ({ name }) => name === 'Answer online', 'Shift+Tab'));
    await page.keyboard.press('Enter');
    await widget.card('verify').and(widget.host.locator(':not([inert])')).waitFor();
    await t.screenshot(page, `challenge${t.framed ? '-frame' : ''}`);
    presses.push(await reach(page, atChallenge));
    await page.keyboard.press('Space');
    await widget.settled(0, 60_000);
    await widget.part('message').last().getByText('Answered online', { exact: true }).waitFor();
    assert.deepEqual(await asked(), ['config', 'session', 'answer']);
    assert.deepEqual(await widget.heard('error'), []);
    t.detail(`${presses.join(', ')} presses to get there`);
  }),

  ...both('a busy server is waited for in sight, and then it answers', {}, async (t) => {
    const { widget, asked } = await online(t, {
      settings: fault({ error: { code: 'rate_limited', retry_after: 30 } }, 1), options: REMOTE, prepare: clock,
    });
    const from = await widget.ask('Hello');
    await widget.status('waiting', { from });
    const words = async (seconds) => {
      const line = widget.part('log').getByText(new RegExp(`Trying again in ${seconds}\\ss\\.`));
      await until(`${seconds} s on screen`, async () => {
        await widget.page.clock.runFor(250);
        return line.isVisible();
      });
    };
    await words(29);
    if (!t.framed) await t.screenshot(widget.page, 'countdown');
    await words(12);
    await words(3);
    assert.deepEqual(await asked(), ['config', 'answer'], 'not before its time');
    await pushed(widget, from);
    assert.deepEqual(await asked(), ['config', 'answer', 'answer']);
    assert.deepEqual(await widget.heard('error'), [], 'a retry that helps is not heard of');
  }),

  ...both('a server that stays busy: the button runs down', {}, async (t) => {
    const { widget, asked } = await online(t, {
      settings: fault({ error: { code: 'rate_limited', retry_after: 20 } }, 3), options: REMOTE, prepare: clock,
    });
    const from = await widget.ask('Hello');
    await until('the failure', async () => {
      await widget.page.clock.runFor(500);
      return (await widget.heard('error', from)).length;
    });
    await refused(widget, 'rate_limited', /Try again in \d+\ss\./, { from });
    assert.equal(await widget.button('again').isEnabled(), false);
    if (!t.framed) await t.screenshot(widget.page, 'error-busy');
    await until('the button', async () => {
      await widget.page.clock.runFor(500);
      return widget.button('again').isEnabled();
    });
    assert.match(await widget.part('error').last().innerText(), /try again in a moment/i);
    const mark = await widget.mark();
    await widget.button('again').click();
    await pushed(widget, mark);
    assert.deepEqual(await asked(), ['config', 'answer', 'answer', 'answer', 'answer']);
  }),

  ...both('a server that is busy for long: the visitor is told when', {}, async (t) => {
    const { widget, asked } = await online(t, {
      settings: fault({ error: { code: 'rate_limited', retry_after: 3600 } }), options: REMOTE,
    });
    const from = await widget.ask('Hello');
    const { detail } = await widget.event('error', { from });
    const due = new Date(Date.now() + 3_600_000);
    // It may have turned between the two clocks.
    const times = [0, -60_000].map((ms) => new Date(due.getTime() + ms)).map((date) =>
      date.toLocaleTimeString('en', { hour: 'numeric', minute: '2-digit' }).replace(/\s/g, '\\s'));
    const words = await widget.part('error').last().innerText();
    assert.match(words, new RegExp(`Try again at (?:${times.join('|')})`), words);
    assert.ok(words.includes(detail.reference));
    assert.equal(await widget.button('again').isEnabled(), false);
    assert.deepEqual(await asked(), ['config', 'answer'], 'nothing by itself');
    if (!t.framed) await t.screenshot(widget.page, 'error-busy-long');
  }),

  ...stopped('verifying', {
    settings: { ...GUARD, site_key: 'double-slow-60' }, aborts: false,
    begun: (widget, from) => widget.status('verifying', { from }),
    after: (widget) => until('the frame to go', async () =>
      !widget.page.frames().some((frame) => frame.url().includes('challenge.html'))),
  }),
  ...stopped('the visitor is asked to click', {
    settings: { ...GUARD, site_key: 'double-interactive' }, aborts: false,
    begun: (widget) => widget.card('verify').and(widget.host.locator(':not([inert])')).waitFor(),
    after: (widget) => until('the card to go', async () =>
      await widget.host.locator('[role="group"]:not([inert])').filter({ hasText: 'One quick check' }).count() === 0),
  }),
  ...stopped('a busy server is waited for', {
    settings: fault({ error: { code: 'rate_limited', retry_after: 60 } }), aborts: false,
    begun: (widget, from) => widget.status('waiting', { from }),
  }),
  ...stopped('the server thinks', {
    settings: fault({ slow_headers_ms: 60_000 }),
    begun: (widget, from) => widget.status('thinking', { from }),
  }),
  ...stopped('an answer is streamed', {
    settings: fault({ slow_events_ms: 250 }), partial: true,
    begun: (widget, from) => until('some words', async () => (await widget.heard('token', from)).length >= 3),
  }),

  ...both('under a strict policy with Trusted Types', {}, async (t) => {
    const { widget, asked } = await online(t, { settings: GUARD, options: { ...HELPLESS, maxTokens: 8 }, strict: true });
    const from = await widget.ask('Hello');
    await widget.button('leaving').click();
    await widget.settled(from, 60_000);
    await widget.part('message').last().getByText('Answered online', { exact: true }).waitFor();
    assert.deepEqual(await asked(), ['config', 'session', 'answer']);
    assert.deepEqual((await widget.heard()).filter(({ name }) => /violation|uncaught|error/.test(name)), []);
    const inside = await widget.document();
    const there = await inside.evaluate(() => globalThis.heard.filter(({ name }) => /violation|uncaught/.test(name)));
    assert.deepEqual(there, []);
  }),

  ...both('several widgets on a page ask at the same time, each for itself', {}, async (t) => {
    const guarded = await newKey(t, GUARD);
    const spent = await newKey(t, { quota_tokens: 0 });
    const { widget, key, asked } = await online(t, { options: REMOTE });
    const heard = await widget.page.evaluate(async ({ keys, embed, apiBase }) => {
      const chats = keys.map((apiKey) => {
        const heard = { answers: [], failures: [] };
        const chat = globalThis.InferKit.init({ target: 'body', mode: 'remote', maxTokens: 8, apiBase, apiKey, embed,
          onError: ({ code }) => heard.failures.push(code) });
        chat.on('message', ({ role, text }) => role === 'assistant' && heard.answers.push(text));
        return { chat, heard };
      });
      globalThis.chat.sendMessage('Hello');
      for (const { chat } of chats) chat.sendMessage('Hello');
      while (chats.some(({ heard }) => !heard.answers.length && !heard.failures.length)) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return chats.map(({ heard }) => heard);
    }, { keys: [guarded, guarded, spent], embed: t.framed ? 'iframe' : 'element', apiBase: t.gateway.api });
    assert.deepEqual(heard.map(({ answers, failures }) => [answers.length, failures]),
      [[1, []], [1, []], [0, ['quota_exceeded']]]);
    await until('the first one’s answer', async () => (await widget.heard('message')).length >= 2);
    assert.deepEqual(await asked(), ['config', 'answer'], key);
    const { requests, charges } = await t.gateway.ledger(guarded);
    const sessions = requests.filter(({ session }) => session).map(({ session }) => session);
    assert.deepEqual([sessions.length, new Set(sessions).size], [2, 2], 'a session each');
    assert.deepEqual(Object.values(charges).map(({ times }) => times), [1, 1]);
  }),

  ...both('destroy in mid-answer ends the request', {}, async (t) => {
    const { widget, traffic, asked } = await online(t, {
      settings: fault({ slow_events_ms: 250 }), options: { ...REMOTE, maxTokens: 48 },
    });
    const from = await widget.ask(STORY);
    await until('some words', async () => (await widget.heard('token', from)).length >= 2);
    const mark = await widget.mark();
    const destroyed = await widget.page.evaluate(() => {
      let destroyed = 0;
      globalThis.chat.on('destroy', () => destroyed++);
      globalThis.chat.destroy();
      return destroyed;
    });
    assert.equal(destroyed, 1);
    await until('the request to be given up', async () => traffic.aborted('answer').length === 1);
    assert.equal(await widget.element.count(), 0);
    await until('its frames to go', async () => widget.page.frames().length === 1);
    const after = (await widget.heard(undefined, mark)).map(({ name }) => name);
    assert.deepEqual(after.filter((name) => name !== 'token'), [], 'no error, and nothing uncaught');
    assert.deepEqual(await asked(), ['config', 'answer']);
  }),

  test('one picture of every family of failures', { timeout: 120_000 }, async (t) => {
    const families = {
      setup: 'key_revoked', session: 'invalid_credentials', message: 'bad_request', offline: null, ours: 'internal_error',
    };
    for (const [family, code] of Object.entries(families)) {
      const { widget, key } = await online(t, {
        settings: fault(code ? { error: { code } } : { reset: true }), options: REMOTE,
      });
      const from = await widget.ask('How long does delivery take?');
      await refused(widget, code ?? 'network_error', /./, { from });
      await configured(t, key);
      await t.screenshot(widget.page, `error-${family}`);
    }
    const cut = await online(t, { settings: fault({ cut: { after_events: 12 } }), options: { ...REMOTE, maxTokens: 48 } });
    const from = await cut.widget.ask(STORY);
    await refused(cut.widget, 'stream_interrupted', /cut off/i, { from });
    assert.ok((await cut.widget.answer()).trim().length > 0, 'what had come stays');
    await cut.widget.part('message').last().getByText('Cut off here', { exact: true }).waitFor();
    assert.deepEqual(await cut.asked(), ['config', 'answer'], 'after a word nothing is tried by itself');
    await t.screenshot(cut.widget.page, 'error-cut-off');

    const pictures = { verify: { options: REMOTE, settings: { ...GUARD, site_key: 'double-error-600010' } },
      device: { options: { mode: 'local', backend: 'webgpu' } },
      download: { options: { mode: 'local' }, model: t.model('404') } };
    for (const [family, wishes] of Object.entries(pictures)) {
      const { widget } = await online(t, wishes);
      const from = await widget.ask('How long does delivery take?');
      await widget.event('error', { from });
      await widget.part('error').waitFor();
      await t.screenshot(widget.page, `error-${family}`);
    }
  }),
];
