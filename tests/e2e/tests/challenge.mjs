// The page with Turnstile in it, behind the port that the widget has: what it passes on, and what it puts up with.

import { strict as assert } from 'node:assert';
import { test } from '../test.mjs';
import { CLOUDFLARE, Framed, claimsOf, sendTurnstile } from '../turnstile.mjs';
import { until } from '../widget.mjs';

const names = (said) => said.map(({ event }) => event);

export default [
  test('a challenge is solved unseen, under the strict policy of its page', {}, async (t) => {
    const framed = await Framed.open(t);
    const { epoch, cData } = await framed.solve('double-pass');
    const { detail, at } = await framed.hears(epoch, 'solved');
    assert.deepEqual(names(await framed.said(epoch)), ['rendered', 'executing', 'solved']);
    assert.ok(Math.abs(Date.now() - at) < 60_000, 'it says when');
    const { hostname, action, cdata } = claimsOf(detail);
    const host = new URL(t.server.host).hostname;
    assert.deepEqual({ hostname, action, cdata }, { hostname: host, action: 'inferkit-session', cdata: cData });

    const inside = await framed.inside();
    const heard = await inside.evaluate(() => globalThis.heard);
    assert.deepEqual(heard, [], 'no violation, nothing uncaught');
    const fields = await inside.evaluate(() => document.querySelectorAll('input').length);
    assert.equal(fields, 0, 'no field for a form that is not there');
  }),

  test('the site keys of Cloudflare for tests do what they say', {}, async (t) => {
    for (const [key, end] of [['passes', 'solved'], ['passesUnseen', 'solved'], ['blocks', 'error'],
      ['blocksUnseen', 'error']]) {
      const framed = await Framed.open(t);
      const { epoch } = await framed.solve(CLOUDFLARE[key]);
      const { detail } = await framed.hears(epoch, end);
      assert.equal(detail, end === 'solved' ? CLOUDFLARE.token : '600010', key);
    }
  }),

  test('a challenge that needs a click is solved with the keyboard alone', {}, async (t) => {
    for (const [key, token] of [['double-interactive', /^DOUBLE\./], [CLOUDFLARE.asks, /^XXXX\.DUMMY/]]) {
      const framed = await Framed.open(t);
      const { epoch } = await framed.solve(key);
      await framed.hears(epoch, 'interactive');
      assert.deepEqual(await framed.said(epoch, 'solved'), [], 'not before the click');
      await framed.page.keyboard.press('Tab');
      // The focus moves from one process to another.
      const inside = await framed.inside();
      await until('the focus in the frame', () => inside.evaluate(() => document.activeElement !== document.body));
      await framed.page.keyboard.press('Space');
      const { detail } = await framed.hears(epoch, 'solved');
      assert.match(detail, token);
      assert.deepEqual(names(await framed.said(epoch)), ['rendered', 'executing', 'interactive', 'quiet', 'solved']);
    }
  }),

  test('a script that is blocked, or is another than it should be, is reported for every solve', {}, async (t) => {
    const blocked = await Framed.open(t, (route) => route.abort('blockedbyclient'));
    const absent = await Framed.open(t, (route) => sendTurnstile(route, '// nothing'));
    for (const [framed, words] of [[blocked, /blocked/], [absent, /replaced/]]) {
      for (let solve = 0; solve < 2; solve++) {
        const { epoch } = await framed.solve('double-pass');
        assert.match((await framed.hears(epoch, 'absent')).detail, words);
        assert.deepEqual(names(await framed.said(epoch)), ['absent']);
      }
    }
  }),

  test('a script that is slow is waited for', {}, async (t) => {
    let arrive = () => {};
    const asked = new Promise((resolve) => { arrive = resolve; });
    const framed = await Framed.open(t, async (route) => {
      await asked;
      await sendTurnstile(route);
    });
    const { epoch } = await framed.solve('double-pass');
    await framed.inside();
    assert.deepEqual(await framed.said(epoch), [], 'nothing to say yet');
    arrive();
    await framed.hears(epoch, 'solved');
  }),

  test('what the script throws is passed on with its code', {}, async (t) => {
    for (const [key, code] of [['double-throw-110200', '110200'], ['not a key', '3589']]) {
      const framed = await Framed.open(t);
      const { epoch } = await framed.solve(key);
      const threw = await framed.hears(epoch, 'threw');
      assert.equal(threw.code, code);
      assert.match(threw.detail, /Turnstile/);
      assert.deepEqual(names(await framed.said(epoch)), ['threw']);
    }
    const framed = await Framed.open(t);
    await framed.token('double-pass');
    await (await framed.inside()).evaluate(() => { delete globalThis.turnstile; });
    const { epoch } = await framed.solve('double-pass');
    assert.deepEqual(names([await framed.hears(epoch, 'threw')]), ['threw'], 'nor is there a script any more');
  }),

  test('an error comes once, with its code, and a browser that is not supported says so', {}, async (t) => {
    for (const code of ['110200', '300010', '300030', '600010']) {
      const framed = await Framed.open(t);
      const { epoch } = await framed.solve(`double-error-${code}`);
      assert.equal((await framed.hears(epoch, 'error')).detail, code);
      // By the time of another answer, a retry at once would have come.
      await framed.token('double-slow-1');
      assert.equal((await framed.said(epoch, 'error')).length, 1, code);
    }
    const framed = await Framed.open(t);
    const { epoch } = await framed.solve('double-unsupported');
    await framed.hears(epoch, 'unsupported');
    assert.deepEqual(await framed.said(epoch, 'error'), []);
  }),

  test('a visitor who does not click is reported, and may try again', {}, async (t) => {
    const framed = await Framed.open(t);
    const first = await framed.solve('double-timeout');
    await framed.hears(first.epoch, 'interactive');
    await framed.hears(first.epoch, 'timeout');
    const second = await framed.solve('double-timeout');
    await framed.hears(second.epoch, 'timeout');
    assert.deepEqual(await framed.said(first.epoch, 'solved'), []);
  }),

  test('a token that grows old is reported', {}, async (t) => {
    const framed = await Framed.open(t);
    await framed.page.clock.install();
    const { epoch } = await framed.solve('double-pass');
    await framed.page.clock.runFor(1_000);
    await framed.hears(epoch, 'solved');
    await framed.page.clock.runFor(300_000);
    await framed.hears(epoch, 'expired');
    assert.equal((await framed.said(epoch, 'solved')).length, 1, 'it is not renewed unasked');
  }),

  test('every solve has a token of its own, even of the same widget', {}, async (t) => {
    const framed = await Framed.open(t);
    const first = await framed.solve('double-pass');
    const one = (await framed.hears(first.epoch, 'solved')).detail;
    const second = await framed.solve('double-pass');
    const two = (await framed.hears(second.epoch, 'solved')).detail;
    assert.notEqual(one, two);
    assert.equal(claimsOf(one).cdata, first.cData);
    assert.equal(claimsOf(two).cdata, second.cData);
    assert.deepEqual(await framed.calls(), ['render', 'execute', 'reset', 'execute']);

    await framed.token('double-pass', { language: 'pt-BR' });
    await framed.token('double-slow-0', { language: 'zh-Hant' });
    assert.deepEqual((await framed.calls()).slice(4), ['remove', 'render', 'execute', 'remove', 'render', 'execute'],
      'another language or key makes another widget');
  }),

  test('a solve that is asked for while another goes on ends alone', {}, async (t) => {
    const framed = await Framed.open(t);
    const hung = await framed.solve('double-hang');
    await framed.hears(hung.epoch, 'executing');
    const shown = await framed.solve('double-interactive');
    await framed.hears(shown.epoch, 'interactive');
    const { epoch } = await framed.solve('double-pass');
    await framed.hears(epoch, 'solved');
    for (const { epoch } of [hung, shown]) assert.deepEqual(await framed.said(epoch, 'solved'), []);
  }),

  test('the script may replace itself at any time', {}, async (t) => {
    const framed = await Framed.open(t);
    const swap = async () => (await framed.inside()).evaluate(() => globalThis.turnstileDouble.swap().then(() => {}));
    const first = await framed.solve('double-pass');
    const one = (await framed.hears(first.epoch, 'solved')).detail;

    // It executes again what nobody asked for; the epoch tells the widget so.
    await swap();
    const unasked = (await framed.hears(first.epoch, 'solved', 2)).detail;
    assert.notEqual(unasked, one);

    const second = await framed.solve('double-pass');
    const two = (await framed.hears(second.epoch, 'solved')).detail;
    assert.ok(![one, unasked].includes(two));
    assert.equal(claimsOf(two).cdata, second.cData);

    // In the middle of a solve, too.
    const third = await framed.solve('double-interactive');
    await framed.hears(third.epoch, 'interactive');
    await swap();
    await framed.hears(third.epoch, 'interactive', 2);
    await framed.page.keyboard.press('Tab');
    await framed.page.keyboard.press('Space');
    await framed.hears(third.epoch, 'solved');
    assert.deepEqual(await (await framed.inside()).evaluate(() => globalThis.heard), []);
  }),

  test('the frame takes a port of its parent only, of the right origin, with the right nonce', {}, async (t) => {
    const { page } = await t.visit(t.page({ how: 'none', model: null }));
    const address = `${t.server.host}/v1/challenge.html`;
    await page.evaluate(async (address) => {
      const host = new URL(address).origin;
      const nonce = '0123456789abcdef'.repeat(2);
      const open = (origin) => new Promise((resolve) => {
        const frame = document.createElement('iframe');
        frame.onload = () => resolve(frame.contentWindow);
        frame.src = `${address}#origin=${encodeURIComponent(origin)}&nonce=${nonce}`;
        document.body.append(frame);
      });
      const heard = [];
      const offer = (name, target, nonce, sender = window) => {
        const { port1: port, port2: theirs } = new MessageChannel();
        port.onmessage = () => heard.push(name);
        port.postMessage({ epoch: 1, siteKey: 'double-pass', language: 'en', cData: '' });
        sender.offer(target, { nonce }, host, [theirs]);
      };
      const post = 'target.postMessage(words, origin, ports)';
      window.offer = new Function('target', 'words', 'origin', 'ports', post);
      const sibling = document.createElement('iframe');
      document.body.append(sibling);
      sibling.contentWindow.offer = new sibling.contentWindow.Function('target', 'words', 'origin', 'ports', post);

      const ready = [];
      addEventListener('message', ({ data, source }) => ready.push([data, source]));
      const other = await open('https://elsewhere.example');
      const frame = await open(location.origin);
      offer('another origin', other, nonce);
      offer('another nonce', frame, nonce.replace('0', '1'));
      offer('no nonce', frame, undefined);
      offer('another source', frame, nonce, sibling.contentWindow);
      offer('right', frame, nonce);
      offer('second', frame, nonce);
      Object.assign(window, { heardOn: heard, ready, right: frame });
    }, address);
    await page.waitForFunction(() => globalThis.heardOn.includes('right'));
    assert.deepEqual(await page.evaluate(() => [...new Set(globalThis.heardOn)]), ['right']);
    const ready = await page.evaluate(() =>
      globalThis.ready.map(([{ ready, nonce }, source]) => [ready, nonce.length, source === globalThis.right]));
    assert.deepEqual(ready, [[true, 32, true]], 'and it greets nobody but the origin that it was told');
  }),
];
