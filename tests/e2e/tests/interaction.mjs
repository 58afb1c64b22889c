// Hands on the keyboard: send, break the line, stop, close, and write on while it answers.

import { strict as assert } from 'node:assert';
import { both } from '../test.mjs';
import { until } from '../widget.mjs';

const STORY = 'Tell me a long story about a lighthouse keeper and the sea.';

export default [
  ...both('Enter sends, Shift and Enter break the line', {}, async (t) => {
    const widget = await t.open();
    await widget.composer.click();
    await widget.page.keyboard.type('one');
    await widget.page.keyboard.press('Shift+Enter');
    await widget.page.keyboard.type('two');
    assert.equal(await widget.composer.inputValue(), 'one\ntwo');
    assert.equal(await widget.part('message').count(), 0);
    await widget.page.keyboard.press('Enter');
    await widget.settled(0);
    assert.equal(await widget.composer.inputValue(), '');
    assert.equal(await widget.part('bubble').first().textContent(), 'one\ntwo');
    assert.ok(await widget.composer.evaluate((field) => field.getRootNode().activeElement === field), 'focus stays');

    await widget.page.keyboard.press('Enter');
    await widget.page.keyboard.type('   ');
    await widget.page.keyboard.press('Enter');
    assert.equal(await widget.part('message').count(), 2, 'nothing is nothing to send');
  }),

  ...both('what a visitor writes is text and nothing else', {}, async (t) => {
    const widget = await t.open();
    const question = '<img src=x onerror="document.title=1"> **bold** <|im_end|> https://localhost/x';
    await widget.answered(question);
    assert.equal(await widget.part('bubble').first().textContent(), question);
    assert.equal(await widget.host.locator('img, b, strong').count(), 0);
    assert.equal(await widget.page.title(), 'A page of the site');
  }),

  ...both('Escape closes the panel and gives the focus back', {}, async (t) => {
    const widget = await t.open({ how: 'script' });
    await widget.part('launcher').focus();
    await widget.page.keyboard.press('Enter');
    await widget.composer.waitFor();
    await until('the focus in the composer', () =>
      widget.composer.evaluate((field) => field.getRootNode().activeElement === field));
    await widget.page.keyboard.type('half a thought');
    await widget.page.keyboard.press('Escape');
    await widget.part('panel').waitFor({ state: 'hidden' });
    assert.ok(await widget.part('launcher').evaluate((button) => button.getRootNode().activeElement === button));
    assert.equal(await widget.part('launcher').getAttribute('aria-expanded'), 'false');
    await widget.page.keyboard.press('Enter');
    await widget.composer.waitFor();
    assert.equal(await widget.composer.inputValue(), 'half a thought');
    assert.deepEqual((await widget.heard()).map(({ name }) => name).filter((name) => /open|close/.test(name)),
      ['open', 'close', 'open']);
  }),

  ...both('a question to begin with is asked with one press', {}, async (t) => {
    const prompts = ['What do you sell?', 'Where is my order? <b>'];
    const widget = await t.open({ options: { prompts, theme: { radius: 3, density: 'compact' } } });
    const buttons = widget.host.locator('.prompts button');
    await buttons.first().waitFor();
    assert.deepEqual(await buttons.allTextContents(), prompts);
    await t.screenshot(widget.page, 'prompts');
    await buttons.nth(1).focus();
    await widget.page.keyboard.press('Enter');
    await widget.settled(0);
    assert.equal(await widget.part('bubble').first().textContent(), prompts[1]);
    assert.equal(await buttons.first().isVisible(), false, 'the log is no longer empty');
    assert.equal(await widget.element.locator('[part~="panel"]').evaluate((panel) =>
      getComputedStyle(panel).borderTopLeftRadius), '3px');
  }),

  ...both('Stop ends an answer at once, and writing goes on meanwhile', { timeout: 120_000 }, async (t) => {
    const widget = await t.open({ model: t.server.model, base: t.engineWith(), options: { maxTokens: 400 } });
    const mark = await widget.ask(STORY);
    await widget.event('token', { ms: 60_000 });
    await widget.composer.pressSequentially('the next question', { delay: 10 });
    assert.equal(await widget.composer.inputValue(), 'the next question');
    assert.equal((await widget.heard('status', mark)).at(-1).detail.state, 'answering', 'it still answers');

    const stopped = await widget.clickAndMark('stop');
    const partial = await widget.answer();
    await widget.settled(mark);
    const { finish } = await until('the engine to hear of it', async () =>
      (await widget.engine()).find(({ type }) => type === 'done'));
    assert.equal(finish, 'stopped');
    assert.deepEqual(await widget.heard('token', stopped), [], 'no token after Stop');
    assert.equal(await widget.answer(), partial, 'what stands is kept');
    assert.ok(partial.length > 0);
    assert.equal((await widget.heard('error')).length, 0, 'the visitor’s own Stop is no error');
    assert.equal(await widget.composer.inputValue(), 'the next question');

    await widget.answered('What is 7 times 8?', 60_000);
  }),

  ...both('the log follows an answer, and leaves alone who reads further up', { timeout: 120_000 }, async (t) => {
    const widget = await t.open({ model: t.server.model, options: { maxTokens: 300 } });
    await widget.element.evaluate((element) => { element.style.blockSize = '320px'; });
    const log = widget.part('log');
    const below = () => log.evaluate(({ scrollHeight, scrollTop, clientHeight }) =>
      scrollHeight - scrollTop - clientHeight);
    const newest = widget.host.getByRole('button', { name: 'Go to the newest message', exact: true });
    const more = async (count) => {
      const before = (await widget.heard('token')).length;
      await until('more words', async () => (await widget.heard('token')).length >= before + count, 60_000);
    };
    await widget.ask(`${STORY} `.repeat(8));
    await until('an answer that needs room', () => log.evaluate((log) => log.scrollHeight > log.clientHeight + 150), 60_000);
    await more(8);
    assert.ok(await below() < 48, `the end is in sight, not ${await below()} pixels below`);
    assert.equal(await newest.isVisible(), false);

    await log.hover();
    await widget.page.mouse.wheel(0, -120);
    await newest.waitFor();
    const top = await log.evaluate((log) => log.scrollTop);
    await more(8);
    assert.equal(await log.evaluate((log) => log.scrollTop), top, 'where the reader was');
    await newest.click();
    await newest.waitFor({ state: 'hidden' });
    await more(8);
    assert.ok(await below() < 48, 'and from then on it follows again');
    await widget.button('stop').click();
  }),

  ...both('Stop also ends the reading of a long question', { timeout: 120_000 }, async (t) => {
    const widget = await t.open({ model: t.server.model, base: t.engineWith(), options: { maxTokens: 8 } });
    await widget.answered('Hello', 60_000);
    const mark = await widget.ask(`${STORY} `.repeat(60));
    await widget.status('thinking', { from: mark });
    const stopped = await widget.clickAndMark('stop');
    await widget.settled(mark);
    await until('the engine to hear of it', async () =>
      (await widget.engine()).some(({ type, finish }) => type === 'done' && finish === 'stopped'));
    assert.deepEqual(await widget.heard('token', stopped), []);
    assert.equal((await widget.heard('error')).length, 0);
  }),
];
