// Reads and writes what page and engine say to each other (src/wire/mod.rs, in postcard's format), so that tests can
// listen and speak: a message is {type, ...fields}. A field that moves there and not here fails every test that looks.
self.wire = (() => {
  /** Each kind is a pair: write(value, bytes) and read(cursor). */
  const bytesOf = (cursor, length) => cursor.bytes.subarray(cursor.at, cursor.at += length);
  const number = {
    write(value, bytes) {
      for (; value >= 128; value = Math.floor(value / 128)) bytes.push(value % 128 + 128);
      bytes.push(value);
    },
    read(cursor) {
      let value = 0;
      for (let scale = 1; ; scale *= 128) {
        const byte = cursor.bytes[cursor.at++];
        value += byte % 128 * scale;
        if (byte < 128) return value;
      }
    },
  };
  const float = (length, name) => ({
    write(value, bytes) {
      const view = new DataView(new ArrayBuffer(length));
      view[`set${name}`](0, value, true);
      bytes.push(...new Uint8Array(view.buffer));
    },
    read(cursor) {
      const { buffer, byteOffset } = bytesOf(cursor, length);
      return new DataView(buffer, byteOffset, length)[`get${name}`](0, true);
    },
  });
  const text = {
    write(value, bytes) {
      const encoded = new TextEncoder().encode(value);
      number.write(encoded.length, bytes);
      bytes.push(...encoded);
    },
    read: (cursor) => new TextDecoder().decode(bytesOf(cursor, number.read(cursor))),
  };
  const truth = { write: (value, bytes) => bytes.push(+value), read: (cursor) => cursor.bytes[cursor.at++] === 1 };
  const option = (kind) => ({
    write(value, bytes) {
      bytes.push(value == null ? 0 : 1);
      if (value != null) kind.write(value, bytes);
    },
    read: (cursor) => (cursor.bytes[cursor.at++] === 1 ? kind.read(cursor) : null),
  });
  const list = (kind) => ({
    write(values, bytes) {
      number.write(values.length, bytes);
      for (const value of values) kind.write(value, bytes);
    },
    read: (cursor) => Array.from({ length: number.read(cursor) }, () => kind.read(cursor)),
  });
  const word = (...words) => ({
    write: (value, bytes) => number.write(words.indexOf(value), bytes),
    read: (cursor) => words[number.read(cursor)],
  });
  const fields = (kinds) => ({
    write(value, bytes) {
      for (const [name, kind] of Object.entries(kinds)) kind.write(value[name], bytes);
    },
    read: (cursor) => Object.fromEntries(Object.entries(kinds).map(([name, kind]) => [name, kind.read(cursor)])),
  });
  const messages = (variants) => ({
    write({ type, ...value }) {
      const bytes = [];
      number.write(Object.keys(variants).indexOf(type), bytes);
      fields(variants[type]).write(value, bytes);
      return new Uint8Array(bytes);
    },
    read(data) {
      if (typeof data === 'string') return { type: 'last words', text: data };
      const cursor = { bytes: data, at: 0 };
      const [type, kinds] = Object.entries(variants)[number.read(cursor)];
      return { type, ...fields(kinds).read(cursor) };
    },
  });

  return {
    toEngine: messages({
      load: {
        protocol: number,
        model: fields({ url: text, sha256: option(text), bytes: option(number), name: option(text) }),
        backend: word('auto', 'webgpu', 'cpu'), fresh: truth,
      },
      generate: {
        id: number,
        messages: list(fields({ role: word('system', 'user', 'assistant'), content: text })),
        sampling: fields({
          temperature: float(4, 'Float32'), top_k: number, top_p: float(4, 'Float32'), min_p: float(4, 'Float32'),
          repetition_penalty: float(4, 'Float32'), seed: number,
        }),
        max_tokens: number,
      },
      stop: {},
    }),
    fromEngine: messages({
      ready: { protocol: number },
      alive: {},
      progress: { done: number, total: option(number) },
      loaded: { backend: word('webgpu', 'cpu'), adapter: text, model: text, context: number },
      stopped: { load: truth },
      token: { id: number, text },
      done: {
        id: number, finish: word('stop', 'length', 'stopped'), prompt_tokens: number, reused_tokens: number,
        completion_tokens: number,
      },
      failed: { id: option(number), code: text, message: text },
    }),
  };
})();
