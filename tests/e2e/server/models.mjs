// Models on HOST, and everything that can happen to one on its way.
//
// A fault is a list of words, separated by commas, in `model.fault` or in the address (`?fault=…`):
//
//   404            no such file               html           a page where the model should be
//   flip:OFFSET    one bit is wrong there     truncate:N     a shorter file, honestly announced
//   cut:N          the connection breaks      stall:N        nothing more comes, the connection stays
//   slow:N         N bytes a second           once           only the first request of this model suffers
//   endless        no length is announced, and spaces follow the file for as long as they are taken

import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { sendAsset, sendText } from './files.mjs';

/** What a captive portal says, whatever is asked for. */
const SIGN_IN = `<!doctype html><title>Sign in</title>${'<p>Please wait.</p>'.repeat(200)}`;

const FOREVER = 'public, max-age=31536000, immutable';

export class Models {
  host = '';
  #models = new Map();

  /**
   * Serves an asset at `/models/<name>`.
   * @returns {{ url: string, sha256: string, bytes: number, requests: number, open: number, sent: number,
   *   fault: string }} `requests` counts those that reached the server, `open` those not ended, `sent` the bytes of an
   *   endless one; `fault` may be changed at any time.
   */
  add(name, asset, fault = '') {
    const path = `/models/${name}`;
    const model = { url: this.host + path, sha256: asset.sha256, bytes: asset.bytes, requests: 0, open: 0, sent: 0, fault };
    this.#models.set(path, { model, asset });
    return model;
  }

  async send(url, request, response) {
    if (!url.pathname.startsWith('/models/')) return false;
    const entry = this.#models.get(url.pathname);
    if (entry) {
      entry.model.requests++;
      entry.model.open++;
      response.once('close', () => entry.model.open--);
      const current = () => {
        const fault = new Fault(url.searchParams.get('fault') ?? entry.model.fault);
        return fault.once && entry.model.requests > 1 ? new Fault('') : fault;
      };
      if (current().endless) return sendEndless(response, entry), true;
      await sendModel(request, response, entry.asset, current);
    } else {
      sendText(response, 404, 'not found');
    }
    return true;
  }
}

class Fault {
  constructor(text) {
    for (const word of text.split(',').filter(Boolean)) {
      const [name, number] = word.split(':');
      if (!['404', 'html', 'flip', 'truncate', 'cut', 'stall', 'slow', 'once', 'endless'].includes(name)) {
        throw new Error(`unknown fault ${name}`);
      }
      this[name] = number === undefined ? true : Number(number);
    }
  }
}

/** `current()` is the fault as it stands: a slow line may become a fast one while a model is on its way. */
async function sendModel(request, response, asset, current) {
  const fault = current();
  if (fault[404]) return sendText(response, 404, 'not found');
  if (fault.html) return sendText(response, 200, SIGN_IN, 'text/html');
  const served = { ...asset, bytes: Math.min(fault.truncate ?? Infinity, asset.bytes) };
  await sendAsset(request, response, served, {
    type: 'application/octet-stream',
    cache: FOREVER,
    change: fault.flip === undefined ? undefined : flipper(fault.flip),
    before: pacer(response, current),
    end: fault.cut,
  });
}

/** The file, and then spaces, as fast as they are taken. */
async function sendEndless(response, { model, asset }) {
  response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Cache-Control': 'no-store' });
  const spaces = Buffer.alloc(65_536, ' ');
  const write = async (chunk) => {
    model.sent += chunk.length;
    if (!response.write(chunk)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
  };
  for await (const chunk of asset.read(0, asset.bytes - 1)) await write(chunk);
  while (!response.destroyed) await write(spaces);
}

function flipper(offset) {
  return (chunk, at) => {
    if (offset < at || offset >= at + chunk.length) return chunk;
    const wrong = Buffer.from(chunk);
    wrong[offset - at] ^= 0x10;
    return wrong;
  };
}

/** Waits before a chunk: as long as a slow line would take, or, when nothing more comes, until the visitor gives up. */
function pacer(response, current) {
  return async (chunk, at) => {
    const { slow, stall } = current();
    if (stall !== undefined && at + chunk.length > stall) await once(response, 'close');
    else if (slow) await setTimeout((1000 * chunk.length) / slow);
  };
}
