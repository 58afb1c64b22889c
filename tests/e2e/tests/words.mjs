// The site's own words and looks: from the page, and from the server's configuration where the page says nothing.

import { strict as assert } from 'node:assert';
import { listen } from '../page.mjs';
import { newKey, online } from '../remote.mjs';
import { both, test } from '../test.mjs';
import { until } from '../widget.mjs';

const setOptions = (widget, options) => widget.page.evaluate((options) => globalThis.chat.setOptions(options), options);

/** A computed style of a part. */
const style = (part, property) =>
  part.evaluate((element, property) => getComputedStyle(element).getPropertyValue(property), property);

/** Ours: a browser warns of its own model where it has the API and no model. */
const warnings = (widget) => listen(widget.page, 'warning');

/** A page whose widget has words of the site's own in attributes. */
const spelled = (how) => test(`the site's own words as attributes, ${how}`, {}, async (t) => {
  const widget = await t.open({ how, options: { strings: { newConversation: 'Von vorn', you: 'Du' } } });
  if (how === 'script') await widget.part('launcher').click();
  await widget.answered('Hello');
  await widget.host.getByRole('button', { name: 'Von vorn', exact: true }).waitFor();
  assert.match(await widget.part('message').first().innerText(), /^Du/);
});

export default [
  ...both('the site\'s own words, changed while the panel stands', {}, async (t) => {
    const widget = await t.open({ options: { strings: { send: 'Frag', you: 'Du', placeholder: 'Deine Frage' } } });
    await widget.composer.waitFor();
    const send = (name) => widget.host.getByRole('button', { name, exact: true });
    await send('Frag').waitFor();
    assert.equal(await widget.composer.getAttribute('placeholder'), 'Deine Frage');
    await widget.answered('Hello');
    const words = await widget.answer();
    await widget.composer.fill('a draft');

    await setOptions(widget, { strings: { send: 'Los' } });
    await send('Los').waitFor();
    assert.equal(await widget.composer.getAttribute('placeholder'), 'Deine Frage', 'the others stay');
    assert.match(await widget.part('message').first().innerText(), /^Du/);
    await setOptions(widget, { strings: { send: null, you: undefined } });
    await send('Send').waitFor();
    assert.match(await widget.part('message').first().innerText(), /^You/);
    await setOptions(widget, { strings: null });
    await until('our own words', async () =>
      await widget.composer.getAttribute('placeholder') === 'Write your question…');

    assert.equal(await widget.composer.inputValue(), 'a draft', 'the draft stays');
    assert.equal(await widget.answer(), words, 'and so does the conversation');
    assert.ok(await widget.composer.evaluate((field) => field.getRootNode().activeElement === field), 'and the focus');
  }),

  ...both('a reference in the site\'s own words', {}, async (t) => {
    const strings = { reference: 'Nummer {reference}', download: 'Das hat nicht geklappt.' };
    const widget = await t.open({ model: t.model('404'), options: { strings } });
    const mark = await widget.ask('Hello');
    const { detail } = await widget.event('error', { from: mark });
    const error = widget.part('error');
    await error.getByText('Das hat nicht geklappt.').first().waitFor();
    assert.equal((await widget.part('ref').innerText()).trim(), `Nummer ${detail.reference}`);
  }),

  ...['element', 'script', 'iframe', 'element-iframe'].map(spelled),

  test('words that would lose something, or are none of ours, are warned of and not taken', {}, async (t) => {
    let said;
    const strings = { reference: 'Ask support', sned: 'Ask', send: 'Ask' };
    const widget = await t.open({
      model: t.model('404'), options: { strings }, prepare: async (page) => { said = warnings({ page }); },
    });
    const mark = await widget.ask('Hello');
    const { detail } = await widget.event('error', { from: mark });
    assert.equal((await widget.part('ref').innerText()).trim(), `Ref: ${detail.reference}`);
    await widget.host.getByRole('button', { name: 'Ask', exact: true }).waitFor();
    assert.deepEqual(said, [
      'InferKit: strings.reference: must contain {reference}', 'InferKit: strings.sned: there is no such text',
    ]);
  }),

  ...both('the configuration\'s words and looks, where the page has none of its own', {}, async (t) => {
    const key = await newKey(t, {
      strings: { send: 'Fragen', stop: 'Halt', heading: 'Auskunft' },
      theme: { accent: 'rgb(160, 0, 64)', colorScheme: 'dark', radius: 3, density: 'compact' },
    });
    const widget = await t.open({
      options: {
        apiBase: t.gateway.api, apiKey: key, mode: 'auto', target: undefined, strings: { newest: 'Ganz nach unten' },
        theme: { radius: 7 },
      },
    });
    // Nothing is asked of a server before somebody opens the panel.
    await widget.part('launcher').click();
    await until('the launcher in the configuration\'s colour', async () =>
      await style(widget.part('launcher'), 'background-color') === 'rgb(160, 0, 64)');
    await widget.host.getByRole('button', { name: 'Fragen', exact: true }).waitFor();
    await widget.part('header').getByText('Auskunft', { exact: true }).waitFor();
    const sends = widget.part('send').first();
    await widget.composer.fill('a question');
    await until('the panel in the same', async () => await style(sends, 'background-color') === 'rgb(160, 0, 64)');
    assert.equal(await style(widget.element.locator('[part~="panel"]'), 'color-scheme'), 'dark');
    assert.equal(await style(widget.element.locator('[part~="panel"]'), 'border-top-left-radius'), '7px', 'the page\'s');
    assert.equal(await widget.host.locator('[data-density]').getAttribute('data-density'), 'compact');

    await setOptions(widget, { theme: { accent: 'rgb(0, 128, 0)', colorScheme: 'light', radius: null } });
    await until('the page\'s own colour', async () =>
      await style(widget.part('launcher'), 'background-color') === 'rgb(0, 128, 0)');
    assert.equal(await style(widget.element.locator('[part~="panel"]'), 'color-scheme'), 'light');
    await until('the configuration\'s corners', async () =>
      await style(widget.element.locator('[part~="panel"]'), 'border-top-left-radius') === '3px');
  }),

  test('a configuration that is no good changes nothing', {}, async (t) => {
    const key = await newKey(t, {
      strings: { send: { a: 1 }, nonsense: 'x', reference: 'no braces' },
      theme: { accent: 'url(https://evil.example/)', colorScheme: 'blue', radius: 'round', density: 7 },
    });
    const { widget } = await online(t, { key, options: { mode: 'auto' } });
    await widget.host.getByRole('button', { name: 'Send', exact: true }).waitFor();
    await widget.answered('Hello');
    assert.deepEqual((await widget.heard()).filter(({ name }) => /error|onError|uncaught|violation/.test(name)), []);
    assert.equal(await style(widget.part('panel'), 'border-top-left-radius'), '20px');
  }),
];
