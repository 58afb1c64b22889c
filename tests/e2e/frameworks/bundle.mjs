// What a site's own build would make of the pages in this folder: one script each, with the framework in it.

import { createHash } from 'node:crypto';
import { execFile } from 'node:child_process';
import { mkdir, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Skip } from '../test.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const CACHE = fileURLToPath(new URL('../../../target/e2e/bundles/', import.meta.url));

/**
 * Astro's package brings its whole compiler and some two hundred packages; the code that runs on a page is five files
 * of it. They are taken from the package itself, without what it depends on.
 */
const ASTRO = {
  name: 'astro-7.3.5',
  integrity: 'sha512-1p/ernaq/RuESbM5NMjWzbO6SiebMGrGcYlGjMfBhzzgM+n/X7AUmVyw8BqW2QYCdivpsHwJBcD1fqmlTZjZHg==',
};

/** @type {Map<string, Promise<string>>} */
const made = new Map();

/** The script of a page of this folder, by its file's name. Made once, and again when a source or a package changes. */
export function bundle(file) {
  if (!made.has(file)) made.set(file, cached(file));
  return made.get(file);
}

async function cached(file) {
  const hash = createHash('sha256');
  for (const name of (await readdir(HERE)).sort()) hash.update(await readFile(join(HERE, name)));
  hash.update(await readFile(join(HERE, '../package-lock.json')));
  const path = join(CACHE, `${file}-${hash.digest('hex').slice(0, 16)}.js`);
  const before = await readFile(path, 'utf8').catch(() => undefined);
  if (before) return before;
  const text = await build(file);
  await mkdir(CACHE, { recursive: true });
  // Whole or not at all.
  const part = `${path}.${process.pid}`;
  await writeFile(part, text);
  await rename(part, path);
  return text;
}

async function build(file) {
  const esbuild = await import('esbuild').catch(() => {
    throw new Skip('no esbuild: run `npm ci` in tests/e2e');
  });
  const { outputFiles } = await esbuild.build({
    entryPoints: [join(HERE, file)],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    logLevel: 'error',
    jsx: 'automatic',
    conditions: ['browser', 'svelte'],
    // React's strict mode mounts twice only here.
    define: {
      'process.env.NODE_ENV': '"development"', 'import.meta.env.DEV': 'false', 'import.meta.env.SSR': 'false',
      // Of Astro's build.
      __PREFETCH_DISABLED__: 'true',
    },
    plugins: [svelte, astro],
  });
  return outputFiles[0].text;
}

const svelte = {
  name: 'svelte',
  setup(build) {
    build.onLoad({ filter: /\.svelte$/ }, async ({ path }) => {
      const { compile } = await import('svelte/compiler');
      const { js } = compile(await readFile(path, 'utf8'), { filename: path, generate: 'client' });
      return { contents: js.code, loader: 'js' };
    });
  },
};

/** `astro:router` is the script of Astro's own ClientRouter component. */
const astro = {
  name: 'astro',
  setup(build) {
    build.onResolve({ filter: /^astro:router$/ }, () => ({ path: 'router', namespace: 'astro' }));
    build.onLoad({ filter: /./, namespace: 'astro' }, async () => {
      const component = await readFile(join(await astroPackage(), 'components/ClientRouter.astro'), 'utf8');
      const [, script] = /<script>([^]*?)<\/script>/.exec(component) ?? [];
      return { contents: script, loader: 'ts', resolveDir: HERE };
    });
    build.onResolve({ filter: /^astro:transitions\/client$/ }, async () =>
      ({ path: join(await astroPackage(), 'dist/transitions/router.js') }));
    // Of the adapter, of prefetching and of islands the pages have none.
    build.onResolve({ filter: /^virtual:astro:adapter-config|^astro\/virtual-modules\/prefetch/ }, () =>
      ({ path: 'none', namespace: 'astro-none' }));
    build.onLoad({ filter: /./, namespace: 'astro-none' }, () =>
      ({ contents: 'export const internalFetchHeaders = {}; export const init = () => {};' }));
  },
};

/** @type {Promise<string> | undefined} */
let astroFolder;

/** Where Astro's package lies, as it is published. */
const astroPackage = () => astroFolder ??= (async () => {
  const folder = join(CACHE, ASTRO.name);
  await mkdir(folder, { recursive: true });
  const archive = join(folder, `${ASTRO.name}.tgz`);
  const run = promisify(execFile);
  const bytes = await readFile(archive).catch(async () => {
    await run('npm', ['pack', ASTRO.name.replace(/-(?=\d)/, '@'), '--silent', '--pack-destination', folder])
      .catch((error) => {
        throw new Skip(`Astro's package can't be had: ${error.message.split('\n')[0]}`);
      });
    return readFile(archive);
  });
  const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
  if (integrity !== ASTRO.integrity) throw new Error(`${archive} is not the package that was published`);
  await run('tar', ['-xzf', archive, '-C', folder]);
  return join(folder, 'package');
})();
