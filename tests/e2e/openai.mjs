// A server that speaks OpenAI's API and knows nothing of us: llama.cpp's own. See openai.py.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('openai.py', import.meta.url));

/** A model is loaded first. */
const STARTS_WITHIN = 60_000;

/**
 * Starts it.
 * @param {string} folder where the Python package lies
 * @param {string} file a GGUF file
 * @returns {Promise<{ base: string, model: string, key: string, close: () => Promise<void> }>} `base` is what a site
 * would write as `apiBase`, `model` what the file is called there, `key` the only one that it accepts.
 */
export async function start(folder, file) {
  const [model, key] = ['smollm2-135m', 'local-0123456789abcdef'];
  const child = spawn('python3', [SCRIPT, file, model, key], { env: { ...process.env, PYTHONPATH: folder } });
  const ended = new Promise((resolve) => child.once('close', resolve).once('error', resolve));
  // It may have ended before it is told to.
  child.stdin.on('error', () => {});
  // It is talkative; its last words are of use when it does not start.
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text) => { words = (words + text).slice(-2_000); });
  const close = async () => {
    child.stdin.end();
    const late = setTimeout(() => child.kill('SIGKILL'), 3_000);
    await ended;
    clearTimeout(late);
  };
  try {
    return { base: `${await address(child, ended)}/v1`, model, key, close };
  } catch (error) {
    await close();
    throw new Error(`the OpenAI server ${error.message}: ${words}`);
  }
}

function address(child, ended) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('does not start')), STARTS_WITHIN);
    ended.then((reason) => reject(new Error(`ended (${reason})`)));
    createInterface(child.stdout).once('line', (line) => {
      clearTimeout(late);
      resolve(JSON.parse(line).address);
    });
  });
}
