// A control that vanishes hands the focus on: nobody at a keyboard is left at the top of the page.

import { strict as assert } from 'node:assert';
import { GUARD, HELPLESS, online } from '../remote.mjs';
import { Asset } from '../server/files.mjs';
import { both, test } from '../test.mjs';
import { until } from '../widget.mjs';

const STORY = 'Tell me a long story about a lighthouse keeper and the sea.';
const ASKS = { options: { consent: 'ask' } };

/** The part, or the tag, that has the focus; nothing when the page's body has it. */
const focused = (widget) => widget.host.evaluate((host) => {
  const active = host.shadowRoot.activeElement;
  return active && (active.getAttribute('part') ?? active.localName);
});

/** The tiny model with idle bytes behind it, so that there is something to wait for. */
const large = (t) => Asset.memory(Buffer.concat([t.tiny, Buffer.alloc(6_000_000)]));

/** Each control that vanishes when it is pressed: how a visitor comes to it. Returns the widget and the control. */
const CONTROLS = {
  'Send, which becomes Stop': async (t, wishes) => {
    const widget = await t.open({ model: t.server.model, ...wishes });
    await widget.composer.fill(STORY);
    return [widget, widget.button('send')];
  },
  'Stop, which becomes Send': async (t, wishes) => {
    const widget = await t.open({ model: t.server.model, ...wishes, options: { maxTokens: 400 } });
    await widget.ask(STORY);
    await widget.event('token', { ms: 60_000 });
    return [widget, widget.button('stop')];
  },
  'Download': async (t, wishes) => {
    const widget = await t.open({ ...ASKS, ...wishes });
    await widget.ask('Hello');
    return [widget, widget.button('agree')];
  },
  'Not now': async (t, wishes) => {
    const widget = await t.open({ ...ASKS, ...wishes });
    await widget.ask('Hello');
    return [widget, widget.button('decline')];
  },
  'I’ve changed my mind': async (t, wishes) => {
    const widget = await t.open({ ...ASKS, ...wishes });
    await widget.ask('Hello');
    await widget.button('decline').click();
    return [widget, widget.button('reconsider')];
  },
  'Cancel': async (t, wishes) => {
    const widget = await t.open({ model: t.model('slow:500000', large(t)), ...wishes });
    await widget.ask('Hello');
    return [widget, widget.button('cancel')];
  },
  'Try again': async (t, wishes) => {
    const model = t.model('404');
    const widget = await t.open({ model, ...wishes });
    await widget.ask('Hello');
    await widget.button('again').waitFor();
    model.fault = '';
    return [widget, widget.button('again')];
  },
  'New conversation': async (t, wishes) => {
    const widget = await t.open(wishes);
    await widget.answered('Hello');
    return [widget, widget.button('renew')];
  },
  'a question to begin with': async (t, wishes) => {
    const widget = await t.open({ ...wishes, options: { prompts: ['What do you sell?'] } });
    return [widget, widget.host.getByRole('button', { name: 'What do you sell?', exact: true })];
  },
};

/** What stands between a question and a server. */
const LEAVES = { settings: { ...GUARD, site_key: 'double-interactive' }, options: { ...HELPLESS, maxTokens: 8 } };

const ONLINE = {
  'Answer online': async (t, wishes) => {
    const { widget } = await online(t, { ...LEAVES, ...wishes });
    await widget.ask('Hello');
    return [widget, widget.button('leaving')];
  },
  'Not now, on this device': async (t, wishes) => {
    const { widget } = await online(t, { ...LEAVES, ...wishes });
    await widget.ask('Hello');
    return [widget, widget.card('leave').getByRole('button', { name: 'Not now', exact: true })];
  },
};

/** Presses the control, and waits for what has the focus when it is gone. */
async function handsOn(t, reach, wishes, to) {
  const [widget, control] = await reach(t, wishes);
  await control.waitFor();
  await control.focus();
  await widget.page.keyboard.press('Enter');
  await control.waitFor({ state: 'hidden' });
  // A frame later the browser has taken the focus from what can't have it.
  await widget.host.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50))));
  assert.equal(await focused(widget), to);
}

/** A phone has nothing but a finger. */
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

export default [
  ...Object.entries({ ...CONTROLS, ...ONLINE }).flatMap(([name, reach]) =>
    both(`the focus after: ${name}`, { timeout: 120_000 }, (t) => handsOn(t, reach, {}, 'textarea'))),

  ...Object.entries(CONTROLS).flatMap(([name, reach]) =>
    both(`the focus on a phone after: ${name}`, { timeout: 120_000 }, (t) =>
      handsOn(t, reach, { context: PHONE }, 'log'))),

  ...both('the focus after the check for being human', { timeout: 60_000 }, async (t) => {
    const { widget } = await online(t, LEAVES);
    await widget.ask('Hello');
    await widget.button('leaving').click();
    await widget.card('verify').waitFor();
    const frame = widget.scope.frameLocator('iframe[src*="challenge.html"]');
    await frame.getByRole('checkbox').click();
    await until('the focus in the composer', async () => await focused(widget) === 'textarea');
  }),

  ...both('the focus after: to the newest message', { timeout: 120_000 }, async (t) => {
    const widget = await t.open({ model: t.server.model, options: { maxTokens: 200 } });
    await widget.element.evaluate((element) => { element.style.blockSize = '320px'; });
    const log = widget.part('log');
    await widget.ask(`${STORY} `.repeat(8));
    await until('an answer that needs room', () => log.evaluate((log) => log.scrollHeight > log.clientHeight + 150));
    await log.hover();
    await widget.page.mouse.wheel(0, -120);
    const newest = widget.host.getByRole('button', { name: 'Go to the newest message', exact: true });
    await newest.focus();
    await widget.page.keyboard.press('Enter');
    await newest.waitFor({ state: 'hidden' });
    assert.equal(await focused(widget), 'log', 'the visitor reads on');
  }),

  ...both('what vanishes without the focus leaves it where it is', {}, async (t) => {
    const widget = await t.open({ options: { prompts: ['What do you sell?'] } });
    await widget.page.evaluate(() => {
      const field = document.body.appendChild(document.createElement('input'));
      field.id = 'own';
      field.focus();
      globalThis.chat.sendMessage('Hello');
    });
    await widget.settled(0);
    assert.equal(await widget.page.evaluate(() => document.activeElement?.id), 'own');
  }),

  ...both('P14: a laptop whose screen can be touched', {}, async (t) => {
    const widget = await t.open({
      how: 'script',
      prepare: (page) => page.addInitScript(() =>
        Object.defineProperty(navigator, 'maxTouchPoints', { get: () => 10 })),
    });
    await widget.part('launcher').click();
    await until('the focus in the composer', async () => await focused(widget) === 'textarea');
  }),

  ...both('a panel that opens on a phone brings up no keyboard', {}, async (t) => {
    const widget = await t.open({ how: 'script', context: PHONE });
    await widget.part('launcher').tap();
    await until('the focus in the log', async () => await focused(widget) === 'log');
  }),

  test('P13: an Escape that ends a composition in Safari', {}, async (t) => {
    const widget = await t.open({ how: 'script' });
    await widget.part('launcher').click();
    await widget.composer.waitFor();
    const press = (keyCode) => widget.composer.evaluate((field, keyCode) => field.dispatchEvent(
      new KeyboardEvent('keydown', { key: 'Escape', keyCode, bubbles: true, composed: true })), keyCode);
    await press(229);
    await widget.page.waitForTimeout(100);
    assert.ok(await widget.composer.isVisible(), 'the panel stays');
    await press(27);
    await widget.part('panel').waitFor({ state: 'hidden' });
  }),
];
