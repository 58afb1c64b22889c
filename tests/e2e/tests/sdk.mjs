// What a developer has: options in four spellings, a handle that can be used at once, events, and one object for a
// failure wherever it is heard.

import { strict as assert } from 'node:assert';
import { both, test } from '../test.mjs';
import { REFERENCE, until } from '../widget.mjs';

/** What the console says of us. */
function listen(page, type) {
  const said = [];
  page.on('console', (message) => {
    if (message.type() === type && message.text().includes('InferKit')) said.push(message.text());
  });
  return said;
}

/** A page whose script, run before there is a body, sees its options as `options`. */
const scripted = (t, script, { options = {}, model = t.model(), ...more } = {}) => {
  const given = {
    backend: 'cpu', consent: 'granted', temperature: 0, maxTokens: 12,
    model: { url: model.url, sha256: model.sha256, bytes: model.bytes }, ...options,
  };
  const embed = t.framed ? 'iframe' : undefined;
  return t.open({ model: null, ...more, script: `const options = ${JSON.stringify({ ...given, embed })};\n${script}` });
};

export default [
  ...both('every method can be called before anything has loaded, and all happen in order', {}, async (t) => {
    const widget = await scripted(t, `
      globalThis.order = [];
      const chat = InferKit.init(options);
      for (const name of ['open', 'ready', 'message']) chat.on(name, () => order.push(name));
      const never = () => order.push('never');
      chat.on('open', never);
      chat.off('open', never);
      chat.toggle();
      chat.setInput('first');
      chat.reset();
      chat.stop();
      chat.setOptions({ heading: 'Changed' });
      chat.sendMessage('Hello');
      chat.setInput('a draft');
      chat.whenReady().then((same) => order.push(same.element === chat.element ? 'whenReady' : 'another'));
    `);
    await until('the answer', async () => (await widget.heard('message')).length === 2);
    assert.equal(await widget.composer.inputValue(), 'a draft');
    assert.equal(await widget.part('header').getByText('Changed').count(), 1);
    const order = await widget.page.evaluate(() => globalThis.order);
    assert.equal(order[0], 'open');
    assert.deepEqual([...order].sort(), ['message', 'message', 'open', 'ready', 'whenReady']);
    assert.ok(await widget.part('panel').isVisible());
  }),

  test('a widget that goes before it came was never there', {}, async (t) => {
    const widget = await scripted(t, `
      globalThis.gone = 0;
      const chat = InferKit.init({ ...options, target: '#here' });
      InferKit.init(options).destroy();
      const late = InferKit.init(options);
      late.on('destroy', () => gone++);
      addEventListener('load', () => { late.destroy(); late.destroy(); });
    `);
    await until('the end', () => widget.page.evaluate(() => globalThis.gone === 1));
    assert.equal(await widget.element.count(), 0);
    assert.deepEqual(t.requests(), ['/v1/inferkit.js'], 'a launcher that nobody opened costs nothing');
  }),

  ...both('a place that is not there is told: config_invalid', {}, async (t) => {
    const widget = await scripted(t, `
      globalThis.failures = [];
      const start = () => {
        const chat = InferKit.init({ ...options, target: '#nowhere' });
        chat.on('error', (failure) => failures.push(failure));
      };
      start();
      addEventListener('load', start);
    `);
    const failures = await until('the failures', () => widget.page.evaluate(() =>
      globalThis.failures.length === 2 && globalThis.failures));
    for (const { code, message, reference } of failures) {
      assert.equal(code, 'config_invalid');
      assert.match(message, /#nowhere/);
      assert.match(reference, REFERENCE);
    }
  }),

  ...both('one object for a failure, frozen, wherever it is heard, and quiet in the console', {}, async (t) => {
    const widget = await t.open({ model: t.model('404') });
    const said = listen(widget.page, 'error');
    await widget.page.evaluate(() => {
      globalThis.same = [];
      const note = (failure) => globalThis.same.push(failure);
      const { chat } = globalThis;
      chat.on('error', () => { throw new Error('a listener of the site'); });
      chat.on('error', note);
      chat.element.onError = note;
      chat.element.addEventListener('inferkit:error', (event) => (note(event.detail), event.preventDefault()));
      chat.element.addEventListener('error', (event) => note(event.detail));
      document.addEventListener('error', () => note('a plain error does not bubble'));
    });
    await widget.ask('Hello');
    await widget.part('error').waitFor();
    const { count, kinds, frozen, fields } = await until('four to hear it', () => widget.page.evaluate(() => {
      const { same } = globalThis;
      return same.length >= 4 && {
        count: same.length, kinds: new Set(same).size, frozen: Object.isFrozen(same[0]), fields: Object.keys(same[0]),
      };
    }));
    assert.deepEqual({ count, kinds, frozen }, { count: 4, kinds: 1, frozen: true });
    assert.deepEqual(fields.sort(), ['code', 'message', 'reference', 'request_id']);
    assert.equal((await widget.heard('uncaught')).length, 1, 'the site’s own mistake is the site’s to see');
    assert.deepEqual(said, []);
    const { reference } = (await widget.heard('error'))[0].detail;
    assert.match(await widget.part('ref').last().innerText(), new RegExp(reference));
  }),

  ...both('the console is told once when nobody listens, and always with debug', {}, async (t) => {
    const model = t.model('404');
    const widget = await t.open({ how: 'element', model });
    const said = listen(widget.page, 'error');
    await widget.ask('Hello');
    await until('the line', async () => said.length);
    await widget.page.evaluate(() => document.querySelector('inferkit-widget')
      .addEventListener('inferkit:error', (event) => event.preventDefault()));
    await widget.button('again').click();
    await until('the second failure', async () => (await widget.heard('error')).length === 2);
    assert.equal(said.length, 1, 'who prevents the default is told alone');
    await widget.page.evaluate(() => { document.querySelector('inferkit-widget').debug = true; });
    await widget.button('again').click();
    await until('the third failure', async () => (await widget.heard('error')).length === 3);
    await until('its line', async () => said.length === 2);
    const { code, reference, message } = (await widget.heard('error'))[2].detail;
    assert.equal(said[1], `InferKit error [${code}] ref=${reference} ${message}`);
  }),

  ...both('attributes, properties, init and setOptions are one', {}, async (t) => {
    const widget = await t.open({ options: { heading: 'By init', theme: { accent: '#a04', colorScheme: 'dark' } } });
    const drawn = async (heading, accent, scheme) => {
      await widget.part('header').getByRole('heading', { name: heading, exact: true }).waitFor();
      const look = await widget.element.evaluate((element) => {
        const frame = element.shadowRoot.firstElementChild;
        return [frame.style.getPropertyValue('--inferkit-accent'), frame.dataset.scheme];
      });
      assert.deepEqual(look, [accent, scheme]);
      await until('the same inside', () => widget.host.evaluate((element, [accent, scheme]) => {
        const frame = element.shadowRoot.firstElementChild;
        return frame.style.getPropertyValue('--inferkit-accent') === accent && frame.dataset.scheme === scheme;
      }, [accent, scheme]));
    };
    await drawn('By init', '#a04', 'dark');
    await widget.element.evaluate((element) =>
      element.setOptions({ heading: 'By setOptions', theme: { accent: 'teal' } }));
    await drawn('By setOptions', 'teal', 'dark');
    await widget.element.evaluate((element) => {
      element.heading = 'By property';
      element.setAttribute('theme-color-scheme', 'light');
    });
    await drawn('By property', 'teal', 'light');
    assert.deepEqual(await widget.element.evaluate(({ heading, theme }) => ({ heading, theme })),
      { heading: 'By property', theme: { accent: 'teal', colorScheme: 'light' } });

    // A model is another one or the same, never half of each.
    await widget.element.evaluate((element) => element.setOptions({ model: { url: 'https://a.example/m.gguf' } }));
    assert.deepEqual(await widget.element.evaluate(({ model }) => model), { url: 'https://a.example/m.gguf' });

    await widget.element.evaluate((element) => element.setOptions({ heading: null, theme: undefined }));
    await drawn('Ask a question', '', 'undefined');
    assert.equal((await widget.heard('error')).length, 0);
  }),

  ...both('an unknown option is named once, with a suggestion', {}, async (t) => {
    const widget = await t.open({ options: { maxToken: 3 } });
    const said = listen(widget.page, 'warning');
    await widget.composer.waitFor();
    await widget.page.evaluate(() => globalThis.chat.setOptions({ greetings: 'Hi' }));
    await widget.page.evaluate(() => globalThis.chat.setOptions({ heading: 'Hi' }));
    await until('the warning', async () => said.length);
    await widget.part('header').getByRole('heading', { name: 'Hi', exact: true }).waitFor();
    assert.deepEqual(said.filter((text) => !text.includes('maxToken:')),
      ['InferKit: unknown option greetings: did you mean greeting?']);
  }),

  ...both('answers that arrive while the panel is closed are counted', {}, async (t) => {
    const widget = await t.open({ options: { target: undefined } });
    await widget.page.evaluate(() => globalThis.chat.sendMessage('Hello'));
    await widget.event('unread', { fits: ({ count }) => count === 1 });
    await widget.page.evaluate(() => globalThis.chat.sendMessage('And?'));
    await widget.event('unread', { fits: ({ count }) => count === 2 });
    await widget.part('launcher').click();
    await widget.event('unread', { fits: ({ count }) => count === 0 });
    await widget.answered('And now?');
    await widget.part('launcher').click();
    await widget.part('launcher').click();
    assert.deepEqual((await widget.heard('unread')).map(({ detail }) => detail.count), [1, 2, 0]);
  }),

  test('several widgets on a page keep to themselves', { timeout: 120_000 }, async (t) => {
    const widget = await scripted(t, `
      globalThis.told = { one: [], two: [], three: [] };
      addEventListener('DOMContentLoaded', () => {
        const place = (id) => document.body.appendChild(Object.assign(document.createElement('div'), { id }));
        for (const [id, more] of [['one', {}], ['two', { embed: 'iframe' }], ['three', { maxTokens: 2 }]]) {
          place(id);
          const chat = InferKit.init({ ...options, ...more, heading: id, target: '#' + id });
          chat.on('message', ({ role, text }) => told[id].push([role, text]));
          chat.sendMessage('I am ' + id);
        }
      });
    `);
    const told = await until('three answers', () => widget.page.evaluate(() =>
      Object.values(globalThis.told).every((messages) => messages.length === 2) && globalThis.told), 60_000);
    for (const [id, messages] of Object.entries(told)) {
      assert.deepEqual(messages.map(([role]) => role), ['user', 'assistant']);
      assert.equal(messages[0][1], `I am ${id}`);
    }
    const place = (id) => widget.page.locator(`#${id}`);
    const scopes = { one: place('one'), two: place('two').frameLocator('iframe'), three: place('three') };
    for (const [id, scope] of Object.entries(scopes)) {
      const first = scope.locator('[part~="message"]:first-child [part~="bubble"]');
      assert.deepEqual(await first.allInnerTexts(), [`I am ${id}`]);
      assert.equal(await scope.locator('[part~="header"]').getByText(id, { exact: true }).count(), 1);
    }
    await widget.page.evaluate(() => document.querySelector('#one inferkit-widget').destroy());
    const before = await widget.page.evaluate(() => {
      const { length } = globalThis.told.three;
      document.querySelector('#three inferkit-widget').sendMessage('Still there?');
      return length;
    });
    await until('an answer of another', () => widget.page.evaluate((before) =>
      globalThis.told.three.length === before + 2, before));
  }),

  test('a second copy of the loader does no harm', {}, async (t) => {
    const widget = await t.open();
    await widget.composer.waitFor();
    const same = await widget.page.evaluate(async (address) => {
      const { InferKit } = globalThis;
      const script = Object.assign(document.createElement('script'), { src: address });
      script.dataset.apiKey = 'ik_pub_test_other';
      await new Promise((resolve) => { script.onload = resolve; document.head.append(script); });
      return InferKit === globalThis.InferKit;
    }, `${t.server.host}/v1/inferkit.js?copy`);
    assert.ok(same);
    await widget.answered('Hello');
    assert.equal(await widget.element.count(), 1);
    assert.deepEqual(await widget.heard('uncaught'), []);
  }),

  test('properties that were set before the element was known count', {}, async (t) => {
    const widget = await t.open({ script: '', how: 'script', options: { launcher: 'floating' } });
    const values = await widget.page.evaluate(async (address) => {
      const inner = document.body.appendChild(document.createElement('iframe'));
      const element = inner.contentDocument.body.appendChild(inner.contentDocument.createElement('inferkit-widget'));
      Object.assign(element, { heading: 'Early', onReady() {} });
      const script = Object.assign(inner.contentDocument.createElement('script'), { src: address });
      await new Promise((resolve) => { script.onload = resolve; inner.contentDocument.body.append(script); });
      return [element.heading, typeof element.onReady, Object.keys(element)];
    }, `${t.server.host}/v1/inferkit.js`);
    assert.deepEqual(values, ['Early', 'function', []]);
  }),
];
