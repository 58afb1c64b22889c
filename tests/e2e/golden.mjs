// The reference's greedy answers, and how to compare with them.

export const RAINBOW = 'Explain what a rainbow is in two sentences.';

/** Greedy and nothing else: a penalty would change the reference's words. */
const GREEDY = { temperature: 0, top_k: 0, top_p: 1, min_p: 0, repetition_penalty: 1, seed: 0 };

/** Asks an engine through hooks/engine.js; `send` takes a message and gives the answers to it. */
export async function ask(send, messages, tokens) {
  const answers = await send({
    type: 'generate', id: 4_000_000_000, messages, sampling: GREEDY, max_tokens: tokens,
  });
  const end = answers.at(-1);
  if (end.type !== 'done') throw new Error(`the engine says ${JSON.stringify(end)}`);
  const text = answers.filter(({ type }) => type === 'token').map(({ text }) => text).join('');
  return { text, prompt: end.prompt_tokens, tokens: end.completion_tokens };
}

/** How many answers are the beginning of the reference's, and how many prompts have its number of tokens. */
export function agreement(golden, answers) {
  const lines = [];
  let [equal, counts] = [0, 0];
  for (const [at, answer] of answers.entries()) {
    const row = golden[at];
    // An answer may end in half a character, which the decoder shows as such.
    const text = answer.text.replace(/\uFFFD+$/, '');
    const same = text.length > 0 && row.text.startsWith(text);
    equal += same;
    counts += answer.prompt === row.prompt_tokens;
    const prompt = `prompt ${at + 1}:`;
    if (!same) lines.push(`${prompt} ${JSON.stringify(text)} is not the reference's ${JSON.stringify(row.text)}`);
    if (answer.prompt !== row.prompt_tokens) {
      lines.push(`${prompt} ${answer.prompt} tokens, the reference has ${row.prompt_tokens}`);
    }
  }
  return { equal, counts, lines };
}
