// Runs the browser tests.
//
//   node tests/e2e/run.mjs --dist DIR --model FILE [--gateway PROGRAM] [--openai DIR] [--only NAME] [--jobs N]
//     [--headed] [--screenshots DIR]
//
// One line per test, `ok`, `FAILED` or `SKIPPED`; of a failure also the page's console and a screenshot. What fails is
// run once more when all others are over; if it passes then, it is `UNSTABLE`. A subject may have a `summary` of what its
// `record` holds; it is printed at the end, where the names of what failed stand again. The last line is JSON: {"passed",
// "failed", "skipped"}. `--only` runs the tests whose names contain the text, or those of the subject of that name.
// `--jobs` says how many run at once, each in a worker with servers and browsers of its own (see worker.mjs): two when
// not given, or one where there is one core. `--gateway` is the built tests/gateway, and `--openai` the folder of the
// Python package that openai.mjs starts; tests that need what is not there are skipped.

import { fork } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { tinyModel } from './models.mjs';

/** In the order in which a reader wants to know: the small and quick before the slow. */
const SUBJECTS = ['embedding', 'pages', 'tags', 'lives', 'frame', 'versions', 'sdk', 'words', 'persist', 'silence',
  'consent', 'interaction', 'focus', 'access', 'challenge', 'gate', 'online', 'knowledge', 'builtin', 'person', 'matrix',
  'failures', 'lifecycle', 'frameworks', 'recovery', 'screens', 'demo', 'answers', 'openai', 'firefox', 'webkit'];
/**
 * Those that run when they are asked for, by their name or the beginning of a test's: minutes of chaos, or of questions,
 * and what needs a site of the caller's.
 */
const BY_NAME = ['chaos', 'facts', 'speed'];
/** The first is what most tests take, and several run at once. The others draw in software, on all cores there are. */
const KINDS = ['plain', 'webgpu', 'firefox', 'webkit'];
const WORKER = fileURLToPath(new URL('worker.mjs', import.meta.url));

/**
 * What one worker runs without a pause: a test, or the tests of a subject that belong together.
 * @typedef {{ subject: string, kind: string, tests: { at: number, name: string }[], bound: number }} Unit its `bound` is
 * the sum of its tests' timeouts
 */

async function main() {
  const { values } = parseArgs({
    options: {
      dist: { type: 'string' },
      model: { type: 'string' },
      openai: { type: 'string' },
      gateway: { type: 'string' },
      only: { type: 'string', default: '' },
      jobs: { type: 'string', default: `${Math.min(2, availableParallelism())}` },
      headed: { type: 'boolean', default: false },
      screenshots: { type: 'string', default: 'target/screenshots' },
    },
  });
  const jobs = Number(values.jobs);
  if (!values.dist || !values.model || !(jobs >= 1)) {
    throw new Error('usage: run.mjs --dist DIR --model FILE [--gateway PROGRAM] [--only NAME] [--jobs N]');
  }
  const units = await chosen(values.only);
  const screenshots = resolve(values.screenshots);
  await mkdir(screenshots, { recursive: true });
  // Once: all workers read it.
  await tinyModel(values.model);

  const run = new Run({ ...values, screenshots });
  const plain = units.filter(({ kind }) => kind === KINDS[0]);
  await run.all(plain, Math.min(jobs, plain.length));
  for (const kind of KINDS.slice(1)) await run.all(units.filter((unit) => unit.kind === kind), 1);
  await run.again();

  for (const [subject, records] of run.records) {
    const { summary } = await import(`./tests/${subject}.mjs`);
    console.log(`\n${summary(records)}\n`);
  }
  for (const name of run.unstable) console.log(`UNSTABLE ${name}: failed beside other tests, and passed alone`);
  for (const { tests: [{ name }] } of run.failed) console.log(`FAILED ${name}`);
  const { passed, skipped } = run.counts;
  const failed = run.failed.length;
  console.log(JSON.stringify({ passed, failed, skipped }));
  process.exitCode = failed ? 1 : 0;
}

/** @returns {Promise<Unit[]>} */
async function chosen(only) {
  const asked = BY_NAME.find((subject) => only === subject || only.startsWith(`${subject}: `));
  const subjects = asked ? [asked] : SUBJECTS;
  const units = [];
  for (const subject of subjects) {
    const { default: cases, together } = await import(`./tests/${subject}.mjs`);
    /** @type {Map<string, Unit>} */
    const joined = new Map();
    cases.forEach(({ name, browser: kind, timeout = 60_000 }, at) => {
      if (subject !== only && !name.includes(only)) return;
      const key = together ? kind : `${at}`;
      if (!joined.has(key)) joined.set(key, { subject, kind, tests: [], bound: 0 });
      const unit = joined.get(key);
      unit.tests.push({ at, name });
      unit.bound += timeout;
    });
    units.push(...joined.values());
  }
  if (!units.length) throw new Error(`no test's name contains ${JSON.stringify(only)}`);
  // What may take long begins first, so that nobody waits for it at the end.
  return units.sort((a, b) => b.bound - a.bound);
}

class Run {
  counts = { passed: 0, skipped: 0 };
  /** A unit of its own for each test that failed. @type {Unit[]} */
  failed = [];
  /** @type {string[]} */
  unstable = [];
  /** What workers have seen for the summaries, by subject. @type {Map<string, unknown[]>} */
  records = new Map();
  #options;

  constructor(options) {
    this.#options = options;
  }

  /** @param {Unit[]} units @param {number} jobs */
  async all(units, jobs) {
    const queue = [...units];
    await Promise.all(Array.from({ length: jobs }, () => this.#work(queue)));
  }

  /**
   * Once more, alone, whatever failed: a machine that is too slow for two tests at once is no defect of the widget. It is
   * said loudly.
   */
  async again() {
    const first = this.failed;
    this.failed = [];
    for (const kind of KINDS) await this.all(first.filter((unit) => unit.kind === kind), 1);
    const names = new Set(this.failed.map(({ tests: [{ name }] }) => name));
    this.unstable = first.map(({ tests: [{ name }] }) => name).filter((name) => !names.has(name));
  }

  /** One worker after another, until nothing is left to do: a worker that dies takes what it ran with it. */
  async #work(queue) {
    while (queue.length) await this.#worker(queue);
  }

  /** @param {Unit[]} queue */
  #worker(queue) {
    const child = fork(WORKER, [JSON.stringify(this.#options)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    /** @type {Unit | undefined} */
    let unit;
    /** What it has not told the end of. @type {{ at: number, name: string }[]} */
    let open = [];
    let stood = false;
    const next = () => {
      stood = true;
      unit = queue.shift();
      open = unit ? [...unit.tests] : [];
      child.send(unit ?? null);
    };
    child.on('message', ({ ready, test, end, text, records = [] }) => {
      if (text) console.log(text);
      for (const [subject, record] of records) {
        this.records.set(subject, [...this.records.get(subject) ?? [], record]);
      }
      if (test !== undefined) {
        open = open.filter(({ at }) => at !== test);
        this.#count(unit, { at: test, name: end.name }, end.how);
      }
      if (ready) next();
    });
    const ended = new Promise((done) => child.once('exit', (status, signal) => done(signal ?? status)));
    // All that it said comes before this.
    const heard = new Promise((done) => child.once('disconnect', done));
    return Promise.all([ended, heard]).then(([why]) => {
      if (!stood) throw new Error(`a worker did not start (${why})`);
      for (const test of open) {
        console.log(`FAILED ${test.name} (its worker ended: ${why})`);
        this.#count(unit, test, 'failed');
      }
    });
  }

  #count(unit, test, how) {
    if (how === 'failed') this.failed.push({ ...unit, tests: [test] });
    else this.counts[how]++;
  }
}

main().catch((error) => {
  console.error(`browser tests: ${error.stack}`);
  process.exit(1);
});
