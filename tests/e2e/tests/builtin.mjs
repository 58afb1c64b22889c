// Answers of the browser's own model, by a double of Chrome's: see hooks/language-model.js.

import { strict as assert } from 'node:assert';
import { readFile } from 'node:fs/promises';
import { both, test } from '../test.mjs';
import { until } from '../widget.mjs';

const DOUBLE = await readFile(new URL('../hooks/language-model.js', import.meta.url), 'utf8');
const PIECES = ['Hello ', 'from ', 'the browser.'];
const SUNDAYS = 'When are you open on Sundays?';

/** A page in whose browser there is a model, as planned; a download would have to be agreed to. */
async function open(t, plan = {}, { options = {}, prepare, ...wishes } = {}) {
  const planned = `globalThis.browserModelPlan = ${JSON.stringify({ pieces: PIECES, ...plan })};\n${DOUBLE}`;
  return t.open({
    ...wishes,
    options: { consent: 'ask', ...options },
    prepare: async (page) => {
      await page.addInitScript({ content: planned });
      await prepare?.(page);
    },
  });
}

/** What was asked of the double. */
const report = async (widget) => (await widget.document()).evaluate(() => globalThis.browserModel.report());

/** Nothing of the engine, or of a model, was fetched. */
const nothingFetched = (t) => assert.deepEqual(
  t.requests().filter((path) => path.endsWith('.gguf') || path.includes('engine')), []);

/** Waits until no session is left. */
const allDestroyed = (widget, count) => until(`the end of ${count} sessions`, async () => {
  const { sessions } = await report(widget);
  return sessions.length === count && sessions.every(({ destroyed }) => destroyed);
});

const states = async (widget) => (await widget.heard('status')).map(({ detail }) => detail);

export default [
  ...both('the browser’s model answers, unasked and without a download', {}, async (t) => {
    const widget = await open(t, {}, { strict: true, options: { systemPrompt: 'Be kind.', temperature: 0 } });
    const { text, tokens } = await widget.answered('Hi there');
    assert.equal(text, PIECES.join(''));
    assert.deepEqual(tokens, PIECES, 'piece by piece');
    assert.equal(await widget.answer(), PIECES.join(''));
    await widget.answered('And again?');
    await allDestroyed(widget, 2);

    const { asked, creates, sessions } = await report(widget);
    assert.equal(creates, 2);
    const say = (role, content) => ({ role, content });
    assert.deepEqual(sessions[1].options.initialPrompts, [
      say('system', 'Be kind.'), say('user', 'Hi there'), say('assistant', PIECES.join('')),
    ]);
    assert.deepEqual(sessions.map(({ questions }) => questions), [['Hi there'], ['And again?']]);
    for (const { options: { initialPrompts, ...options } } of sessions) {
      assert.ok(initialPrompts);
      for (const other of asked) assert.deepEqual(other, options, 'a session is what was asked for');
      assert.deepEqual(Object.keys(options).sort(), ['expectedInputs', 'expectedOutputs']);
    }
    assert.deepEqual(await widget.heard('consent'), []);
    const backends = (await states(widget)).filter(({ state }) => state === 'answering').map(({ backend }) => backend);
    assert.deepEqual(backends, ['builtin', 'builtin']);
    const heard = await widget.heard();
    assert.deepEqual(heard.filter(({ name }) => ['violation', 'uncaught'].includes(name)), []);
    nothingFetched(t);
  }),

  ...['downloadable', 'downloading', 'unavailable'].map((availability) =>
    test(`a model that is ${availability} is none, and is never asked for`, {}, async (t) => {
      const widget = await open(t, { availability });
      await widget.ask('Hello');
      await widget.card('consent').waitFor();
      await widget.button('decline').click();
      await widget.ask('And now?');
      await widget.card('consent').waitFor();
      const { asked, creates } = await report(widget);
      assert.deepEqual([asked.length, creates], [1, 0]);
    })),

  test('a model that was there and is not any more is not fetched', {}, async (t) => {
    const widget = await open(t, { availability: ['available', 'downloadable'] });
    await widget.ask('Hello');
    await widget.card('consent').waitFor();
    const { asked, creates } = await report(widget);
    assert.deepEqual([asked.length, creates], [2, 0]);
  }),

  test('a site that does not want it does not ask for it', {}, async (t) => {
    const widget = await open(t, {}, { options: { builtin: 'off' } });
    await widget.ask('Hello');
    await widget.card('consent').waitFor();
    const { asked, creates } = await report(widget);
    assert.deepEqual([asked.length, creates], [0, 0]);
  }),

  ...both('Stop ends it at once, and the next question has a session of its own', {}, async (t) => {
    const widget = await open(t, { holds: 2 });
    const asked = await widget.ask('Hello');
    await until('some words', async () => (await widget.answer()) === 'Hello from ');
    const mark = await widget.clickAndMark('stop');
    await widget.settled(asked);
    await allDestroyed(widget, 1);
    const { sessions: [first] } = await report(widget);
    assert.equal(first.ended, 'AbortError');
    assert.equal(await widget.answer(), 'Hello from ');
    assert.deepEqual(await widget.heard('error'), []);

    await (await widget.document()).evaluate(() => globalThis.browserModel.go());
    assert.equal((await widget.answered('And again?')).text, PIECES.join(''));
    await allDestroyed(widget, 2);
    assert.deepEqual(await widget.heard('token', mark).then((tokens) => tokens.length), PIECES.length);
  }),

  test('a widget that is taken away in mid-answer leaves no session behind', {}, async (t) => {
    const widget = await open(t, { holds: 1 });
    await widget.ask('Hello');
    await until('a word', async () => (await widget.answer()) === 'Hello ');
    await widget.element.evaluate((element) => element.destroy());
    await allDestroyed(widget, 1);
  }),

  ...['NotSupportedError', 'InvalidStateError', 'NotAllowedError', 'OperationError'].map((create) =>
    test(`what throws ${create} gives way to our own, and is not asked again`, {}, async (t) => {
      const widget = await open(t, { create });
      await widget.ask('Hello');
      await widget.card('consent').waitFor();
      await widget.button('agree').click();
      const { backend } = await widget.status('answering');
      assert.equal(backend, 'cpu');
      await widget.settled(0);
      const { status } = await widget.answered('And again?');
      assert.equal(status.backend, 'cpu');
      assert.equal((await report(widget)).creates, 1);
      assert.deepEqual(await widget.heard('error'), []);
    })),

  test('what breaks in mid-answer keeps its words, and our own is offered by Try again', {}, async (t) => {
    const widget = await open(t, { breaks: 2 });
    const mark = await widget.ask('Hello');
    const { message } = await widget.failure('engine_failed', { from: mark });
    assert.match(message, /UnknownError/);
    assert.equal(await widget.answer(), 'Hello from ');
    await allDestroyed(widget, 1);
    await widget.button('again').click();
    await widget.card('consent').waitFor();
    assert.equal((await report(widget)).creates, 1);
  }),

  test('what is too long for it is asked once more without what was said before, and then is too long', {}, async (t) => {
    const widget = await open(t, { contextWindow: 80 });
    const [first, second, last] = ['a', 'b', 'c'].map((letter, at) => letter.repeat([50, 60, 90][at]));
    await widget.answered(first);
    await widget.answered(second);
    const { creates, sessions } = await report(widget);
    assert.equal(creates, 3);
    assert.deepEqual(sessions.at(-1), { options: sessions.at(-1).options, questions: [second], destroyed: true, ended: 'closed' });
    assert.deepEqual(sessions.at(-1).options.initialPrompts, []);

    const mark = await widget.ask(last);
    await widget.failure('question_too_long', { from: mark });
    assert.equal((await widget.answered('Short?')).text, PIECES.join(''), 'the model is as good as before');
    await until('the end of every session', async () =>
      (await report(widget)).sessions.every(({ destroyed }) => destroyed));
    nothingFetched(t);
  }),

  ...both('its answer is held against the site’s pages, whose passages it was given', {}, async (t) => {
    const pieces = ['On Sundays we are open from 10', ':00 to 16:00 [1][9]. ', 'We also open at 03:33 on Sundays. ',
      'Ask for Maria Callas on Sundays.'];
    const knowledge = { url: `${t.server.site}/shop/knowledge/` };
    const widget = await open(t, { pieces }, { model: null, options: { knowledge, apiKey: undefined, mode: 'auto' } });
    await widget.ask(SUNDAYS);
    await widget.event('sources');
    await widget.settled();
    const answer = await widget.answer();
    assert.match(answer, /10:00 to 16:00\. \[\d\]/);
    for (const lie of ['03:33', 'Callas', '[9]']) assert.ok(!answer.includes(lie), `${lie} in ${answer}`);
    const { sessions: [{ options, questions: [question] }] } = await report(widget);
    assert.equal(options.initialPrompts[0].role, 'system');
    assert.match(question, /\[1\] Opening hours[^]*Question: When are you open on Sundays\?/);
    assert.equal(await widget.part('message').last().locator('[part~="sources"] a').first().isVisible(), true);
    await allDestroyed(widget, 1);
    nothingFetched(t);
  }),

  test('pages stand alone where its answer is not theirs, or where it fails', {}, async (t) => {
    const knowledge = { url: `${t.server.site}/shop/knowledge/` };
    for (const plan of [{ pieces: ['Entry costs €99.'] }, { create: 'OperationError' }]) {
      const widget = await open(t, plan, { model: null, options: { knowledge, apiKey: undefined, mode: 'auto' } });
      await widget.ask(SUNDAYS);
      await widget.part('message').last().getByText('Here’s what this site’s pages say:').waitFor();
      assert.equal(await widget.answer(), '');
      assert.equal((await report(widget)).creates, 1);
      assert.deepEqual(await widget.heard('error'), []);
    }
  }),

  test('the frame is given the page’s permission, where the browser knows it', {}, async (t) => {
    for (const known of [['language-model', 'camera'], ['camera']]) {
      const prepare = (page) => page.addInitScript((known) => {
        Object.defineProperty(document, 'featurePolicy', { value: { features: () => known } });
      }, known);
      const widget = await open(t, {}, { how: 'init-iframe', prepare });
      const allow = await widget.page.locator('iframe[src*="embed.html"]').getAttribute('allow');
      const allowed = allow.split('; ');
      assert.equal(allowed.includes('language-model'), known.includes('language-model'), allow);
      assert.ok(allowed.includes('clipboard-write') && !allowed.includes('camera'), allow);
    }
  }),
];
