// Harm that comes from outside, at random moments: processes killed, the network gone, the page frozen, the widget
// moved about. Whatever becomes of the question that was under way, the next one is answered, without a reload.
//
// INFERKIT_CHAOS_SEED repeats a run: the seed of each is in its line of the report.

import { strict as assert } from 'node:assert';
import { RECORDER, both } from '../test.mjs';
import { Widget, until } from '../widget.mjs';

/** The same numbers from 0 to 1 for the same seed (mulberry32). */
function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A source of chance, whose seed the report tells. */
function chance(t) {
  const seed = Number(process.env.INFERKIT_CHAOS_SEED ?? Math.floor(Math.random() * 2 ** 32));
  t.detail(`seed ${seed}`);
  const next = random(seed);
  return { between: (least, most) => least + next() * (most - least), one: (of) => of[Math.floor(next() * of.length)] };
}

/** Whether an event says that an answer is whole. */
const isAnswer = ({ name, detail }) => name === 'message' && detail.role === 'assistant';

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** The first answer starts an engine; one after some harm may have to wait for its watchdog and do so again. */
const PATIENCE = 45_000;

/** When harm comes: nothing goes on, the engine or an answer is about to start, or words arrive. */
const PHASES = ['at rest', 'just asked', 'soon after', 'in the answer'];

/**
 * Asks and harms, so many times, and each time asks again: that must be answered.
 * @param {object} way
 * @param {number} way.rounds
 * @param {Widget} way.widget
 * @param {(question: string) => Promise<number>} way.ask returns the mark from which its events count
 * @param {(round: number, random: ReturnType<typeof chance>) => Promise<void>} way.harm
 * @param {(errors: object[]) => void} [way.allowed] what may be told of the question that was harmed
 */
async function survives(t, { rounds, widget, ask, harm, allowed = () => {}, before = async () => {} }) {
  const luck = chance(t);
  const counts = { answered: 0, failed: 0 };
  let slowest = 0;
  for (let round = 0; round < rounds; round++) {
    await before(round, luck);
    const phase = luck.one(PHASES);
    const where = `round ${round + 1} of ${rounds}, harmed ${phase}`;
    const mark = phase === 'at rest' ? await widget.mark() : await ask(`Question ${round}`);
    if (phase === 'soon after') await sleep(luck.between(1, 300));
    if (phase === 'in the answer') {
      await until('a word, or the end', async () =>
        (await widget.heard(undefined, mark)).some((event) =>
          ['token', 'error'].includes(event.name) || isAnswer(event)), PATIENCE);
    }
    await harm(round, luck);
    if (phase !== 'at rest') {
      await settled(widget, mark).catch((error) => { throw new Error(`${where}: ${error.message}`); });
      const errors = (await widget.heard('error', mark)).map(({ detail }) => detail);
      counts[errors.length ? 'failed' : 'answered']++;
      allowed(errors, where);
    }

    const started = Date.now();
    const next = await ask(`And after ${round}?`);
    await settled(widget, next).catch((error) => { throw new Error(`${where}, the next question: ${error.message}`); });
    slowest = Math.max(slowest, Date.now() - started);
    const heard = await widget.heard(undefined, next);
    assert.deepEqual(heard.filter(({ name }) => name === 'error').map(({ detail }) => detail), [], where);
    assert.ok(heard.some(isAnswer), `${where}: no answer`);
  }
  const uncaught = (await widget.heard('uncaught')).map(({ detail }) => detail);
  assert.deepEqual(uncaught, []);
  t.detail(`${rounds} times; of the questions harmed ${counts.answered} were answered, ${counts.failed} failed; ` +
    `slowest next answer ${(slowest / 1000).toFixed(1)} s`);
}

/** The end of a question, whatever its end: the widget rests, and has rested for a moment. */
async function settled(widget, mark) {
  await until('an end', async () => {
    const heard = await widget.heard(undefined, mark);
    const ended = heard.some((event) => event.name === 'error' || isAnswer(event));
    const states = heard.filter(({ name }) => name === 'status').map(({ detail }) => detail.state);
    return ended && (!states.length || ['idle', 'ready'].includes(states.at(-1)));
  }, PATIENCE);
}

const typed = (widget) => (question) => widget.ask(question);

/**
 * Playwright holds a page for dead when a process of one of its frames dies; Puppeteer does not. The question is the
 * site's, by the widget's handle.
 */
async function openForKilling(t) {
  const { default: puppeteer } = await import('puppeteer-core');
  const browser = await t.browsers.launchChromium(puppeteer);
  t.atEnd(() => browser.close());
  const page = await browser.newPage();
  await page.evaluateOnNewDocument(RECORDER);
  const how = t.framed ? 'init-iframe' : 'init';
  await page.goto(t.page({ how, options: { maxTokens: 8 } }));
  const widget = new Widget(page, how);
  const ask = async (question) => page.evaluate((question) => {
    const mark = globalThis.heard.length;
    globalThis.chat.sendMessage(question);
    return mark;
  }, question);
  return { widget, ask, browser };
}

/** Kills the process of the frame of HOST, if there is one just now. */
async function kill(browser) {
  const target = browser.targets().find((target) => /\/(engine|embed)\.html/.test(target.url()));
  if (!target) return false;
  const session = await target.createCDPSession();
  // It never answers that.
  session.send('Page.crash').catch(() => {});
  await sleep(100);
  return true;
}

const OFFLINE_MS = [20, 400];
const FROZEN_MS = [100, 1_200];
/** Longer than any sign of life may stay away; what was said meanwhile lies there, unread. */
const LONG_FREEZE_MS = 13_000;

export default [
  ...both('chaos: the process of HOST’s frame is killed 10 times', { timeout: 240_000 }, async (t) => {
    const { widget, ask, browser } = await openForKilling(t);
    let killed = 0;
    await ask('Hello');
    await settled(widget, 0);
    await survives(t, { rounds: 10, widget, ask, harm: async () => { killed += Number(await kill(browser)); } });
    assert.ok(killed >= 8, `only ${killed} killed`);
    t.detail(`${killed} processes`);
  }),

  ...both('chaos: the network goes 25 times', { timeout: 240_000 }, async (t) => {
    const widget = await t.open({ options: { maxTokens: 6 } });
    const context = widget.page.context();
    await widget.answered('Hello');
    await survives(t, {
      rounds: 25, widget, ask: typed(widget),
      // Every other time there is something to be fetched.
      before: async (round) => {
        if (round % 2) return;
        const { url, sha256, bytes } = t.model();
        await widget.element.evaluate((element, model) => element.setOptions({ model }), { url, sha256, bytes });
      },
      harm: async (_, luck) => {
        await context.setOffline(true);
        await sleep(luck.between(...OFFLINE_MS));
        await context.setOffline(false);
      },
    });
  }),

  ...both('chaos: the page is frozen 10 times, once for long', { timeout: 240_000 }, async (t) => {
    const widget = await t.open({ options: { maxTokens: 24 } });
    const session = await widget.page.context().newCDPSession(widget.page);
    await widget.answered('Hello');
    await survives(t, {
      rounds: 10, widget, ask: typed(widget),
      harm: async (round, luck) => {
        await session.send('Page.setWebLifecycleState', { state: 'frozen' });
        await sleep(round === 4 ? LONG_FREEZE_MS : luck.between(...FROZEN_MS));
        await session.send('Page.setWebLifecycleState', { state: 'active' });
      },
      // L09: what arrived is read before anything is held to be late.
      allowed: (errors, where) => assert.deepEqual(errors, [], `${where}: a frozen page is no failure`),
    });
  }),

  ...both('chaos: the widget is moved 10 times', { timeout: 240_000 }, async (t) => {
    const widget = await t.open({ options: { maxTokens: 8 } });
    await widget.answered('Hello');
    await widget.page.evaluate(() => {
      document.body.append(...['left', 'right'].map((id) => Object.assign(document.createElement('section'), { id })));
    });
    let bubbles = 2;
    await survives(t, {
      rounds: 10, widget, ask: typed(widget),
      harm: async (round) => {
        bubbles = Math.max(bubbles, await widget.part('bubble').count());
        await widget.page.evaluate((id) => {
          document.getElementById(id).append(document.querySelector('inferkit-widget'));
        }, round % 2 ? 'left' : 'right');
        await widget.composer.waitFor();
        await until('the conversation, as it was', async () => await widget.part('bubble').count() >= bubbles, 10_000);
      },
    });
    assert.equal(await widget.element.count(), 1);
  }),
];
