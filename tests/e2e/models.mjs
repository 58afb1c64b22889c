// The models of the tests: the real one from the command line; a tiny one for where the words do not matter, with
// random weights behind a real vocabulary; and files that only look like models.

import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Asset } from './server/files.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TINY = join(ROOT, 'target/e2e/tiny.gguf');

/** Writes the tiny model with the crate's own example, unless a current one lies there. */
export async function tinyModel(vocabularyFrom) {
  const made = await modified(TINY);
  if (made < Math.max(...await Promise.all((await sources()).map(modified)))) {
    await mkdir(dirname(TINY), { recursive: true });
    // In the profile of the native tests, which have built most of it already.
    await promisify(execFile)('cargo', ['run', '--quiet', '--profile', 'test', '--example', 'tiny_gguf', '--', TINY,
      '--vocab-from', vocabularyFrom, '--format', 'q4_1'], { cwd: ROOT });
  }
  return readFile(TINY);
}

async function sources() {
  const support = join(ROOT, 'tests/support');
  return [join(ROOT, 'examples/tiny_gguf.rs'), ...(await readdir(support)).map((name) => join(support, name))];
}

async function modified(path) {
  return stat(path).then(({ mtimeMs }) => mtimeMs, () => 0);
}

/** The same file of an architecture that nobody knows. */
export function strangeArchitecture(gguf) {
  const key = gguf.indexOf('general.architecture');
  const name = gguf.indexOf('llama', key);
  if (key < 0 || name !== key + 'general.architecture'.length + 4 + 8) throw new Error('not the expected header');
  const strange = Buffer.from(gguf);
  strange.write('lhasa', name);
  return Asset.memory(strange);
}

/** The same file with an embedding of a type that no version of the format has. */
export function strangeWeights(gguf) {
  const name = gguf.lastIndexOf('token_embd.weight');
  if (name < 0) throw new Error('not the expected header');
  const dimensions = name + 'token_embd.weight'.length;
  const type = dimensions + 4 + 8 * gguf.readUInt32LE(dimensions);
  const strange = Buffer.from(gguf);
  strange.writeUInt32LE(99, type);
  return Asset.memory(strange);
}

/** The first bytes of a file, honestly announced as all there is. */
export const shortened = (gguf, bytes) => Asset.memory(gguf.subarray(0, bytes));
