// Serves the demo and the browser tests on two sites, as in production: the visitor's page on http://localhost:N,
// and HOST, which owns the widget's files and the model, on http://127.0.0.1:M. Both are secure contexts.
//
//   node tests/e2e/server.mjs --dist DIR --model FILE [--api URL] [--site-port N] [--host-port M]
//
// prints one line of JSON, {"site", "host"}, when it listens. Tests import `serve` and get more: pages made to
// measure, folders of HOST with a fault built in, models that break on the way, and a list of every request.

import { createServer } from 'node:http';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { Asset, sendFolder, sendText } from './server/files.mjs';
import { Folders } from './server/folders.mjs';
import { Models } from './server/models.mjs';
import { Pages } from './server/pages.mjs';
import { Sites } from './server/sites.mjs';

/** What the site has: the shop, and the playground of errors with what it reads. */
const DEMOS = /^\/(demo\.(html|css|js)|shop\/[a-z0-9-]+\.html|errors\.md|playground\/[a-z-]+\.(html|css|js))$/;

/** The index of the shop's pages, which `cargo xtask build` makes. */
const INDEX = /^\/shop\/(knowledge\/([0-9a-f]{12}|knowledge)\.ik)$/;
const INDEXED = fileURLToPath(new URL('../../target/shop', import.meta.url));

/** The playground's own challenge: a key may name a page for it, which `embed.html` lets in from HOST. */
const CHALLENGE = /^\/playground\/challenge\.(html|js)$/;

/**
 * @param {{ dist: string, model: string, api?: string, sitePort?: number, hostPort?: number, immutable?: boolean }}
 * options `dist` is the built folder, `model` a GGUF file, `api` the address of the API that demo pages ask; a port of 0
 * or none takes a free one; `immutable`: a version's folder may be kept forever, as in production.
 */
export async function serve({ dist, model, api = '', sitePort = 0, hostPort = 0, immutable = true }) {
  const root = resolve(dist);
  const sources = fileURLToPath(new URL('../../public', import.meta.url));
  const requests = [];
  const models = new Models();
  const folders = new Folders(root, immutable);

  const siteServers = await listen(['127.0.0.1', '::1'], sitePort, (request, response) =>
    answer('site', request, response, requests, serveSite));
  const hostServers = await listen(['127.0.0.1'], hostPort, (request, response) =>
    answer('host', request, response, requests, serveHost));
  const site = `http://localhost:${siteServers[0].address().port}`;
  const host = `http://127.0.0.1:${hostServers[0].address().port}`;

  models.host = folders.host = host;
  const pages = new Pages(site);
  const sites = new Sites(site);
  const modelAsset = await Asset.file(model);
  const standard = models.add('default.gguf', modelAsset);

  async function serveSite(url, request, response) {
    if (pages.send(url, response) || sites.send(url, response)) return;
    if (url.pathname === '/favicon.ico') return void response.writeHead(204).end();
    if (url.pathname === '/playground') return void response.writeHead(301, { Location: '/playground/' }).end();
    // The demos are a site's pages, not a part of what HOST ships, so they come from the sources.
    const path = url.pathname === '/' ? '/demo.html' : url.pathname.replace(/\/$/, '/index.html');
    const [, indexed] = INDEX.exec(path) ?? [];
    if (indexed) {
      response.setHeader('Access-Control-Allow-Origin', '*');
      const cache = indexed.endsWith('knowledge.ik') ? 'no-cache' : 'public, max-age=31536000, immutable';
      return sendFolder(request, response, INDEXED, indexed, { cache });
    }
    if (!DEMOS.test(path)) return sendText(response, 404, 'not found');
    await sendFolder(request, response, sources, path, { fill: (text) => fill(text, host, api, standard) });
  }

  async function serveHost(url, request, response) {
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
    if (request.method === 'OPTIONS') {
      response.writeHead(204, { 'Access-Control-Allow-Headers': '*', 'Access-Control-Max-Age': '600' }).end();
      return;
    }
    if (await models.send(url, request, response)) return;
    if (await folders.send(url, request, response)) return;
    if (CHALLENGE.test(url.pathname)) return sendFolder(request, response, sources, url.pathname);
    sendText(response, 404, 'not found');
  }

  return {
    site,
    host,
    /** Every request so far: `{ where: 'site' | 'host', method, path, range, at }`. */
    requests,
    /** The model of the command line: `{ url, sha256, bytes, requests }`. */
    model: standard,
    /** Its bytes, to serve them under another address. */
    modelAsset,
    /** Serves bytes or a file under a name of their own, with a fault: see `server/models.mjs`. */
    addModel: (name, asset, fault) => models.add(name, asset, fault),
    /** A folder of HOST with files missing or with code before theirs: see `server/folders.mjs`. */
    addFolder: (changes) => folders.add(changes),
    /** The address of a page made to measure: see `server/pages.mjs`. */
    addPage: (options) => pages.add(options),
    /** The address of a site of several pages: see `server/sites.mjs`. */
    addSite: (files) => sites.add(files),
    async close() {
      for (const server of [...siteServers, ...hostServers]) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}

/** Listens on one port of every address; the first must succeed, a machine without IPv6 does without the second. */
async function listen(addresses, port, handler) {
  const servers = [];
  for (const address of addresses) {
    const server = createServer(handler);
    server.listen(servers[0]?.address().port ?? port, address);
    try {
      await once(server, 'listening');
      servers.push(server);
    } catch (error) {
      if (!servers.length) throw error;
    }
  }
  return servers;
}

async function answer(where, request, response, requests, handler) {
  try {
    const url = new URL(request.url, 'http://server');
    requests.push({
      where, method: request.method, path: url.pathname, range: request.headers.range ?? null, at: Date.now(),
    });
    if (!['GET', 'HEAD', 'OPTIONS'].includes(request.method)) return sendText(response, 405, 'method not allowed');
    await handler(url, request, response);
  } catch (error) {
    // A visitor who goes away in the middle of a file is not a fault of the server.
    if (response.destroyed || response.writableEnded) return;
    if (!response.headersSent) return sendText(response, 500, String(error?.message ?? error));
    response.destroy();
  }
}

/** Puts the addresses of this server and of the API into a demo page. */
function fill(text, host, api, model) {
  const values = {
    __HOST__: host,
    __API__: api,
    __MODEL_URL__: model.url,
    __MODEL_SHA256__: model.sha256,
    __MODEL_BYTES__: String(model.bytes),
  };
  return text.replace(/__(?:HOST|API|MODEL_URL|MODEL_SHA256|MODEL_BYTES)__/g, (name) => values[name]);
}

async function main() {
  const { values } = parseArgs({
    options: {
      dist: { type: 'string' },
      model: { type: 'string' },
      api: { type: 'string' },
      'site-port': { type: 'string', default: '0' },
      'host-port': { type: 'string', default: '0' },
    },
  });
  if (!values.dist || !values.model) {
    throw new Error('usage: server.mjs --dist DIR --model FILE [--api URL] [--site-port N] [--host-port M]');
  }
  const { site, host } = await serve({
    dist: values.dist,
    model: values.model,
    api: values.api,
    sitePort: Number(values['site-port']),
    hostPort: Number(values['host-port']),
    immutable: false,
  });
  console.log(JSON.stringify({ site, host }));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  main().catch((error) => {
    console.error(`server: ${error.message}`);
    process.exitCode = 1;
  });
}
