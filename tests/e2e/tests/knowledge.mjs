// Answers from the site's own pages: the shop's, by the index that the build makes of them.

import { strict as assert } from 'node:assert';
import { createServer } from 'node:http';
import { findings } from '../axe.mjs';
import { both, test } from '../test.mjs';
import { REFERENCE, until } from '../widget.mjs';
import { QUESTIONS } from './facts.mjs';

const SUNDAYS = 'When are you open on Sundays?';
const OFF_TOPIC = 'Who won the football world cup in 1990?';

const index = (t) => ({ knowledge: { url: `${t.server.site}/shop/knowledge/` } });

const DEVICES = {
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
  desktop: { viewport: { width: 1280, height: 800 } },
};

/** The cards under the newest answer. */
const cards = (widget) => widget.part('message').last().locator('[part~="sources"] a').filter({ visible: true });

const addresses = (locator) => locator.evaluateAll((links) => links.map((link) => link.href));

/** The page that a card leads to, without what finds the sentence on it. */
const pageOf = (address) => address.replace(/:~:text=.*$/, '').replace(/#$/, '');

/** A server of another origin that answers every question with these pieces of a stream. */
async function liar(t, pieces) {
  const bodies = [];
  const server = createServer(async (request, response) => {
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.setHeader('Access-Control-Allow-Headers', '*');
    if (request.method === 'OPTIONS') return void response.end();
    let body = '';
    for await (const piece of request) body += piece;
    bodies.push(JSON.parse(body));
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    for (const content of pieces) {
      response.write(`data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    response.end('data: [DONE]\n\n');
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.atEnd(() => new Promise((closed) => (server.closeAllConnections(), server.close(closed))));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { base: `http://127.0.0.1:${port}/v1`, bodies };
}

const lying = async (t, pieces) => {
  const { base, bodies } = await liar(t, pieces);
  const widget = await t.open({
    model: null,
    options: {
      mode: 'remote', apiKind: 'openai', apiBase: base, remoteModel: 'm', apiKey: 'another', remoteConsent: 'granted',
      ...index(t),
    },
  });
  return { widget, bodies };
};

const screens = (device, colorScheme) =>
  test(`answers from pages, ${device}, ${colorScheme}`, { timeout: 180_000 }, async (t) => {
    const widget = await t.open({
      how: 'script', model: t.server.model, options: { ...index(t), consent: 'ask', maxTokens: 120, handoff: { url: 'mailto:hello@halden.example' } },
      context: { ...DEVICES[device], colorScheme, reducedMotion: 'reduce' },
    });
    const shoot = async (name) => {
      await t.screenshot(widget.page, `${name}-${device}-${colorScheme}`);
      assert.deepEqual(await findings(widget), [], `axe, ${name}`);
    };
    await widget.part('launcher').click();
    await widget.ask(SUNDAYS);
    await widget.card('consent').waitFor();
    await cards(widget).first().waitFor();
    await shoot('sources');
    await widget.button('agree').click();
    await widget.settled(0, 120_000);
    await shoot('grounded');
    const mark = await widget.ask(OFF_TOPIC);
    await widget.event('unanswered', { from: mark });
    await widget.part('message').last().getByText('I couldn’t find that').waitFor();
    await shoot('unanswered');
  });

export default [
  ...both('the pages that answer stand there before any download or consent, and are the answer without one', {},
    async (t) => {
      const widget = await t.open({ options: { ...index(t), consent: 'ask' } });
      const model = t.requests().length;
      await widget.ask(SUNDAYS);
      const { detail } = await widget.event('sources');
      await widget.card('consent').waitFor();
      const shown = await addresses(cards(widget));
      assert.deepEqual(shown.map(pageOf), detail.passages.map(({ url }) => url));
      assert.match(shown[0], /\/shop\/opening-hours\.html#/);
      assert.match(detail.passages[0].quote, /10:00|16:00|Sunday/);
      assert.equal(t.requests().slice(model).filter((path) => path.endsWith('.gguf')).length, 0, 'no model is fetched');
      await widget.button('decline').click();
      await until('rest', async () => (await widget.heard('status')).at(-1)?.detail.state === 'idle');
      assert.deepEqual(await addresses(cards(widget)), shown);
      assert.deepEqual(await widget.heard('error'), []);
    }),

  test('a site without a model or a server answers by its pages', {}, async (t) => {
    const widget = await t.open({ model: null, options: { ...index(t), apiKey: undefined } });
    await widget.ask(SUNDAYS);
    await cards(widget).first().waitFor();
    await widget.part('message').last().getByText('Here’s what this site’s pages say:').waitFor();
    assert.deepEqual(await widget.heard('error'), []);
  }),

  test('what the pages do not tell is said, and no model is asked', {}, async (t) => {
    const widget = await t.open({ options: index(t) });
    const mark = await widget.ask(OFF_TOPIC);
    const { detail } = await widget.event('unanswered', { from: mark });
    assert.equal(detail.question, OFF_TOPIC);
    await widget.part('message').last().getByText('I couldn’t find that on this site’s pages.').waitFor();
    assert.equal(t.requests().filter((path) => path.endsWith('.gguf')).length, 0);
    assert.deepEqual(await widget.heard('token'), []);
  }),

  test('small talk goes to the model as before', {}, async (t) => {
    const widget = await t.open({ options: index(t) });
    await widget.ask('Hi!');
    await widget.settled();
    assert.equal(await cards(widget).count(), 0);
    assert.ok((await widget.heard('token')).length > 0);
  }),

  test('a follow-up goes on with the topic of the question before', {}, async (t) => {
    const widget = await t.open({ model: null, options: { ...index(t), apiKey: undefined } });
    await widget.ask('When are you open on Saturdays?');
    await cards(widget).first().waitFor();
    const mark = await widget.ask('and on Sundays?');
    const { detail } = await widget.event('sources', { from: mark });
    assert.match(detail.passages[0].url, /opening-hours/);
  }),

  test('a model that lies: no invented number, name or link reaches the visitor', {}, async (t) => {
    const { widget, bodies } = await lying(t, [
      'On Sundays we are open from 10', ':00 to 16:00 [1][9]. ', 'We also open at 03:33 on Sundays. ',
      'See https://evil.example/sundays for our opening hours on Sundays. ', 'Ask for Maria Callas on Sundays.',
    ]);
    await widget.ask(SUNDAYS);
    await widget.settled();
    const answer = await widget.answer();
    assert.match(answer, /10:00 to 16:00\. \[\d\]/);
    for (const lie of ['03:33', 'evil', 'Callas', '[9]']) assert.ok(!answer.includes(lie), `${lie} in ${answer}`);
    const [system, question] = bodies[0].messages;
    assert.equal(system.role, 'system');
    assert.match(system.content, /\[1\] Opening hours/);
    assert.equal(question.content, SUNDAYS);
    const links = await addresses(widget.part('message').last().locator('a').filter({ visible: true }));
    const sources = (await widget.event('sources')).detail.passages.map(({ url }) => url);
    for (const link of links) assert.ok(sources.includes(pageOf(link)), link);
    assert.ok(links.length > sources.length, 'the citation is a link');
  }),

  test('whatever is asked, nothing that a server makes up reaches the visitor', { timeout: 180_000 }, async (t) => {
    const lies = ['97.13', '03:33', '1987', 'evil.example', 'Callas', '+1 555 0199', '[7]', 'XK-42'];
    const { widget } = await lying(t, [
      'It costs €97.13 [1][7]. ', 'Everything is open from 03:33 every day [2]. ', 'It has been so since 1987. ',
      'See [the page](https://evil.example/a) for all of it. ', 'Ask for Maria Callas, ', 'or call +1 555 0199. ',
      'Your code is XK-42 [1].',
    ]);
    for (const { question } of QUESTIONS) {
      await widget.element.evaluate((element) => element.reset());
      const mark = await widget.ask(question);
      await widget.settled(mark);
      // What the pages themselves say stands below it.
      const answer = await widget.answer();
      for (const lie of lies) assert.ok(!answer.includes(lie), `${question} ${lie} in ${answer}`);
      const links = await addresses(widget.part('message').last().locator('a').filter({ visible: true }));
      for (const link of links) assert.ok(link.startsWith(`${t.server.site}/shop/`), link);
    }
  }),

  test('a model that only lies leaves the passages as the answer', {}, async (t) => {
    const { widget } = await lying(t, ['We open at 03:33 on Sundays. ', 'Entry costs €99.']);
    await widget.ask(SUNDAYS);
    await widget.settled();
    assert.equal(await widget.answer(), '');
    await widget.part('message').last().getByText('Here’s what this site’s pages say:').waitFor();
    assert.deepEqual(await widget.heard('error'), []);
  }),

  test('an index that is not there is a failure with a reference, and is tried again', {}, async (t) => {
    const widget = await t.open({ options: { knowledge: { url: `${t.server.site}/nowhere/` } } });
    await widget.ask(SUNDAYS);
    const { detail } = await widget.event('error');
    assert.equal(detail.code, 'network_error');
    assert.match(detail.message, /nowhere.*404/);
    assert.match(detail.reference, REFERENCE);
    assert.equal(t.requests().filter((path) => path.endsWith('.gguf')).length, 0, 'nothing is invented instead');
    await widget.element.evaluate((element, options) => element.setOptions(options), index(t));
    await widget.button('again').click();
    await cards(widget).first().waitFor();
  }),

  test('with the network cut, what was fetched before still answers', {}, async (t) => {
    const widget = await t.open({ model: null, options: { ...index(t), apiKey: undefined } });
    await widget.ask(SUNDAYS);
    await cards(widget).first().waitFor();
    await widget.page.context().setOffline(true);
    const mark = await widget.ask('Are you open on Sundays?');
    const { detail } = await widget.event('sources', { from: mark });
    assert.match(detail.passages[0].url, /opening-hours/);
  }),

  test('sources and citations are there again on the next page', {}, async (t) => {
    const { widget } = await lying(t, ['On Sundays we are open from 10:00 to 16:00.']);
    await widget.ask(SUNDAYS);
    await widget.settled();
    const links = () => addresses(widget.part('message').last().locator('a').filter({ visible: true }));
    const before = await links();
    await widget.page.reload();
    await cards(widget).first().waitFor();
    assert.deepEqual(await links(), before);
  }),

  ...both('by keyboard alone: ask, follow a citation, and come back', {}, async (t) => {
    const { widget } = await lying(t, ['On Sundays we are open from 10:00 to 16:00.']);
    await widget.composer.focus();
    await widget.page.keyboard.type(SUNDAYS);
    await widget.page.keyboard.press('Enter');
    await widget.settled();
    const focused = () => widget.host.evaluate((host) => host.shadowRoot.activeElement?.textContent ?? '');
    await until('the citation to have the focus', async () => {
      await widget.page.keyboard.press('Shift+Tab');
      return /^\[\d\]$/.test(await focused());
    });
    await widget.page.keyboard.press('Enter');
    await widget.page.waitForURL(/\/shop\/opening-hours\.html/);
    await widget.page.goBack();
    await cards(widget).first().waitFor();
    assert.match(await widget.answer(), /10:00 to 16:00/);
  }),

  screens('phone', 'light'),
  screens('phone', 'dark'),
  screens('desktop', 'light'),
  screens('desktop', 'dark'),
];
