// The ways to put the widget on a page, and what each costs the page.

import { strict as assert } from 'node:assert';
import { VERSION, both, test } from '../test.mjs';
import { until } from '../widget.mjs';

const ENGINE = /engine/;
const MODEL = /^\/models\//;

export default [
  test('a script tag costs one file until somebody opens the chat', {}, async (t) => {
    const widget = await t.open({ how: 'script' });
    await widget.part('launcher').waitFor();
    assert.deepEqual(t.requests(), ['/v1/inferkit.js']);
    assert.ok(await widget.part('panel').isHidden(), 'the panel is closed');

    await widget.part('launcher').click();
    await widget.composer.waitFor();
    const fetched = t.requests();
    assert.ok(fetched.includes(`${VERSION}widget_bg.wasm`), fetched.join(' '));
    assert.ok(!fetched.some((path) => ENGINE.test(path) || MODEL.test(path)), `too early: ${fetched.join(' ')}`);
    t.detail(`${fetched.length} files before the first question`);

    await widget.answered('Hello');
    assert.ok(t.requests().some((path) => ENGINE.test(path)), 'the question starts the engine');
  }),

  test('the element answers behind a frame of another origin', {}, async (t) => {
    const widget = await t.open({ how: 'element' });
    const { status, text } = await widget.answered('Hello');
    assert.equal(status.backend, 'cpu');
    assert.ok(text.length > 0);
    assert.equal(new URL(widget.page.url()).origin, t.server.site);
    assert.notEqual(t.server.site, t.server.host);
    const engine = widget.page.frames().find((frame) => frame.url().includes('/engine.html'));
    assert.equal(new URL(engine.url()).origin, t.server.host);
    assert.deepEqual(t.requests('site').filter((path) => ENGINE.test(path)), [], 'the site serves no engine');
  }),

  ...both('the root is open and its parts have their names', {}, async (t) => {
    const widget = await t.open({ how: 'script' });
    await widget.part('launcher').click();
    await widget.answered('Hello');
    assert.ok(await widget.host.evaluate((element) => element.shadowRoot?.mode === 'open'));
    for (const part of ['launcher', 'panel', 'header', 'log', 'message', 'bubble', 'composer', 'send']) {
      assert.ok(await widget.part(part).count() > 0, `part ${part}`);
    }
    assert.equal(await widget.host.getByRole('log').count(), 1);
    assert.equal(await widget.element.getByRole('dialog').count(), 1);
  }),

  ...both('a site drives the widget by its handle', {}, async (t) => {
    const widget = await t.open();
    await widget.page.evaluate(async () => {
      globalThis.whole = [];
      globalThis.chat.on('message', (message) => globalThis.whole.push(message));
      await globalThis.chat.whenReady();
      globalThis.chat.setInput('a draft');
      globalThis.chat.sendMessage('Hello');
    });
    const status = await widget.settled(0);
    assert.equal(status.state, 'ready');
    assert.equal(await widget.composer.inputValue(), 'a draft', 'a message of the site leaves the draft');
    const whole = await widget.page.evaluate(() => globalThis.whole);
    assert.deepEqual(whole.map(({ role }) => role), ['user', 'assistant']);
    assert.equal(whole[0].text, 'Hello');
    assert.equal(whole[1].text, (await widget.heard('token')).map(({ detail }) => detail.text).join(''));

    const destroyed = await widget.page.evaluate(() => {
      let told = 0;
      globalThis.chat.on('destroy', () => told++);
      globalThis.chat.destroy();
      return told;
    });
    assert.equal(destroyed, 1);
    assert.equal(await widget.element.count(), 0);
    await until('the engine to be gone', async () => widget.page.frames().length === 1);
  }),

  ...both('a page with a strict policy and Trusted Types answers', {}, async (t) => {
    const widget = await t.open({ strict: true });
    await widget.answered('Hello');
    const heard = await widget.heard();
    assert.deepEqual(heard.filter(({ name }) => name === 'violation' || name === 'uncaught'), []);
  }),

  test('the iframe answers without a script on the page', {}, async (t) => {
    const widget = await t.open({ how: 'iframe' });
    await widget.answered('Hello');
    assert.equal(await widget.part('error').count(), 0);
    assert.deepEqual(t.requests('site').filter((path) => !/^.(page|favicon)/.test(path)), []);
  }),
];
