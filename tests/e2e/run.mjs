// Runs the browser tests.
//
//   node tests/e2e/run.mjs --dist DIR --model FILE [--gateway PROGRAM] [--openai DIR] [--only NAME] [--headed]
//     [--screenshots DIR]
//
// One line per test, `ok`, `FAILED` or `SKIPPED`; of a failure also the page's console and a screenshot. A subject may
// have a `summary` of its tests, printed at the end, where the names of what failed stand again. The last line is JSON:
// {"passed", "failed", "skipped"}. `--only` runs the tests whose names contain the text, or those of the subject of that
// name. `--gateway` is the built tests/gateway, and `--openai` the folder of the Python package that openai.mjs starts;
// tests that need what is not there are skipped.

import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Browsers } from './browsers.mjs';
import { start as startGateway } from './gateway.mjs';
import { tinyModel } from './models.mjs';
import { start as startOpenai } from './openai.mjs';
import { serve } from './server.mjs';
import { Skip, Test } from './test.mjs';

/** In the order in which a reader wants to know: the small and quick before the slow. */
const SUBJECTS = ['embedding', 'pages', 'tags', 'lives', 'frame', 'versions', 'sdk', 'words', 'persist', 'silence',
  'consent', 'interaction', 'focus', 'access', 'challenge', 'gate', 'online', 'matrix', 'failures', 'lifecycle',
  'frameworks', 'recovery', 'screens', 'demo', 'answers', 'openai', 'firefox'];
/** Those that run when they are asked for: minutes of chaos, and a third browser. */
const BY_NAME = ['chaos', 'webkit'];
const GOLDEN = new URL('../golden/smollm2-135m-q4_1-greedy.json', import.meta.url);
const KINDS = ['plain', 'webgpu', 'firefox', 'webkit'];

async function main() {
  const { values } = parseArgs({
    options: {
      dist: { type: 'string' },
      model: { type: 'string' },
      openai: { type: 'string' },
      gateway: { type: 'string' },
      only: { type: 'string', default: '' },
      headed: { type: 'boolean', default: false },
      screenshots: { type: 'string', default: 'target/screenshots' },
    },
  });
  if (!values.dist || !values.model) {
    throw new Error('usage: run.mjs --dist DIR --model FILE [--gateway PROGRAM] [--only NAME]');
  }

  const subjects = BY_NAME.includes(values.only) ? [values.only] : SUBJECTS;
  const modules = await Promise.all(subjects.map((subject) => import(`./tests/${subject}.mjs`)));
  const cases = modules.flatMap(({ default: cases }, at) =>
    cases.filter(({ name }) => subjects[at] === values.only || name.includes(values.only)));
  cases.sort((a, b) => KINDS.indexOf(a.browser) - KINDS.indexOf(b.browser));
  if (!cases.length) throw new Error(`no test's name contains ${JSON.stringify(values.only)}`);

  const screenshots = resolve(values.screenshots);
  await mkdir(screenshots, { recursive: true });
  const tiny = await tinyModel(values.model);
  const golden = JSON.parse(await readFile(GOLDEN, 'utf8').catch(() => 'null'));
  const gateway = values.gateway ? await startGateway(values.gateway, values.model) : null;
  const server = await serve({ dist: values.dist, model: values.model, api: gateway?.api });
  const browsers = new Browsers(values);
  /** @type {ReturnType<typeof startOpenai> | undefined} */
  let foreign;
  // Started when the first test asks for it.
  const openai = values.openai && (() => foreign ??= startOpenai(values.openai, values.model));
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const failed = [];
  try {
    let kind;
    for (const one of cases) {
      if (kind && kind !== one.browser) await browsers.end(kind);
      kind = one.browser;
      const end = await run(one, { server, gateway, browsers, tiny, golden, screenshots, openai });
      counts[end]++;
      if (end === 'failed') failed.push(one.name);
    }
  } finally {
    await browsers.endAll();
    await server.close();
    await foreign?.then(({ close }) => close(), () => {});
    await gateway?.close();
  }
  for (const text of modules.map(({ summary }) => summary?.()).filter(Boolean)) console.log(`\n${text}\n`);
  for (const name of failed) console.log(`FAILED ${name}`);
  console.log(JSON.stringify(counts));
  process.exitCode = counts.failed ? 1 : 0;
}

async function run(one, surroundings) {
  const started = Date.now();
  const test = new Test(one, surroundings);
  const report = (word, detail) => {
    const time = `${((Date.now() - started) / 1000).toFixed(1)} s`;
    console.log(`${word} ${one.name} (${[detail, time].filter(Boolean).join(', ')})`);
  };
  try {
    const missing = surroundings.browsers.missing(one.browser);
    if (missing) throw new Skip(missing);
    await within(one.timeout ?? 60_000, one.body(test));
    report('ok', test.details.join(', '));
    return 'passed';
  } catch (error) {
    if (error instanceof Skip) {
      report('SKIPPED', error.message);
      return 'skipped';
    }
    report('FAILED', error.message.split('\n')[0]);
    console.log(indented(error.stack));
    console.log(indented(await test.evidence(join(surroundings.screenshots, 'failed'))));
    return 'failed';
  } finally {
    await test.end();
  }
}

const indented = (text) => text.replace(/^/gm, '    ');

async function within(ms, work) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${ms / 1000} s`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

main().catch((error) => {
  console.error(`browser tests: ${error.stack}`);
  // The gateway, if it runs, would keep this process waiting; it ends with it.
  process.exit(1);
});
