// The frame that the loader makes: what it may do, whom it talks to, and what it says when HOST's page does not come.

import { strict as assert } from 'node:assert';
import { VERSION, test } from '../test.mjs';
import { REFERENCE, until } from '../widget.mjs';

/**
 * A page of the site that puts embed.html into a frame by itself, and remembers what it hears of it as `said`.
 * `origin` is what the fragment says of the page.
 */
const impostor = async (t, origin) => {
  const widget = await t.open({ script: 'globalThis.said = [];', how: 'script', options: { launcher: 'floating' } });
  await widget.page.evaluate(([host, origin]) => {
    addEventListener('message', ({ data }) => globalThis.said.push(data));
    const frame = document.createElement('iframe');
    frame.src = `${host}/v1/embed.html#${new URLSearchParams({ origin, nonce: 'number-once' })}`;
    return new Promise((resolve) => {
      frame.onload = resolve;
      document.body.append(frame);
    });
  }, [t.server.host, origin]);
  const frame = widget.page.frames().find((frame) => frame.url().includes('/embed.html'));
  await probes(frame);
  /** Offers a port, waits until the frame has seen it, and says how many widgets stand there. */
  const offer = async (nonce, from = 'parent') => {
    await widget.page.evaluate(([nonce, from, host]) => {
      const { port1, port2 } = new MessageChannel();
      port1.postMessage({ call: 'set_options', values: [{ lang: 'de', heading: 'From the page' }] });
      const target = document.querySelector('iframe').contentWindow;
      if (from === 'parent') {
        target.postMessage({ nonce }, host, [port2]);
        return target.postMessage('probe', host);
      }
      // Same origin, but another window.
      const other = document.body.appendChild(document.createElement('iframe'));
      const script = other.contentDocument.createElement('script');
      script.textContent = 'send = (target, ...values) => target.postMessage(...values)';
      other.contentDocument.body.append(script);
      other.contentWindow.send(target, { nonce }, host, [port2]);
      return other.contentWindow.send(target, 'probe', host);
    }, [nonce, from, t.server.host]);
    await probed(frame);
    return frame.locator('inferkit-widget').count();
  };
  return { widget, frame, offer };
};

/** Messages to a window arrive in their order, so that a `probe` after others says that they were seen. */
const probes = (frame) => frame.evaluate(() => addEventListener('message', ({ data }) => {
  if (data === 'probe') globalThis.probed = true;
}));
const probed = async (frame) => {
  await until('the probe', () => frame.evaluate(() => globalThis.probed));
  await frame.evaluate(() => { globalThis.probed = false; });
};

export default [
  test('the frame may do what it must, and its address names no option', {}, async (t) => {
    const widget = await t.open({ how: 'init-iframe', options: { heading: 'Ask us' } });
    await widget.answered('Hello');
    const frame = await widget.element.evaluate((element) => {
      const frame = element.shadowRoot.querySelector('iframe');
      const { src, title, allow } = frame;
      return { src, title, allow, sandbox: [...frame.sandbox].sort(), referrer: frame.referrerPolicy };
    });
    assert.deepEqual(frame.sandbox, ['allow-forms', 'allow-popups', 'allow-popups-to-escape-sandbox',
      'allow-same-origin', 'allow-scripts', 'allow-top-navigation-by-user-activation']);
    assert.match(frame.allow, /^clipboard-write(; (language-model|(local|loopback)-network(-access)?))*$/);
    assert.equal(frame.title, 'Ask us');
    const { origin, pathname, hash } = new URL(frame.src);
    assert.equal(origin + pathname, `${t.server.host}${VERSION}embed.html`);
    const fragment = new URLSearchParams(hash.slice(1));
    assert.deepEqual([...fragment.keys()], ['origin', 'nonce']);
    assert.equal(fragment.get('origin'), t.server.site);
    assert.ok(!t.requests().some((path) => path.includes('ik_pub')));
    assert.deepEqual(t.requests('site').filter((path) => !/^.(page|favicon)/.test(path)), []);
  }),

  test('the page’s language is the frame’s', {}, async (t) => {
    const widget = await t.open({ how: 'init-iframe' });
    await widget.composer.waitFor();
    const document = await widget.document();
    assert.equal(await document.evaluate(() => document.documentElement.lang), 'en');
    await widget.page.evaluate(() => {
      document.documentElement.lang = 'fr';
      globalThis.chat.setOptions({ heading: 'Bonjour' });
    });
    await until('the new language', () => document.evaluate(() => document.documentElement.lang === 'fr'));
  }),

  test('a frame for another origin tells this page nothing and takes no port of it', {}, async (t) => {
    const { widget, offer } = await impostor(t, 'https://another.example');
    assert.equal(await offer('number-once'), 0);
    assert.deepEqual(await widget.page.evaluate(() => globalThis.said), []);
  }),

  test('a frame takes a port with its nonce, from the page around it, and once', {}, async (t) => {
    const { widget, frame, offer } = await impostor(t, t.server.site);
    const said = await until('the frame to say that it is there', () => widget.page.evaluate(() =>
      globalThis.said.length && globalThis.said));
    const [{ since, ...words }] = said;
    assert.deepEqual(words, { inferkit: 'embed', nonce: 'number-once' });
    assert.equal(since, await frame.evaluate(() => performance.timeOrigin), 'which document says so');
    assert.equal(await offer('number-twice'), 0, 'a wrong nonce');
    assert.equal(await offer('number-once', 'sibling'), 0, 'a sibling of the same origin');
    assert.equal(await offer('number-once'), 1, 'the page itself');
    await frame.locator('[part~="header"]').getByText('From the page').waitFor();
    assert.equal(await offer('number-once'), 1, 'a second port changes nothing');
  }),

  test('the page takes no message of another window for the frame’s', {}, async (t) => {
    const base = t.server.addFolder({ missing: ['embed.js'] });
    const widget = await t.open({ how: 'init-iframe', base });
    const frame = await widget.document();
    const { nonce } = Object.fromEntries(new URLSearchParams(new URL(frame.url()).hash.slice(1)));
    const got = () => frame.evaluate(() => globalThis.ports ?? 0);
    await frame.evaluate(() => addEventListener('message', ({ ports }) => {
      globalThis.ports = (globalThis.ports ?? 0) + ports.length;
    }));
    await probes(widget.page);
    await probes(frame);
    await widget.page.evaluate((nonce) => postMessage({ inferkit: 'embed', nonce }, '*'), nonce);
    await frame.evaluate(() => {
      parent.postMessage({ inferkit: 'embed', nonce: 'a guess' }, '*');
      parent.postMessage('probe', '*');
    });
    await probed(widget.page);
    // A port for it would have left before this.
    await widget.page.evaluate(() => document.querySelector('inferkit-widget').shadowRoot.querySelector('iframe')
      .contentWindow.postMessage('probe', '*'));
    await probed(frame);
    assert.equal(await got(), 0);
    await frame.evaluate((nonce) => {
      parent.postMessage({ inferkit: 'embed', nonce }, '*');
      parent.postMessage({ inferkit: 'embed', nonce }, '*');
    }, nonce);
    await until('the port', async () => await got() === 1);
  }),

  test('what comes through the port is rebuilt or ignored', {}, async (t) => {
    const widget = await t.open({ how: 'init-iframe', base: t.server.addFolder({ missing: ['embed.js'] }) });
    const frame = await widget.document();
    const { nonce } = Object.fromEntries(new URLSearchParams(new URL(frame.url()).hash.slice(1)));
    await frame.evaluate((nonce) => {
      addEventListener('message', ({ ports: [port] }) => {
        globalThis.calls = [];
        port.onmessage = ({ data }) => globalThis.calls.push(data);
        const detail = { code: 'rate_limited', message: 7, reference: 'req-12345', extra: 'x' };
        for (const words of [null, 'text', { event: 'constructor' }, { event: 'destroy', detail: {} }, { other: 1 },
          { event: 'error', detail }, { event: 'ready' }]) port.postMessage(words);
      });
      parent.postMessage({ inferkit: 'embed', nonce }, '*');
    }, nonce);
    await widget.event('ready');
    const { detail, frozen } = await widget.event('error');
    assert.deepEqual(detail, { code: 'rate_limited', message: null, request_id: null, reference: 'req-12345' });
    assert.ok(frozen, 'frozen again on this side');
    const heard = (await widget.heard()).map(({ name }) => name);
    assert.deepEqual(heard, ['onError', 'error', 'ready']);
    await widget.page.evaluate(() => globalThis.chat.sendMessage('Hello'));
    const calls = await until('the calls', () => frame.evaluate(() =>
      globalThis.calls.length >= 2 && globalThis.calls));
    assert.deepEqual(calls.map(({ call }) => call), ['set_options', 'send_message']);
    const [options] = calls[0].values;
    assert.equal(options.lang, 'en');
    assert.equal(options.closable, false);
    assert.deepEqual(['onError', 'embed', 'target', 'launcher'].filter((name) => options[name] !== undefined), []);
  }),

  test('a frame that does not answer is told in time: internal_client_error', {}, async (t) => {
    const base = t.server.addFolder({ missing: ['embed.js'] });
    const clock = (page) => page.clock.install();
    const widget = await t.open({ how: 'init-iframe', base, prepare: clock });
    const ready = widget.page.evaluate(() => globalThis.chat.whenReady().then(() => 'ready', ({ message }) => message));
    await widget.document();
    // It goes on by itself meanwhile, and a busy machine may take a while.
    await widget.page.clock.runFor(15_000);
    assert.deepEqual(await widget.heard('error'), []);
    await widget.page.clock.runFor(16_000);
    const { detail, frozen } = await widget.event('error');
    assert.equal(detail.code, 'internal_client_error');
    assert.match(detail.reference, REFERENCE);
    assert.ok(frozen);
    assert.equal(await ready, detail.message);
    const words = await widget.element.locator('[part~="error"]').innerText();
    assert.match(words, /on our side/i);
    assert.ok(words.includes(detail.reference));
    assert.equal(widget.page.frames().length, 1, 'the frame is gone');
  }),

  test('a launcher opens the frame, whose own button closes it', {}, async (t) => {
    const widget = await t.open({ how: 'script-iframe' });
    assert.deepEqual(t.requests(), ['/v1/inferkit.js']);
    await widget.part('launcher').click();
    const focused = () => widget.composer.evaluate((field) => field.getRootNode().activeElement === field);
    await widget.composer.waitFor();
    await until('the focus in the composer', focused);
    await widget.page.keyboard.type('half a thought');
    await widget.button('close').click();
    await widget.element.locator('[part~="panel"]').waitFor({ state: 'hidden' });
    assert.ok(await widget.part('launcher').evaluate((button) => button.getRootNode().activeElement === button));
    await widget.page.keyboard.press('Enter');
    await until('the focus back in the composer', focused);
    assert.equal(await widget.composer.inputValue(), 'half a thought');
    await widget.page.keyboard.press('Escape');
    await widget.element.locator('[part~="panel"]').waitFor({ state: 'hidden' });
    assert.deepEqual((await widget.heard()).map(({ name }) => name).filter((name) => /open|close/.test(name)),
      ['open', 'close', 'open', 'close']);
  }),

  test('embed.html takes no frame in itself from its fragment', {}, async (t) => {
    const widget = await t.open({ how: 'iframe', options: { target: '#x' } });
    const document = await widget.document();
    await document.evaluate(() => { location.hash += '&embed=iframe'; });
    await widget.answered('Hello');
    assert.equal(widget.page.frames().filter((frame) => frame.url().includes('/embed.html')).length, 1);
  }),
];
