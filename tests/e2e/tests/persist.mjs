// A conversation outlives its page, as long as the site wants it to and the browser lets it.

import { strict as assert } from 'node:assert';
import { online } from '../remote.mjs';
import { RECORDER, both, test } from '../test.mjs';
import { Widget, until } from '../widget.mjs';

const STORY = 'Tell me a long story about a lighthouse keeper and the sea.';

/** What the visitor sees of the conversation. */
const log = async (widget) => widget.part('bubble').allInnerTexts();

/** All that lies in the site's storages, by name: what is in a frame is kept by the page around it. */
const stored = (widget) => widget.page.evaluate(() => ({
  session: Object.entries(sessionStorage), local: Object.entries(localStorage),
}));

/** Long enough for what is kept to be kept. */
const kept = (widget) => widget.page.waitForTimeout(450);

async function reload(widget) {
  await widget.page.reload();
  await widget.composer.waitFor();
}

/** The same page in another tab of the same browser. */
async function elsewhere(widget) {
  const page = await widget.page.context().newPage();
  await page.addInitScript(RECORDER);
  await page.goto(widget.page.url());
  const other = new Widget(page, widget.how);
  await other.composer.waitFor();
  return other;
}

export default [
  ...both('a conversation goes on after a reload, and the model knows of it', {}, async (t) => {
    const { widget, traffic } = await online(t, { options: { mode: 'remote', maxTokens: 8 } });
    await widget.answered('Hello');
    await widget.composer.fill('And what');
    await kept(widget);
    const before = await log(widget);
    assert.equal(before.length, 2);

    await reload(widget);
    await widget.part('bubble').nth(1).waitFor();
    assert.deepEqual(await log(widget), before);
    assert.equal(await widget.composer.inputValue(), 'And what', 'the draft too');
    assert.equal(await widget.host.getByText('Answered online', { exact: true }).count(), 1, 'and where it was made');
    assert.deepEqual((await widget.heard()).filter(({ name }) => name === 'message'), [], 'nothing is told again');

    await widget.answered('And what else?');
    const bodies = traffic.requests.filter((request) => request.method() === 'POST').map((one) => one.postDataJSON());
    assert.deepEqual(bodies.at(-1).messages.map(({ role }) => role), ['user', 'assistant', 'user']);
    assert.equal(bodies.at(-1).messages[1].content, before[1]);
  }),

  ...both('a new conversation leaves nothing behind', {}, async (t) => {
    const widget = await t.open();
    await widget.answered('Hello');
    await kept(widget);
    assert.equal((await stored(widget)).session.length, 1);
    await widget.button('renew').click();
    await kept(widget);
    assert.deepEqual(await stored(widget), { session: [], local: [] });
    await reload(widget);
    assert.deepEqual(await log(widget), []);
  }),

  ...both('an answer that the reload cut off stays as far as it came', {}, async (t) => {
    const { widget } = await online(t, { options: { mode: 'remote', maxTokens: 96 } });
    await widget.ask(STORY);
    await until('some words', async () => (await widget.heard('token')).length > 12);
    await kept(widget);
    const words = await widget.answer();
    await reload(widget);
    await widget.part('message').last().getByText('Stopped', { exact: true }).waitFor();
    const after = await widget.answer();
    assert.ok(after.length > 0 && after.startsWith(words.slice(0, 20)), `${words} / ${after}`);
    assert.equal((await log(widget))[0], STORY);
  }),

  ...both('a failure keeps its reference and its way on', {}, async (t) => {
    const model = t.model('404');
    const widget = await t.open({ model });
    const mark = await widget.ask('Hello');
    const { reference, words } = await widget.failure('model_download_failed', { from: mark });
    await kept(widget);
    model.fault = '';
    await reload(widget);
    await widget.part('error').waitFor();
    assert.equal((await widget.part('ref').innerText()).trim(), `Ref: ${reference}`);
    assert.equal(await widget.part('error').innerText(), words);
    assert.deepEqual(await widget.heard('error'), [], 'it is not told again');
    await widget.button('again').click();
    await widget.settled(0);
    assert.equal(await widget.part('error').isVisible(), false);
    assert.equal((await log(widget)).length, 2);
  }),

  ...both('session: a conversation belongs to its tab', {}, async (t) => {
    const widget = await t.open();
    await widget.answered('Hello');
    await kept(widget);
    const other = await elsewhere(widget);
    assert.deepEqual(await log(other), []);
  }),

  ...both('local: a conversation meets the visitor in another tab', {}, async (t) => {
    const widget = await t.open({ options: { persist: 'local' } });
    await widget.answered('Hello');
    await kept(widget);
    assert.deepEqual((await stored(widget)).session, []);
    const other = await elsewhere(widget);
    await other.part('bubble').nth(1).waitFor();
    assert.deepEqual(await log(other), await log(widget));
  }),

  ...both('none: nothing is kept, and what was is taken away', {}, async (t) => {
    const widget = await t.open({ options: { persist: 'none' } });
    await widget.answered('Hello');
    await kept(widget);
    assert.deepEqual(await stored(widget), { session: [], local: [] });

    const set = (persist) => widget.page.evaluate((persist) => globalThis.chat.setOptions({ persist }), persist);
    await set('local');
    await until('the conversation in its place', async () => (await stored(widget)).local.length === 1);
    await set('session');
    await until('the conversation in its other place', async () => (await stored(widget)).session.length === 1);
    assert.deepEqual((await stored(widget)).local, []);
    await set('none');
    await until('it to be gone', async () => (await stored(widget)).session.length === 0);
    await reload(widget);
    assert.deepEqual(await log(widget), []);
  }),

  test('widgets of a page keep their own', {}, async (t) => {
    const widget = await t.open({ how: 'none', model: null });
    const address = t.page({ script: `
      const model = ${JSON.stringify(t.model())};
      addEventListener('DOMContentLoaded', () => {
        globalThis.chats = ['left', 'right', ''].map((id) => {
          const element = document.createElement('inferkit-widget');
          element.id = id;
          element.setOptions({ model, mode: 'local', backend: 'cpu', consent: 'granted', maxTokens: 2 });
          document.body.append(element);
          return element;
        });
      });` });
    await widget.page.goto(address);
    const drafts = () => widget.page.locator('inferkit-widget textarea').evaluateAll((all) => all.map((one) => one.value));
    await until('three panels', async () => (await drafts()).length === 3);
    await widget.page.evaluate(() => globalThis.chats.forEach((chat, at) => chat.setInput('draft ' + at)));
    await kept(widget);
    await widget.page.reload();
    await until('each its own', async () => (await drafts()).join() === 'draft 0,draft 1,draft 2');
    const { session } = await stored(widget);
    assert.deepEqual(session.map(([name]) => name.split(':')[1]).sort(), ['2', 'left', 'right']);
  }),

  ...both('a browser that keeps nothing does no harm', {}, async (t) => {
    const widget = await t.open({
      prepare: (page) => page.addInitScript(() => {
        for (const name of ['sessionStorage', 'localStorage']) {
          Object.defineProperty(globalThis, name, { get() { throw new DOMException('no', 'SecurityError'); } });
        }
      }),
    });
    await widget.answered('Hello');
    await kept(widget);
    assert.deepEqual((await widget.heard()).filter(({ name }) => /error|onError|uncaught/.test(name)), []);
    await widget.page.evaluate(() => globalThis.chat.destroy());
  }),

  ...both('K04: a storage that is full does no harm, and the site hears of it', {}, async (t) => {
    const widget = await t.open({
      prepare: (page) => page.addInitScript(() => {
        Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };
      }),
    });
    await widget.answered('Hello');
    await widget.event('status', { fits: ({ storage }) => storage === 'full' });
    assert.deepEqual((await widget.heard()).filter(({ name }) => /error|onError|uncaught/.test(name)), []);
    // Room again.
    await widget.page.evaluate(() => { delete Storage.prototype.setItem; });
  }),

  ...both('what nobody here wrote is no conversation', {}, async (t) => {
    const widget = await t.open();
    await widget.composer.fill('a draft');
    await until('it to be kept', async () => (await stored(widget)).session.length === 1);
    await widget.page.evaluate(() => {
      const [name] = Object.keys(sessionStorage);
      const written = sessionStorage.getItem(name);
      // A letter more than what was kept; and what is kept when the page goes must not come after it.
      addEventListener('pagehide', () => sessionStorage.setItem(name, `${written}<b>evil</b>`));
    });
    await reload(widget);
    assert.deepEqual(await log(widget), []);
    assert.equal(await widget.composer.inputValue(), '');
    await widget.answered('Hello');
  }),

  ...both('K01: a conversation belongs to one server and key', {}, async (t) => {
    const widget = await t.open({ options: { apiKey: 'ik_pub_one' } });
    await widget.answered('Hello');
    await kept(widget);
    const [one, mine] = [widget.page.url(), await log(widget)];
    const elsewhere = async (options) => {
      await widget.page.goto(t.page({ how: widget.how, options }));
      await widget.composer.waitFor();
      return log(widget);
    };
    assert.deepEqual(await elsewhere({ apiKey: 'ik_pub_two' }), [], 'another key');
    assert.deepEqual(await elsewhere({ apiKey: 'ik_pub_one', apiBase: 'https://api.example' }), [], 'another server');
    await widget.page.goto(one);
    await widget.part('bubble').nth(1).waitFor();
    assert.deepEqual(await log(widget), mine);
  }),

  ...both('K02: two tabs share a conversation without loss', {}, async (t) => {
    const widget = await t.open({ options: { persist: 'local', maxTokens: 3 } });
    await widget.composer.waitFor();
    const other = await elsewhere(widget);
    await widget.answered('One');
    await other.part('bubble').nth(1).waitFor();
    await other.answered('Two');
    await until('both in both', async () => {
      const [here, there] = [await log(widget), await log(other)];
      return here.length === 4 && JSON.stringify(here) === JSON.stringify(there);
    });
    // A tab that was begun anew is not filled again by the other.
    await widget.button('renew').click();
    await until('the other to be empty', async () => (await log(other)).length === 0);
    await other.composer.fill('a draft of its own');
    await kept(other);
    assert.deepEqual(await log(widget), []);
    await other.composer.fill('');
    await kept(other);
    assert.deepEqual((await stored(widget)).local, []);
    await widget.answered('Three');
    await until('the newest in both', async () => (await log(other))[0] === 'Three');
  }),

  ...both('K03: key presses are kept together, and the last of them too', {}, async (t) => {
    const widget = await t.open({
      prepare: (page) => page.addInitScript(() => {
        const { setItem } = Storage.prototype;
        Object.assign(globalThis, { writes: 0 });
        Storage.prototype.setItem = function (...values) {
          globalThis.writes++;
          return setItem.apply(this, values);
        };
      }),
    });
    await widget.composer.pressSequentially('forty key presses, one after the other..', { delay: 10 });
    const text = await widget.composer.inputValue();
    await kept(widget);
    const writes = await widget.page.evaluate(() => globalThis.writes);
    assert.ok(writes > 0 && writes <= 12, `${writes} writes`);
    t.detail(`${writes} writes for ${text.length} keys`);
    await reload(widget);
    assert.equal(await widget.composer.inputValue(), text);
  }),

  ...both('K05: the consent to a download is remembered with its model', {}, async (t) => {
    const widget = await t.open({ options: { consent: 'ask' } });
    await widget.ask('Hello');
    await widget.button('agree').click();
    await until('an answer', () => widget.answer());
    await widget.settled(0);
    await kept(widget);
    await reload(widget);
    await widget.answered('And again?');
    assert.deepEqual(await widget.heard('consent'), [], 'not asked again');
    // Another model is another download.
    await widget.page.goto(t.page({ how: widget.how, options: { consent: 'ask' } }));
    await widget.ask('Hello');
    await widget.card('consent').waitFor();
  }),

  ...both('K08: a question that a reload cut off is asked again under the same key', {}, async (t) => {
    const { widget, traffic, key } = await online(t, {
      settings: { faults: [{ on: 'completions', times: 1, do: { slow_headers_ms: 30_000 } }] },
      options: { mode: 'remote', maxTokens: 4 },
    });
    await widget.ask('Hello');
    const questions = () => traffic.requests.filter((one) => one.method() === 'POST');
    await until('the question to be on its way', async () => questions().length === 1);
    await kept(widget);
    await reload(widget);
    await widget.button('again').click();
    await until('the question to be on its way again', async () => questions().length === 2);
    const keys = await Promise.all(questions().map(async (one) => (await one.allHeaders())['idempotency-key']));
    assert.equal(keys.length, 2);
    assert.equal(keys[0], keys[1], 'paid once');
    t.detail(key);
  }),
];
