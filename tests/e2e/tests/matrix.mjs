// Every code of the catalog, embedded both ways, in a real browser against a real server: what the visitor reads, what
// the site is told, and what was tried before. What it ought to be says public/errors.md (see catalog.mjs), which the
// widget never sees.

import { strict as assert } from 'node:assert';
import { SECRET, promised } from '../catalog.mjs';
import { CAUSES } from '../causes.mjs';
import { both } from '../test.mjs';
import { NAMES, REFERENCE, until } from '../widget.mjs';

const QUESTION = 'Hello';
const DRAFT = 'what I wanted to ask next';
/** As many pages at a time as a small machine opens without getting slower. */
const AT_ONCE = 3;
/** An adapter in software is itself waited for longer than any other part. */
const PATIENCE_MS = 240_000;

/** What was seen, by cause: `{ status, element, iframe }`, each of the last two `{ ok, retries }` or `{ why }`. */
const seen = new Map(CAUSES.map((cause) => [cause, {}]));

/** Waits for the failure; where pauses are long, the page's clock goes faster than ours. */
async function heard(widget, { tick, asked }, sent) {
  return until('the failure', async () => {
    const [error] = await widget.heard('error');
    if (error) return error;
    // A request on its way to the server is not hurried.
    if (tick && sent() === (await asked()).length) await widget.page.clock.runFor(tick);
    return undefined;
  }, PATIENCE_MS);
}

/** One frozen object of four fields, the same for all who listen, and no other before it. */
async function oneObject(widget) {
  const { by, objects, frozen, fields } = await widget.page.evaluate(() => {
    const [[, failure]] = globalThis.failures;
    return {
      by: globalThis.failures.map(([by]) => by).sort(), frozen: Object.isFrozen(failure),
      objects: new Set(globalThis.failures.map(([, failure]) => failure)).size, fields: Reflect.ownKeys(failure).sort(),
    };
  });
  assert.deepEqual(by, ['error', 'handle', 'inferkit:error', 'onError'], 'each hears of one failure, once');
  assert.equal(objects, 1, 'they hear the same object');
  assert.ok(frozen, 'it is frozen');
  assert.deepEqual(fields, ['code', 'message', 'reference', 'request_id']);
}

/** Whatever a visitor could read or be read out: runs in the widget's document. */
function everyWord(element) {
  const words = [];
  const walk = (node) => {
    if (node instanceof HTMLStyleElement) return;
    if (node instanceof Text) words.push(node.data);
    for (const name of ['aria-label', 'title', 'placeholder', 'alt']) {
      if (node.getAttribute?.(name)) words.push(node.getAttribute(name));
    }
    node.childNodes.forEach(walk);
  };
  walk(element.shadowRoot);
  return words.join('\n');
}

/** The catalog's sentence, the reference, and nothing else. */
async function friendly(t, widget, { words }, failure, { key }) {
  const error = widget.part('error').last();
  await error.waitFor();
  const quoted = `Ref: ${failure.reference}`;
  assert.equal((await widget.part('ref').last().innerText()).trim(), quoted);
  const text = await error.innerText();
  assert.match(text, new RegExp(words.source), 'the catalog’s sentence');
  const rest = text.replaceAll(words, '').replaceAll(quoted, '').replaceAll(NAMES.again, '').trim();
  assert.equal(rest, '', 'and nothing else');

  const all = (await widget.host.evaluate(everyWord)).replaceAll(failure.reference, '');
  for (const secret of [failure.code, failure.message, key, t.gateway.api, t.server.host, t.server.site]) {
    assert.ok(!secret || !all.includes(secret), `the visitor could read ${JSON.stringify(secret)}`);
  }
  assert.equal(SECRET.exec(all)?.[0], undefined, 'a word that is no visitor’s business');
}

/** What the gateway's books say of where the question came from, and of what it cost. */
async function booked(t, { key }, answered) {
  const { requests, charges } = await t.gateway.ledger(key);
  for (const { origin, embed_origin: embedOrigin } of requests) {
    const expected = t.framed ? [t.server.host, t.server.site] : [t.server.site, null];
    assert.deepEqual([origin, embedOrigin], expected, 'who asks');
  }
  const keys = new Set(requests.map(({ idempotency_key: key }) => key).filter(Boolean));
  assert.ok(keys.size <= 1, `one question has ${keys.size} keys`);
  if (!answered) return;
  const [charge, ...more] = Object.values(charges);
  assert.deepEqual([charge?.times, more.length], [1, 0], 'one question is charged once, however often it was asked');
}

/** The button: not there, there, or there and shut until its time. Returns whether it led to an answer. */
async function button(widget, { button }, { tick, mend }) {
  const again = widget.button('again');
  assert.equal(await again.count() && await again.isVisible(), button === 'none' ? 0 : true, `a button: ${button}`);
  if (button === 'none') return false;
  assert.equal(await again.isEnabled(), button === 'at once', 'the button can be pressed');
  if (button === 'later') {
    await until('the button to open', async () => {
      await widget.page.clock.runFor(tick);
      return again.isEnabled();
    });
  }
  if (!mend) return false;
  await mend(widget.page);
  const mark = await widget.mark();
  await again.click();
  await until('the answer', async () => {
    if (tick) await widget.page.clock.runFor(20);
    return (await widget.heard('message', mark)).some(({ detail }) => detail.role === 'assistant');
  }, PATIENCE_MS);
  assert.deepEqual(await widget.heard('error', mark), [], 'trying again helps');
  return true;
}

/** Makes one failure happen and looks at it from all sides. Returns what was tried for it. */
async function judge(t, cause, row) {
  const made = await cause.make(t, row);
  let sent = 0;
  const prepare = async (page) => {
    page.on('request', (request) => {
      if (request.url().startsWith(t.gateway.api) && request.method() !== 'OPTIONS') sent++;
    });
    await made.open.prepare?.(page);
  };
  const widget = await t.open({ ...made.open, prepare });
  try {
    if (made.asks !== false) {
      if (made.key) await until('the first request to be answered', async () =>
        (await t.gateway.ledger(made.key)).requests[0]?.status);
      await widget.ask(made.question ?? QUESTION);
      await widget.composer.fill(DRAFT);
    }
    const { detail } = await heard(widget, made, () => sent);
    assert.equal(detail.code, row.code, JSON.stringify(detail));
    assert.ok(detail.message.length > 0, 'a message for the developer');
    assert.equal(detail.reference, detail.request_id ?? detail.reference);
    if (made.reached) assert.ok(detail.request_id, 'the server’s number');
    else assert.match(detail.reference, REFERENCE);
    await oneObject(widget);
    await friendly(t, widget, row, detail, made);
    if (made.asks !== false) assert.equal(await widget.composer.inputValue(), DRAFT, 'the draft survives');

    const tried = await made.asked();
    assert.deepEqual(tried, made.trail, 'what was asked for');
    if (made.key && made.reached) {
      const { requests } = await t.gateway.ledger(made.key);
      assert.equal(requests.at(-1).request_id, detail.request_id, 'the number of the last attempt');
    }
    const answered = await button(widget, row, made);
    assert.equal((await widget.page.evaluate(() => globalThis.failures)).length, 4, 'nothing more was told');
    if (made.key) await booked(t, made, answered);
    const [last] = tried.slice(-1);
    const count = tried.filter((place) => place === last).length;
    const button_ = row.button === 'none' ? 'no button' : `${row.button === 'later' ? 'a button when it is time'
      : 'a button'}${answered ? ', which helps' : ''}`;
    return `${last ? `${count} × ${tried.includes('session') && last === 'answer' ? 'session and answer' : last}` : '–'}; ${
      button_}`;
  } finally {
    await widget.page.context().close();
  }
}

const everyCode = (gpu) => async (t) => {
  t.gateway;
  const rows = new Map((await promised()).map((row) => [row.code, row]));
  assert.deepEqual([...rows.keys()].filter((code) => !CAUSES.some((cause) => cause.code === code)), [], 'codes left out');
  const waiting = CAUSES.filter((cause) => !cause.never && Boolean(cause.gpu) === gpu);
  const tried = waiting.length;
  const wrong = [];
  const work = async () => {
    for (let cause; (cause = waiting.shift());) {
      const result = seen.get(cause);
      Object.assign(result, { status: rows.get(cause.code).status });
      result[t.framed ? 'iframe' : 'element'] = await judge(t, cause, rows.get(cause.code)).then(
        (retries) => ({ retries }), (error) => {
          wrong.push(`${cause.code} (${cause.at}): ${error.message}`);
          return { why: error.message.split('\n')[0] };
        });
    }
  };
  await Promise.all(Array.from({ length: gpu ? 1 : AT_ONCE }, work));
  t.detail(`${tried - wrong.length} of ${tried} as promised`);
  assert.deepEqual(wrong, []);
};

/** What this worker has seen, by the cause's place in the list. */
export const record = () => CAUSES.map((cause) => seen.get(cause));

/** The whole, for a reader, of what all workers have seen. Printed when all tests are over. */
export function summary(records) {
  const cell = (result) => (result ? (result.why ? 'WRONG' : 'ok') : '–');
  const lines = CAUSES.map((cause, at) => {
    const { status, element, iframe } = Object.assign({}, ...records.map((record) => record[at]));
    const retries = new Set([element, iframe].map((result) => result && (result.why ?? result.retries)).filter(Boolean));
    return [cause.code, status ?? '–', cause.at, cell(element), cell(iframe), cause.never ?? [...retries].join(' / ')];
  });
  const table = [['code', 'status', 'where', 'element', 'iframe', 'asked for before it was told; then'], ...lines];
  const widths = table[0].map((_, at) => Math.max(...table.map((line) => String(line[at]).length)));
  return table.map((line) => line.map((text, at) => String(text).padEnd(widths[at])).join('  ').trimEnd()).join('\n');
}

export default [
  ...both('every code, as the error page promises it', { timeout: 600_000 }, everyCode(false)),
  ...both('every code of a GPU, as the error page promises it', { browser: 'webgpu', timeout: 600_000 }, everyCode(true)),
];
