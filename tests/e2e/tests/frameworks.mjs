// Sites as people build them, with the libraries that they use: what replaces a page's body under the widget, and what
// binds options and listeners to the element in its own way. The pages' scripts are in frameworks/.

import { strict as assert } from 'node:assert';
import { bundle } from '../frameworks/bundle.mjs';
import { attributes } from '../server/pages.mjs';
import { both } from '../test.mjs';
import { until } from '../widget.mjs';

/** Libraries that go from page to page without loading one: where their pages have what, and what stands in a page. */
const NAVIGATORS = [
  { name: 'Turbo', file: 'turbo.js', places: ['head', 'body'] },
  { name: 'htmx', file: 'htmx.js', places: ['head', 'body'], body: ' hx-boost="true"' },
  {
    name: 'Astro’s ClientRouter', file: 'astro.js', places: ['head', 'body'],
    head: '<meta name="astro-view-transitions-enabled" content="true">' +
      '<meta name="astro-view-transitions-fallback" content="swap">',
  },
  { name: 'Swup', file: 'swup.js', places: ['body'] },
];

/** A visit of every page costs some time, so this many are made in one place only. */
const VISITS = { head: 6, body: 20 };

/** A site of pages a and b, with the loader's tag in each of them, as the README says. */
async function walkable(t, { file, head = '', body = '' }, place, options = {}) {
  const given = { ...t.options({ maxTokens: 6 }), ...(t.framed && { embed: 'iframe' }), ...options };
  const loader = `<script src="${t.server.host}/v1/inferkit.js"${attributes(given, 'data-')}></script>`;
  const page = (name) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Page ${name}</title>${head}
    <script src="app.js" defer></script>
    ${place === 'head' ? loader : ''}
  </head>
  <body${body}>
    <nav><a href="a">Go to a</a> <a href="b">Go to b</a></nav>
    <main id="swup"><h1>Page ${name}</h1></main>
    ${place === 'body' ? loader : ''}
  </body>
</html>
`;
  return `${t.server.addSite({ a: page('a'), b: page('b'), 'app.js': await bundle(file) })}a`;
}

/**
 * Follows a link, and waits for the page behind it. A visitor who is quicker than the library ends a visit of it in the
 * middle, of which Turbo and Astro complain themselves, or meets a link that htmx has not seen yet.
 */
async function visit(widget, name) {
  await widget.page.evaluate((name) => document.querySelector(`a[href="${name}"]`).click(), name);
  await arrived(widget, name);
  await widget.page.waitForTimeout(80);
}

const arrived = (widget, name) => until(`page ${name}`, () => widget.page.evaluate((name) =>
  document.querySelector('h1')?.textContent === `Page ${name}` && document.title === `Page ${name}`, name)
  .catch(() => false));

/** One launcher, one panel, and it is the one that was open with what was said. */
async function whole(widget, before) {
  await until('the conversation on this page', async () =>
    JSON.stringify(await widget.part('bubble').allInnerTexts().catch(() => [])) === JSON.stringify(before), 15_000)
    .catch(async () => assert.deepEqual(await widget.part('bubble').allInnerTexts(), before, 'the conversation'));
  assert.equal(await widget.element.count(), 1, 'one widget');
  assert.equal(await widget.part('launcher').filter({ visible: true }).count(), 1, 'one launcher');
  assert.ok(await widget.element.locator('[part~="panel"]').isVisible(), 'the panel stays open');
}

const outlives = (library) => library.places.flatMap((place) =>
  both(`P02: ${library.name} swaps the body, the loader in the ${place}`, { timeout: 120_000 }, async (t) => {
    const widget = await t.visit(await walkable(t, library, place), { how: t.framed ? 'script-iframe' : 'script' });
    await widget.page.evaluate(() => { globalThis.sameDocument = true; });
    await widget.part('launcher').click();
    await widget.answered('Hello');
    const said = await widget.part('bubble').allInnerTexts();
    assert.equal(said.length, 2);

    await visit(widget, 'b');
    await whole(widget, said);
    await visit(widget, 'a');
    await whole(widget, said);
    // What the library keeps of a page for the way back may be a copy of it, widget and all.
    await widget.page.goBack();
    await arrived(widget, 'b');
    await widget.page.waitForTimeout(200);
    await whole(widget, said);
    for (let round = 3; round < VISITS[place]; round++) await visit(widget, round % 2 ? 'a' : 'b');
    assert.ok(await widget.page.evaluate(() => globalThis.sameDocument), `${library.name} loads no page anew`);
    await whole(widget, said);

    await widget.answered('And then?');
    assert.equal((await widget.part('bubble').allInnerTexts()).length, 4);
    // The frame of the engine, and the one that the widget is drawn in.
    await until('the frames of one widget', async () => widget.page.frames().length <= 2 + Number(t.framed), 5_000)
      .catch(() => assert.fail(`frames: ${widget.page.frames().map((frame) => frame.url()).join(' ')}`));
    // Of a visit that ends another, the libraries complain themselves, where the machine is slow.
    const ours = (await widget.heard('uncaught')).filter(({ stack }) => stack.includes(t.server.host));
    assert.deepEqual(ours.map(({ detail }) => detail), []);
    t.detail(`${VISITS[place]} visits`);

    await widget.button('close').click();
    await visit(widget, 'b');
    await widget.part('launcher').waitFor();
    assert.equal(await widget.element.locator('[part~="panel"]').isVisible(), false, 'closed stays closed');
  }));

const FRAMEWORKS = [
  { name: 'React 19', file: 'react.jsx' },
  { name: 'Vue 3', file: 'vue.js' },
  { name: 'Svelte 5', file: 'svelte.js' },
  { name: 'Angular 20', file: 'angular.js' },
];

/** A page of an app whose element gets some options at first and others when it stands. */
async function app(t, file, now, later = {}) {
  const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8"><title>An app</title>
    <script src="${t.server.host}/v1/inferkit.js"></script>
    <script>globalThis.given = ${JSON.stringify({ now, later })};</script>
    <script src="app.js" defer></script>
  </head>
  <body><div id="app"></div></body>
</html>
`;
  const address = t.server.addSite({ '': page, 'app.js': await bundle(file) });
  return t.visit(address, { how: t.framed ? 'element-iframe' : 'element' });
}

const calls = (widget, name) => widget.page.evaluate((name) =>
  globalThis.calls.filter(([called]) => called === name).map(([, value]) => value), name);

const embedded = (t) => (t.framed ? { embed: 'iframe' } : {});

const listens = ({ name, file }) =>
  both(`P16: ${name} hears of the element what its template listens to`, {}, async (t) => {
    const model = t.model();
    const widget = await app(t, file, { ...t.options({ model, maxTokens: 4 }), ...embedded(t) });
    await until('ready to be heard', async () => (await calls(widget, 'ready')).length);
    await widget.answered('Hello');
    assert.deepEqual((await calls(widget, 'message')).map(({ role }) => role), ['user', 'assistant']);

    const broken = t.model('404');
    await widget.element.evaluate((element, url) => element.setOptions({ model: { url } }), broken.url);
    const mark = await widget.ask('And?');
    await widget.event('error', { from: mark });
    const failures = await until('the error to be heard', async () => {
      const found = await calls(widget, 'error');
      return found.length && found;
    }, 3_000);
    assert.deepEqual(failures.map(({ code }) => code), ['model_download_failed']);
    assert.equal((await calls(widget, 'ready')).length, 1, 'once');

    // Gone and back: one widget, with its conversation, and nothing of the first one left.
    await widget.page.evaluate(() => globalThis.show(false));
    await until('it to go', async () => await widget.element.count() === 0 && widget.page.frames().length === 1);
    await widget.page.evaluate(() => globalThis.show(true));
    await until('its conversation', async () => await widget.part('bubble').count() >= 3);
    assert.deepEqual((await widget.heard('uncaught')).map(({ detail }) => detail), []);
  });

const binds = ({ name, file }) =>
  both(`P10: ${name} binds options to an element that stands already`, {}, async (t) => {
    const options = t.options({ maxTokens: 4 });
    const { model, ...others } = options;
    const widget = await app(t, file, { apiKey: options.apiKey }, { ...others, model, launcher: 'floating',
      heading: 'Our shop', ...embedded(t) });
    await widget.part('launcher').waitFor({ timeout: 10_000 });
    assert.equal(await widget.element.locator('[part~="panel"]').isVisible(), false, 'closed, as a launcher is');
    await widget.part('launcher').click();
    await widget.answered('Hello');
    assert.equal(await widget.element.getByRole('dialog', { name: 'Our shop' }).count(), 1);
    assert.equal(await widget.page.locator('inferkit-widget iframe[src*="embed.html"]').count(), Number(t.framed));
    const box = await widget.part('launcher').boundingBox();
    assert.ok(box.x > 1_000 && box.y > 500, `the launcher in its corner: ${JSON.stringify(box)}`);
  });

const QUESTION = 'safe/fast? gia es';

/** Types as a visitor does, key by key, and says what arrived. */
async function typed(widget, text) {
  await widget.composer.waitFor();
  await widget.composer.click();
  await widget.page.keyboard.type(text, { delay: 5 });
  return widget.composer.inputValue();
}

/** A page with a script of frameworks/ and an open widget. */
async function beside(t, file, body) {
  const options = { ...t.options({ maxTokens: 4 }), ...embedded(t) };
  const page = `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>A page with shortcuts</title></head>
  <body>
    ${body}
    <script src="app.js"></script>
    <script src="${t.server.host}/v1/inferkit.js"></script>
    <script>globalThis.chat = InferKit.init(${JSON.stringify(options)});</script>
  </body>
</html>
`;
  const address = t.server.addSite({ '': page, 'app.js': await bundle(file) });
  return t.visit(address, { how: t.framed ? 'script-iframe' : 'script' });
}

/** One worker unpacks Astro's package, and bundles what the others share. */
export const together = true;

export default [
  ...NAVIGATORS.flatMap(outlives),
  ...FRAMEWORKS.flatMap(listens),
  ...FRAMEWORKS.flatMap(binds),

  ...both('P01: mousetrap, hotkeys-js, tinykeys and GitHub’s hotkey leave what is typed alone', {}, async (t) => {
    const widget = await beside(t, 'shortcuts.js', '<button id="search">Search</button>');
    const ran = () => widget.page.evaluate(() => globalThis.ran.splice(0));
    await widget.part('launcher').waitFor();
    await widget.page.keyboard.type('sf/?');
    const libraries = new Set((await ran()).map((entry) => entry.split(' ')[0]));
    assert.deepEqual([...libraries].sort(), ['hotkey', 'hotkeys', 'mousetrap', 'tinykeys'], 'the page has shortcuts');

    await widget.part('launcher').click();
    assert.equal(await typed(widget, QUESTION), QUESTION);
    assert.deepEqual(await ran(), [], 'none of them ran');
    // An Escape that closes the panel is used up.
    await widget.page.keyboard.press('Escape');
    await until('the panel to close', async () => !await widget.element.locator('[part~="panel"]').isVisible());
    assert.deepEqual(await ran(), [], 'nor one for Escape');
    await widget.page.evaluate(() => document.activeElement.blur());
    await widget.page.keyboard.type('s');
    assert.ok((await ran()).length > 0, 'and the page has them still');
  }),

  ...both('P01: a modal of Radix with a focus trap does not pull the focus back', {}, async (t) => {
    const widget = await beside(t, 'modal.jsx', '<div id="app"></div>');
    await widget.page.locator('#modal input').waitFor();
    assert.equal(await widget.page.evaluate(() => document.activeElement.getAttribute('aria-label')), 'Your address');
    // The modal hides what is beside it from screen readers, so what is visible is looked for.
    await widget.element.locator('[part~="launcher"]').click({ timeout: 5_000 });
    const composer = widget.host.locator('textarea');
    await composer.waitFor();
    await composer.click({ timeout: 5_000 });
    await widget.page.keyboard.type(QUESTION, { delay: 5 });
    assert.equal(await composer.inputValue(), QUESTION);
    assert.ok(await widget.page.locator('#modal').isVisible(), 'the modal stays');
    assert.equal(await widget.page.locator('#modal input').inputValue(), '');
  }),
];
