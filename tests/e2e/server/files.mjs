// Files and bytes as answers: types, validators, ranges, streams.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';

const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.gguf': 'application/octet-stream',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.md': 'text/markdown; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.mts': 'text/plain; charset=utf-8',
  '.ts': 'text/plain; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
};

/** @param {string} path */
export const typeOf = (path) => TYPES[extname(path)] ?? 'application/octet-stream';

export function sendText(response, status, text, type = 'text/plain; charset=utf-8') {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}

/** Bytes of known length and hash, in a file or in memory, readable from any place. */
export class Asset {
  /** Hashing a model takes a moment, so each file is hashed once. */
  static #files = new Map();

  static async file(path) {
    const { size, mtimeMs } = await stat(path);
    const key = `${path} ${size} ${mtimeMs}`;
    if (!Asset.#files.has(key)) {
      const hash = createHash('sha256');
      for await (const chunk of createReadStream(path)) hash.update(chunk);
      const read = (start, end) => createReadStream(path, { start, end });
      Asset.#files.set(key, new Asset(size, hash.digest('hex'), read));
    }
    return Asset.#files.get(key);
  }

  static memory(buffer) {
    const sha256 = createHash('sha256').update(buffer).digest('hex');
    return new Asset(buffer.length, sha256, async function* (start, end) {
      for (let at = start; at <= end; at += 65536) yield buffer.subarray(at, Math.min(end + 1, at + 65536));
    });
  }

  /** `read(start, end)`: an async iterable of the bytes from start to end, both included. */
  constructor(bytes, sha256, read) {
    Object.assign(this, { bytes, sha256, read });
  }
}

/**
 * Sends an asset with an entity tag, whole or the one range that was asked for.
 * `change(chunk, offset)` may replace a chunk; `before(chunk, offset)` may delay it; `end` cuts the connection there.
 */
export async function sendAsset(request, response, asset, { type, cache, change, before, end = Infinity }) {
  const tag = `"${asset.sha256}"`;
  response.setHeader('ETag', tag);
  response.setHeader('Cache-Control', cache);
  response.setHeader('Accept-Ranges', 'bytes');
  response.setHeader('Content-Type', type);
  if (request.headers['if-none-match'] === tag) return response.writeHead(304).end();

  const range = rangeOf(request, tag, asset.bytes);
  if (range === null) {
    return response.writeHead(416, { 'Content-Range': `bytes */${asset.bytes}`, 'Content-Length': 0 }).end();
  }
  const [start, last] = range ?? [0, asset.bytes - 1];
  const headers = { 'Content-Length': last - start + 1 };
  if (range) headers['Content-Range'] = `bytes ${start}-${last}/${asset.bytes}`;
  response.writeHead(range ? 206 : 200, headers);
  if (request.method === 'HEAD' || asset.bytes === 0) return response.end();

  let at = start;
  for await (let chunk of asset.read(start, last)) {
    if (at + chunk.length > end) chunk = chunk.subarray(0, Math.max(0, end - at));
    await before?.(chunk, at);
    if (response.destroyed) return;
    if (chunk.length && !response.write(change?.(chunk, at) ?? chunk)) await drained(response);
    if (response.destroyed) return;
    at += chunk.length;
    if (at >= end) {
      // What was written must leave before the connection breaks.
      await new Promise((resolve) => setTimeout(resolve, 50));
      return response.destroy();
    }
  }
  response.end();
}

/** Undefined: the whole; null: not satisfiable. Several ranges are answered with the whole, as the standard allows. */
function rangeOf(request, tag, bytes) {
  const match = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '');
  const condition = request.headers['if-range'];
  if (!match || (!match[1] && !match[2]) || (condition && condition !== tag)) return undefined;
  const [, from, to] = match;
  const start = from ? Number(from) : Math.max(0, bytes - Number(to));
  const last = from && to ? Math.min(Number(to), bytes - 1) : bytes - 1;
  return start <= last ? [start, last] : null;
}

async function drained(response) {
  const gone = new AbortController();
  const { signal } = gone;
  await Promise.race([once(response, 'drain', { signal }), once(response, 'close', { signal })]);
  gone.abort();
}

/**
 * Sends a file of a folder, never one outside it. `fill` rewrites an HTML file's text; `prepend` is code that comes
 * before a script's own.
 */
export async function sendFolder(request, response, root, path, { cache = 'no-cache', fill, prepend = '' } = {}) {
  const file = join(root, normalize(decodeURIComponent(path)));
  const known = file.startsWith(root + sep) && (await stat(file).catch(() => undefined))?.isFile();
  if (!known) return sendText(response, 404, 'not found');
  let bytes = await readFile(file);
  if (fill && file.endsWith('.html')) bytes = Buffer.from(fill(bytes.toString('utf8')));
  if (prepend) bytes = Buffer.concat([Buffer.from(prepend), bytes]);
  await sendAsset(request, response, Asset.memory(bytes), { type: typeOf(file), cache });
}
