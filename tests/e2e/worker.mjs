// Runs tests for run.mjs, one after the other, with servers and browsers that nobody else uses.
//
// Says `{ ready }` when it has nothing to do, and then gets a unit, or null: the end. Of each test it says
// `{ test, end: { name, how }, text }`, and at its end `{ records }`: what the subjects have for their summaries.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Browsers } from './browsers.mjs';
import { start as startGateway } from './gateway.mjs';
import { tinyModel } from './models.mjs';
import { start as startOpenai } from './openai.mjs';
import { serve } from './server.mjs';
import { Skip, Test } from './test.mjs';

const GOLDEN = new URL('../golden/smollm2-135m-q4_1-greedy.json', import.meta.url);

async function main(options) {
  const tiny = await tinyModel(options.model);
  const golden = JSON.parse(await readFile(GOLDEN, 'utf8').catch(() => 'null'));
  const gateway = options.gateway ? await startGateway(options.gateway, options.model) : null;
  const server = await serve({ dist: options.dist, model: options.model, api: gateway?.api });
  const browsers = new Browsers(options);
  /** @type {ReturnType<typeof startOpenai> | undefined} */
  let foreign;
  // Started when the first test asks for it.
  const openai = options.openai && (() => foreign ??= startOpenai(options.openai, options.model));
  const surroundings = { server, gateway, browsers, tiny, golden, screenshots: options.screenshots, openai };
  /** The `record` of each subject that was run, by its name. @type {Map<string, (() => unknown) | undefined>} */
  const used = new Map();
  try {
    for (let unit = await told(); unit; unit = await told()) {
      const module = await import(`./tests/${unit.subject}.mjs`);
      used.set(unit.subject, module.record);
      for (const { at } of unit.tests) await run(module.default[at], at, surroundings);
    }
  } finally {
    await browsers.endAll();
    await server.close();
    await foreign?.then(({ close }) => close(), () => {});
    await gateway?.close();
  }
  await say({ records: [...used].flatMap(([subject, record]) => (record ? [[subject, record()]] : [])) });
}

/** Asks for the next unit. */
function told() {
  const next = new Promise((resolve) => process.once('message', resolve));
  return say({ ready: true }).then(() => next);
}

const say = (message) => new Promise((done) => process.send(message, done));

async function run(one, at, surroundings) {
  const started = Date.now();
  const test = new Test(one, surroundings);
  const report = (how, detail, ...more) => {
    const time = `${((Date.now() - started) / 1000).toFixed(1)} s`;
    const word = how === 'passed' ? 'ok' : how.toUpperCase();
    const line = `${word} ${one.name} (${[detail, time].filter(Boolean).join(', ')})`;
    return say({ test: at, end: { name: one.name, how }, text: [line, ...more.map(indented)].join('\n') });
  };
  try {
    const missing = surroundings.browsers.missing(one.browser);
    if (missing) throw new Skip(missing);
    await within(one.timeout ?? 60_000, one.body(test));
    await report('passed', test.details.join(', '));
  } catch (error) {
    if (error instanceof Skip) return void await report('skipped', error.message);
    const evidence = await test.evidence(join(surroundings.screenshots, 'failed'));
    await report('failed', error.message.split('\n')[0], error.stack, evidence);
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

// Whom would it tell?
process.once('disconnect', () => process.exit(1));

main(JSON.parse(process.argv[2])).then(() => process.exit(0), (error) => {
  console.error(`browser tests: ${error.stack}`);
  // The gateway, if it runs, would keep this process waiting; it ends with it.
  process.exit(1);
});
