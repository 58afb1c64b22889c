// The way from the widget to the site's people: the hand-off, and the thumbs under an answer.

import { strict as assert } from 'node:assert';
import { findings } from '../axe.mjs';
import { both, test } from '../test.mjs';
import { until } from '../widget.mjs';

const SUNDAYS = 'When are you open on Sundays?';
const OFF_TOPIC = 'Who won the football world cup in 1990?';

const index = (t) => ({ knowledge: { url: `${t.server.site}/shop/knowledge/` } });

const contact = (t) => `${t.server.site}/shop/contact.html`;

/** Nobody but the pages answers. */
const pagesOnly = (t) => ({ ...index(t), apiKey: undefined });

/** Writes down where the page leads its visitor, without going there. */
const noteWays = (widget, document = widget.page) => document.evaluate(() => {
  globalThis.ways = [];
  HTMLAnchorElement.prototype.click = function () { globalThis.ways.push([this.href, this.target, this.rel]); };
});

const ways = (widget, document = widget.page) => document.evaluate(() => globalThis.ways);

export default [
  ...both('the header leads to a person: the site is told what was said, and its page opens beside', {}, async (t) => {
    const widget = await t.open({ model: null, options: { ...pagesOnly(t), handoff: { url: contact(t) } } });
    await widget.ask(SUNDAYS);
    const { detail: { passages } } = await widget.event('sources');
    const opened = widget.page.context().waitForEvent('page');
    await widget.part('header').getByRole('button', { name: 'Talk to a person', exact: true }).click();
    assert.equal((await opened).url(), contact(t));
    const { detail } = await widget.event('handoff');
    assert.deepEqual(detail, {
      transcript: [
        { role: 'user', text: SUNDAYS },
        { role: 'assistant', text: passages.map(({ quote }) => quote).join('\n') },
      ],
      reference: null,
    });
    assert.deepEqual(await widget.heard('error'), []);
  }),

  ...both('a listener that returns false, or prevents the default, takes over', {}, async (t) => {
    const widget = await t.open({ model: null, options: { ...pagesOnly(t), handoff: { label: 'Ask Maria', url: contact(t) } } });
    await noteWays(widget);
    const press = async () => {
      const mark = await widget.mark();
      await widget.part('header').getByRole('button', { name: 'Ask Maria', exact: true }).click();
      await widget.event('handoff', { from: mark });
      return ways(widget);
    };
    await widget.element.evaluate((element) => (element.onHandoff = () => false));
    assert.deepEqual(await press(), []);
    await widget.element.evaluate((element) => {
      element.onHandoff = undefined;
      addEventListener('inferkit:handoff', (event) => event.preventDefault(), { once: true });
    });
    assert.deepEqual(await press(), []);
    await press();
    await until('the way', async () => (await ways(widget)).length === 1);
    assert.deepEqual(await ways(widget), [[contact(t), '_blank', 'noopener']]);
  }),

  ...both('what writes or telephones is opened where the visitor is', {}, async (t) => {
    const widget = await t.open({ model: null, options: { ...pagesOnly(t), handoff: { url: 'tel:+41440000000' } } });
    await noteWays(widget);
    await widget.part('header').getByRole('button', { name: 'Talk to a person', exact: true }).click();
    await widget.event('handoff');
    await until('the way', async () => (await ways(widget)).length === 1);
    assert.deepEqual(await ways(widget), [['tel:+41440000000', '_top', 'noopener']]);
  }),

  ...both('a failure, and a question that the pages do not answer, offer a person', {}, async (t) => {
    const widget = await t.open({
      model: null,
      options: { ...pagesOnly(t), knowledge: { url: `${t.server.site}/nowhere/` }, handoff: { url: 'mailto:a@a.example' } },
    });
    await noteWays(widget);
    await widget.ask(SUNDAYS);
    const { detail: failure } = await widget.event('error');
    const under = () => widget.part('message').last().getByRole('button', { name: 'Talk to a person', exact: true });
    await under().click();
    const { detail } = await widget.event('handoff');
    assert.equal(detail.reference, failure.reference);
    assert.deepEqual(detail.transcript, [{ role: 'user', text: SUNDAYS }]);
    await until('the way', async () => (await ways(widget)).length === 1);
    assert.deepEqual((await ways(widget))[0], ['mailto:a@a.example', '_top', 'noopener']);

    await widget.element.evaluate((element, options) => element.setOptions(options), index(t));
    const mark = await widget.ask(OFF_TOPIC);
    await widget.event('unanswered', { from: mark });
    // By keyboard, from the composer back.
    await widget.composer.focus();
    await until('the button to have the focus', async () => {
      await widget.page.keyboard.press('Shift+Tab');
      return under().evaluate((button) => button.getRootNode().activeElement === button);
    });
    await widget.page.keyboard.press('Enter');
    const second = await widget.event('handoff', { from: mark });
    assert.equal(second.detail.reference, null, 'nothing failed here');
    assert.deepEqual(await findings(widget), []);
  }),

  ...both('thumbs: told, shown, taken back, there again on the next page; and a thumb down offers a person', {},
    async (t) => {
      const widget = await t.open({ model: null, options: { ...pagesOnly(t), handoff: { url: contact(t) } } });
      await widget.ask(SUNDAYS);
      const { detail: { passages } } = await widget.event('sources');
      const message = passages.map(({ quote }) => quote).join('\n');
      const last = widget.part('message').last();
      const person = last.getByRole('button', { name: 'Talk to a person', exact: true });
      assert.equal(await person.count(), 0);
      const pressed = async () => Promise.all(['helpful', 'unhelpful'].map((name) =>
        widget.button(name).getAttribute('aria-pressed')));
      assert.deepEqual(await pressed(), ['false', 'false']);
      await widget.button('helpful').click();
      assert.deepEqual((await widget.event('feedback')).detail, { message, rating: 'up' });
      let mark = await widget.mark();
      await widget.button('unhelpful').click();
      assert.deepEqual((await widget.event('feedback', { from: mark })).detail, { message, rating: 'down' });
      assert.deepEqual(await pressed(), ['false', 'true']);
      await person.waitFor();
      assert.deepEqual(await findings(widget), []);
      await widget.page.reload();
      await person.waitFor();
      assert.deepEqual(await pressed(), ['false', 'true']);
      mark = await widget.mark();
      await widget.button('unhelpful').click();
      assert.deepEqual((await widget.event('feedback', { from: mark })).detail, { message, rating: null });
      await person.waitFor({ state: 'hidden' });
    }),

  test('in an iframe of the site’s own, what telephones is the page’s to open', {}, async (t) => {
    const widget = await t.open({ how: 'iframe', model: null, options: { ...pagesOnly(t), handoff: { url: 'tel:+41440000000' } } });
    const document = await widget.document();
    await noteWays(widget, document);
    await widget.part('header').getByRole('button', { name: 'Talk to a person', exact: true }).click();
    await until('the way', async () => (await ways(widget, document)).length === 1);
    assert.deepEqual(await ways(widget, document), [['tel:+41440000000', '_top', 'noopener']]);
  }),

  test('a listener that ends the widget does not take over', {}, async (t) => {
    const widget = await t.open({ model: null, options: { ...pagesOnly(t), handoff: { url: contact(t) } } });
    await noteWays(widget);
    await widget.element.evaluate((element) => element.on('handoff', () => element.destroy()));
    await widget.part('header').getByRole('button', { name: 'Talk to a person', exact: true }).click();
    await until('the way', async () => (await ways(widget)).length === 1);
  }),

  test('a site without a person offers none', {}, async (t) => {
    const widget = await t.open({ model: null, options: { ...pagesOnly(t) } });
    const mark = await widget.ask(OFF_TOPIC);
    await widget.event('unanswered', { from: mark });
    assert.equal(await widget.button('person').filter({ visible: true }).count(), 0);
    // It comes and goes with the option.
    await widget.element.evaluate((element) => element.setOptions({ handoff: { url: 'tel:1' } }));
    await widget.button('person').first().waitFor();
    assert.equal(await widget.button('person').filter({ visible: true }).count(), 2);
  }),

  test('a site hides the thumbs by their part', {}, async (t) => {
    const widget = await t.open({ model: null, options: pagesOnly(t) });
    await widget.ask(SUNDAYS);
    await widget.button('helpful').waitFor();
    await widget.page.addStyleTag({ content: 'inferkit-widget::part(feedback) { display: none }' });
    await widget.button('helpful').waitFor({ state: 'hidden' });
  }),

  test('a way to a person that leads nowhere is refused', {}, async (t) => {
    const widget = await t.open({ model: null, options: { ...pagesOnly(t), handoff: { url: 'javascript:alert(1)' } } });
    const { detail } = await widget.event('error');
    assert.equal(detail.code, 'config_invalid');
    assert.match(detail.message, /handoff\.url: must begin with/);
  }),
];
