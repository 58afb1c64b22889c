// What HOST serves for good and what changes with every version; hashes for who pins; and the loader as a module.

import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { VERSION, test } from '../test.mjs';

const MODULE = (address, options) => `
  import('${address}').then(({ init }) => {
    globalThis.chat = recordHandle(init({ ...${JSON.stringify(options)}, onError: recordError }));
  });`;

/** What a page made to measure would give to `init`. */
const options = (t) => ({
  model: t.model(), mode: 'local', backend: 'cpu', consent: 'granted', temperature: 0, maxTokens: 8, target: 'body',
});

export default [
  test('the stable loader takes all else from its version\'s own folder', {}, async (t) => {
    const widget = await t.open();
    await widget.answered('Hello');
    const [loader, ...others] = t.requests().filter((path) => !path.startsWith('/models/'));
    assert.equal(loader, '/v1/inferkit.js');
    assert.deepEqual(others.filter((path) => !path.startsWith(VERSION)), []);
    const kept = async (path) => (await fetch(t.server.host + path)).headers.get('cache-control');
    assert.match(await kept(`${VERSION}widget_bg.wasm`), /immutable/);
    assert.doesNotMatch(await kept('/v1/inferkit.js'), /immutable/);
  }),

  test('every file has its hash in integrity.json', {}, async (t) => {
    const hashes = await (await fetch(`${t.server.host}${VERSION}integrity.json`)).json();
    for (const name of ['inferkit.js', 'inferkit.mjs', 'panel.js', 'widget.js', 'widget_bg.wasm', 'engine_bg.wasm',
      'remote.js', 'frame.js', 'embed.html']) {
      assert.ok(hashes[name], name);
    }
    for (const [name, hash] of Object.entries(hashes)) {
      const bytes = Buffer.from(await (await fetch(`${t.server.host}${VERSION}${name}`)).arrayBuffer());
      assert.equal(hash, `sha384-${createHash('sha384').update(bytes).digest('base64')}`, name);
    }
  }),

  ...[false, true].map((strict) =>
    test(`a pinned loader with its hash${strict ? ' on a strict page' : ''}`, {}, async (t) => {
      const hashes = await (await fetch(`${t.server.host}${VERSION}integrity.json`)).json();
      const widget = await t.visit(t.server.addPage({
        base: t.server.host + VERSION, how: 'element', strict, options: options(t), integrity: hashes['inferkit.js'],
      }), { how: 'element' });
      await widget.answered('Hello');
      assert.deepEqual(t.requests().filter((path) => path.startsWith('/v1/')), []);
      assert.deepEqual((await widget.heard()).filter(({ name }) => name === 'violation' || name === 'uncaught'), []);
    })),

  ...['/v1/', VERSION].flatMap((folder) => [false, true].map((strict) =>
    test(`the loader as a module of ${folder}${strict ? ' on a strict page' : ''}`, {}, async (t) => {
      const base = t.server.host + folder;
      const script = MODULE(`${base}inferkit.mjs`, options(t));
      const widget = await t.visit(t.server.addPage({ base, how: 'none', strict, script }), { how: 'init' });
      await widget.answered('Hello');
      const others = t.requests().filter((path) => !/^\/models\/|\/inferkit\.m?js$/.test(path));
      assert.deepEqual(others.filter((path) => !path.startsWith(VERSION)), []);
      assert.deepEqual((await widget.heard()).filter(({ name }) => name === 'violation' || name === 'uncaught'), []);
      await widget.page.evaluate(() => globalThis.chat.destroy());
      assert.equal(await widget.element.count(), 0);
    }))),
];
