// Pages as people build them: what they do to a widget that stands there, and what it must not do to them. Each test
// carries the number of its fault. Real frameworks are under test in frameworks.mjs.

import { strict as assert } from 'node:assert';
import { blank, load, panel, turn } from '../page.mjs';
import { both, test } from '../test.mjs';
import { until } from '../widget.mjs';

const TEXT = 'safe/fast?';

export default [
  ...both('P01: a page’s shortcuts take no key of ours', {}, async (t) => {
    const widget = await t.open({ how: 'element' });
    await widget.composer.waitFor();
    await widget.page.evaluate(() => {
      globalThis.shortcuts = [];
      const heard = (event) => {
        if (/^(INPUT|TEXTAREA)$/.test(event.target.tagName)) return;
        globalThis.shortcuts.push(`${event.type} ${event.key ?? ''}`);
        if (['s', 'f', '/', '?'].includes(event.key)) event.preventDefault();
      };
      for (const type of ['keydown', 'keypress', 'keyup', 'beforeinput', 'input', 'paste', 'copy', 'focusin', 'focusout',
        'compositionstart', 'compositionend']) document.addEventListener(type, heard);
    });
    await widget.composer.click();
    await widget.page.keyboard.type(TEXT);
    assert.equal(await widget.composer.inputValue(), TEXT);
    await widget.page.keyboard.press('ControlOrMeta+A');
    await widget.page.keyboard.press('ControlOrMeta+C');
    await widget.page.keyboard.press('End');
    await widget.page.keyboard.press('ControlOrMeta+V');
    await until('what was pasted', async () => await widget.composer.inputValue() === TEXT + TEXT);
    const session = await widget.page.context().newCDPSession(widget.page);
    await session.send('Input.imeSetComposition', { text: 'か', selectionStart: 1, selectionEnd: 1 }).catch(() => {});
    await session.send('Input.insertText', { text: '蚊' });
    const heard = await widget.page.evaluate(() => globalThis.shortcuts);
    // The page hears that the focus left it for a frame, and nothing of what happens there.
    assert.deepEqual(heard.filter((one) => !t.framed || !one.startsWith('focus')), []);
  }),

  test('P01: keys on our buttons are the page’s as well', {}, async (t) => {
    const widget = await t.open({ how: 'script' });
    await widget.page.evaluate(() => {
      globalThis.keys = [];
      document.addEventListener('keydown', ({ key }) => globalThis.keys.push(key));
    });
    await widget.part('launcher').click();
    await widget.composer.waitFor();
    await widget.part('launcher').focus();
    await widget.page.keyboard.press('?');
    assert.deepEqual(await widget.page.evaluate(() => globalThis.keys), ['?']);
  }),

  test('P01: a modal of the page does not pull the focus back', {}, async (t) => {
    const widget = await t.open({ how: 'element' });
    await widget.composer.waitFor();
    await widget.page.evaluate(() => {
      const field = document.body.appendChild(document.createElement('input'));
      field.focus();
      // As focus traps do: whatever takes the focus from inside gives it back.
      document.addEventListener('focusin', ({ target }) => target !== field && field.focus());
      document.addEventListener('focusout', ({ relatedTarget }) => relatedTarget && field.focus());
    });
    await widget.composer.click();
    await widget.page.keyboard.type(TEXT);
    assert.equal(await widget.composer.inputValue(), TEXT);
  }),

  ...both('P02: a launcher outlives every swap of the body', { timeout: 120_000 }, async (t) => {
    const widget = await t.open({ how: 'script' });
    await widget.part('launcher').click();
    await widget.composer.fill('half a thought');
    const frames = widget.page.frames().length;
    await widget.page.evaluate(async () => {
      const { src, attributes } = document.querySelector('script[src*="inferkit.js"]');
      const given = [...attributes].map(({ name, value }) => [name, value]);
      const visit = async (number) => {
        const body = document.createElement('body');
        body.append(`Page ${number}`);
        // A tag that was parsed with the page runs as one that a script makes.
        const script = body.appendChild(document.createElement('script'));
        for (const [name, value] of given) script.setAttribute(name, value);
        const ran = new Promise((resolve) => { script.onload = resolve; });
        if (number % 3 === 0) document.body.replaceWith(body);
        else if (number % 3 === 1) document.documentElement.replaceChild(body, document.body);
        else document.body.replaceChildren(...body.childNodes);
        await ran;
        return src;
      };
      for (let number = 0; number < 50; number++) await visit(number);
    });
    await turn(widget);
    assert.equal(await widget.element.count(), 1);
    assert.ok(await panel(widget).isVisible(), 'it is open still');
    assert.equal(await widget.composer.inputValue(), 'half a thought');
    assert.equal(widget.page.frames().length, frames);
    const names = (await widget.heard()).map(({ name }) => name);
    assert.deepEqual(names.filter((name) => ['destroy', 'close', 'error', 'uncaught'].includes(name)), []);
    await widget.answered('Hello');
  }),

  ...both('P02: a launcher whose tag stands in the head stays', {}, async (t) => {
    const widget = await t.open({ how: 'script' });
    await widget.part('launcher').waitFor();
    await widget.page.evaluate(() => document.body.replaceWith(document.createElement('body')));
    await turn(widget);
    await widget.part('launcher').click();
    await widget.composer.waitFor();
    await widget.page.evaluate(() => {
      const page = document.createElement('html');
      page.append(document.createElement('head'), document.createElement('body'));
      document.documentElement.replaceWith(page);
    });
    await turn(widget);
    assert.equal(await widget.element.count(), 1);
    assert.ok(await panel(widget).isVisible());
    await widget.answered('Hello');
  }),

  ...both('P02: `init` that runs again means the launcher that is there', {}, async (t) => {
    const widget = await t.open({ options: { target: undefined } });
    const same = await widget.page.evaluate(() => {
      const { element } = InferKit.init({ heading: 'The second page' });
      return element === globalThis.chat.element;
    });
    assert.ok(same);
    assert.equal(await widget.element.count(), 1);
    assert.equal(await widget.part('launcher').getAttribute('aria-label'), 'The second page');
    await widget.page.evaluate(() => {
      globalThis.chat.destroy();
      InferKit.init({});
    });
    assert.equal(await widget.part('launcher').getAttribute('aria-label'), 'Chat', 'another, once it was destroyed');
  }),

  ...both('P02: an element in the new body goes on with the conversation', {}, async (t) => {
    const widget = await t.open({ how: 'element' });
    await widget.composer.fill('half a thought');
    await widget.page.waitForTimeout(500);
    await widget.page.evaluate(() => {
      const old = document.querySelector('inferkit-widget');
      const body = document.createElement('body');
      const element = body.appendChild(document.createElement('inferkit-widget'));
      for (const { name, value } of old.attributes) element.setAttribute(name, value);
      document.body.replaceWith(body);
    });
    await until('the draft', async () => await widget.composer.inputValue() === 'half a thought');
    assert.equal(await widget.element.count(), 1);
    assert.equal(widget.page.frames().length, t.framed ? 2 : 1);
  }),

  ...both('P03: a copy of the body has the widget that it had', {}, async (t) => {
    const widget = await t.open({ options: { heading: 'Ask us' } });
    await widget.composer.fill('half a thought');
    await widget.page.waitForTimeout(500);
    for (let round = 0; round < 3; round++) {
      await widget.page.evaluate(() => {
        const copy = document.body.cloneNode(true);
        document.body.replaceWith(document.createElement('body'));
        document.body.replaceWith(copy);
      });
      await turn(widget);
      assert.equal(await widget.element.count(), 1);
    }
    await widget.part('header').getByText('Ask us').waitFor();
    await until('the draft', async () => await widget.composer.inputValue() === 'half a thought');
    assert.ok(await widget.page.evaluate(() => globalThis.chat.element.isConnected), 'the handle is of use still');
    await widget.answered('Hello');
    await widget.page.evaluate(() => {
      const copy = document.body.cloneNode(true);
      globalThis.chat.destroy();
      document.body.replaceWith(copy);
    });
    await turn(widget);
    assert.equal(await widget.element.count(), 0, 'what was destroyed does not come back');
  }),

  ...both('P03: a copy of the whole page has one launcher', {}, async (t) => {
    const widget = await t.open({ how: 'script', options: { heading: 'Ask us' } });
    await widget.part('launcher').click();
    await widget.composer.waitFor();
    await widget.page.evaluate(() => document.documentElement.replaceWith(document.documentElement.cloneNode(true)));
    await turn(widget);
    assert.equal(await widget.element.count(), 1);
    assert.equal(await widget.part('launcher').getAttribute('aria-label'), 'Ask us');
    await widget.answered('Hello');
  }),

  test('P03: a launcher that a prerenderer wrote into the page is no second one', {}, async (t) => {
    const widget = await blank(t);
    await widget.page.evaluate(() => {
      const written = document.body.appendChild(document.createElement('inferkit-widget'));
      written.dataset.inferkit = '1';
      written.style.display = 'contents';
    });
    await load(widget, t, { attributes: { 'data-heading': 'Ask us' } });
    await turn(widget);
    assert.equal(await widget.element.count(), 1);
    assert.equal(await widget.part('launcher').getAttribute('aria-label'), 'Ask us');
  }),

  ...both('P08: a launcher is not printed', {}, async (t) => {
    const widget = await t.open({ how: 'script' });
    await widget.part('launcher').click();
    await widget.composer.waitFor();
    await widget.page.emulateMedia({ media: 'print' });
    assert.equal(await widget.part('launcher').isVisible(), false);
    assert.equal(await panel(widget).isVisible(), false);
  }),

  ...['transform: translateZ(0)', 'filter: blur(0)', 'contain: paint', 'will-change: transform', 'perspective: 1px']
    .map((style) => test(`P09: body{${style}} and a long page`, {}, async (t) => {
      const widget = await t.open({ how: 'script' });
      await widget.page.evaluate((style) => {
        document.body.style.cssText = `${style}; height: 4000px`;
        scrollTo(0, 2000);
      }, style);
      const { height } = widget.page.viewportSize();
      const inView = async (part) => {
        const box = await part.boundingBox();
        assert.ok(box && box.y >= 0 && box.y + box.height <= height, JSON.stringify(box));
      };
      await inView(widget.part('launcher'));
      await widget.part('launcher').click();
      await inView(panel(widget));
    })),

  ...both('P12: answers can be selected on a page where nothing can', {}, async (t) => {
    const widget = await t.open({ how: 'element' });
    await widget.page.evaluate(() => { document.body.style.userSelect = 'none'; });
    await widget.answered('Hello');
    assert.equal(await widget.part('bubble').first().evaluate((bubble) => getComputedStyle(bubble).userSelect), 'text');
  }),

  ...both('P19: an element that moves is the same afterwards', {}, async (t) => {
    const widget = await t.open();
    await widget.answered('Hello');
    const before = await widget.part('bubble').allInnerTexts();
    await widget.composer.fill('half a thought');
    await widget.page.waitForTimeout(500);
    for (let round = 0; round < 3; round++) {
      await widget.page.evaluate(() => {
        const place = document.body.appendChild(document.createElement('section'));
        place.append(globalThis.chat.element);
      });
      await until('the conversation', async () =>
        (await widget.part('bubble').allInnerTexts().catch(() => [])).join() === before.join());
      assert.equal(await widget.composer.inputValue(), 'half a thought');
    }
    // Asked in the turn of the move, before the frame can hear.
    const mark = await widget.mark();
    await widget.page.evaluate(() => {
      document.body.append(globalThis.chat.element);
      globalThis.chat.sendMessage('And now?');
    });
    await widget.event('message', { from: mark, fits: ({ role }) => role === 'assistant' });
    assert.deepEqual((await widget.heard()).filter(({ name }) => ['error', 'destroy', 'uncaught'].includes(name)), []);
  }),

  test('P19: a frame that was moved without being begun anew goes on', {}, async (t) => {
    const widget = await t.open({ how: 'init-iframe' });
    await widget.composer.fill('half a thought');
    const moved = await widget.page.evaluate(() => {
      const place = document.body.appendChild(document.createElement('section'));
      place.moveBefore?.(globalThis.chat.element, null);
      return 'moveBefore' in place;
    });
    if (moved) assert.equal(await widget.composer.inputValue(), 'half a thought');
    await widget.answered('Hello');
  }),

  test('P20: a browser without light-dark() and relative colours draws a panel that can be read', {}, async (t) => {
    const widget = await t.open({ how: 'script', prepare: (page) => page.addInitScript(() => {
      const { replaceSync } = CSSStyleSheet.prototype;
      CSSStyleSheet.prototype.replaceSync = function (text) {
        replaceSync.call(this, text.replaceAll('light-dark(', 'no-such(').replaceAll('oklch(from', 'no-such(from'));
      };
    }) });
    const colour = (part, name) => part.evaluate((element, name) => getComputedStyle(element)[name], name);
    assert.equal(await colour(widget.part('launcher'), 'backgroundColor'), 'rgb(29, 29, 32)');
    assert.equal(await colour(widget.part('launcher'), 'color'), 'rgb(255, 255, 255)');
    await widget.part('launcher').click();
    assert.equal(await colour(panel(widget), 'backgroundColor'), 'rgb(255, 255, 255)');
    await widget.composer.waitFor();
    assert.equal(await colour(panel(widget), 'color'), 'rgb(29, 29, 32)');
  }),
];
