// Not a byte of the model before the visitor agrees; then progress, and a way out.

import { strict as assert } from 'node:assert';
import { both } from '../test.mjs';
import { Asset } from '../server/files.mjs';
import { until } from '../widget.mjs';

/** The tiny model with idle bytes behind it, so that there is something to wait for. */
const large = (t) => Asset.memory(Buffer.concat([t.tiny, Buffer.alloc(6_000_000)]));

export default [
  ...both('the visitor is asked before a byte of the model', {}, async (t) => {
    const model = t.model('', large(t));
    const widget = await t.open({ model, options: { consent: 'ask' } });
    await widget.ask('Hello');
    await widget.card('consent').waitFor();
    await widget.status('consent');
    assert.match(await widget.card('consent').innerText(), /\d\.\d\sMB/, 'the download has a size');
    assert.equal(model.requests, 0);
    assert.deepEqual(t.requests().filter((path) => path.includes('engine')), [], 'nor of the engine');

    await widget.button('agree').click();
    await widget.settled(0);
    assert.equal(model.requests, 1);
    assert.ok((await widget.answer()).length > 0, 'the question was kept');
    const consent = (await widget.heard('consent')).map(({ detail }) => detail.granted);
    assert.deepEqual(consent, [null, true]);

    await widget.answered('And again?');
    assert.equal(model.requests, 1, 'one download serves the conversation');
  }),

  ...both('who declines is not asked for a byte and may change their mind', {}, async (t) => {
    const model = t.model();
    const widget = await t.open({ model, options: { consent: 'ask' } });
    await widget.ask('Hello');
    await widget.button('decline').click();
    await widget.status('idle');
    await widget.button('reconsider').waitFor();
    assert.equal(model.requests, 0);
    assert.equal((await widget.heard('error')).length, 0, 'a visitor’s no is no error');

    await widget.button('reconsider').click();
    await widget.button('agree').click();
    await until('an answer', () => widget.answer());
    assert.equal(model.requests, 1);
  }),

  ...both('the download shows its bytes and can be cancelled', {}, async (t) => {
    const model = t.model('slow:2000000', large(t));
    const widget = await t.open({ model, options: { consent: 'ask' } });
    const asked = await widget.ask('Hello');
    await widget.button('agree').click();
    await widget.card('loading').waitFor();
    await widget.event('progress', { fits: ({ done }) => done > 1_000_000 });
    await until('megabytes on the card', async () =>
      /\d\sMB of \d\.\d\sMB/.test(await widget.card('loading').innerText()));
    await widget.composer.fill('a draft');

    const mark = await widget.clickAndMark('cancel');
    await widget.card('loading').waitFor({ state: 'detached' });
    assert.equal((await widget.settled(asked)).state, 'idle');
    await until('the end of the transfer', async () => model.open === 0);
    const progress = (await widget.heard('progress')).map(({ detail }) => detail);
    assert.ok(progress.every(({ total }) => total === model.bytes), JSON.stringify(progress));
    assert.ok(progress.every(({ done }, at) => at === 0 || done > progress[at - 1].done), 'bytes only grow');
    assert.equal((await widget.heard('progress', mark)).length, 0, 'nothing more after Cancel');
    assert.equal((await widget.heard('error')).length, 0, 'a visitor’s Cancel is no error');
    assert.equal(await widget.composer.inputValue(), 'a draft');

    model.fault = '';
    await widget.button('again').click();
    await until('an answer', () => widget.answer());
  }),
];
