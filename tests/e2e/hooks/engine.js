// Comes before the engine worker's own first line in tests: listens at the port from inside the worker, and breaks
// things on demand. `engineFaults` is set before it:
//
//   trapAfterTokens   every call out of the module throws, as a trap does, once so many pieces of answers left;
//                     with 0, as soon as a question comes
//   loseAfterTokens   the GPU device goes away then; with 0, as soon as a question comes
//   muteAnswers       of so many answers no word leaves the worker, only their ends
//   noMemory          the GPU's driver has no memory for whatever is created
//   silent            what never answers: `adapter`, `device`, `build` (error scopes, and with them compilations),
//                     `readback` (with a question under way), `stop` (the engine hears none), or `all` (not a word
//                     leaves the worker once it has work)
//   realGpu           the software adapter passes for a GPU
//   hurry             deadlines of some seconds are so many times shorter
//
// The frame that started the worker reaches it through the broadcast channel `inferkit-test`; see widget.mjs.
(() => {
  const { trapAfterTokens = Infinity, loseAfterTokens = Infinity, noMemory = false, silent = '', realGpu = false,
    hurry = 1, muteAnswers = 0 } = self.engineFaults;
  const never = () => new Promise(() => {});
  /** Messages of both directions and their times, oldest first, without those that a test asked for. */
  const log = [];
  /** @type {MessagePort} */
  let port;
  /** What a test asked for: takes a message of the engine, says whether it was the last. */
  let asked;
  let tokens = 0;
  let answers = 0;
  let trapped = false;
  /** Whether the page has asked a question, and whether it has asked for anything. */
  let [asks, works] = [false, false];
  let loseDevice = () => {};

  addEventListener('message', (event) => {
    port = event.ports[0];
    port.addEventListener('message', (event) => {
      const message = wire.toEngine.read(event.data);
      log.push({ from: 'page', message, at: performance.now() });
      trapped ||= message.type === 'generate' && trapAfterTokens === 0;
      if (message.type === 'generate' && loseAfterTokens === 0) loseDevice();
      asks ||= message.type === 'generate';
      works ||= message.type !== 'stop';
      if (message.type === 'stop' && silent === 'stop') event.stopImmediatePropagation();
    });
    const post = port.postMessage.bind(port);
    port.postMessage = (data) => {
      const message = wire.fromEngine.read(data);
      if (asked) return asked(message);
      log.push({ from: 'engine', message, at: performance.now() });
      if (works && silent === 'all') return undefined;
      if (message.type === 'token' && answers < muteAnswers) return undefined;
      if (message.type === 'done') answers++;
      post(data);
      if (message.type !== 'token') return undefined;
      tokens++;
      if (tokens === loseAfterTokens) loseDevice();
      trapped ||= tokens === trapAfterTokens;
      return undefined;
    };
  }, { once: true });

  // What the engine costs is measured from outside: it carries no counters for tests.
  /** @type {WebAssembly.Memory} */
  let memory;
  /** Compute passes of the submission that is being recorded, dispatches of each; and of the last that had any. */
  let [recorded, submitted] = [[], []];
  for (const name of ['instantiate', 'instantiateStreaming']) {
    const original = WebAssembly[name];
    WebAssembly[name] = async (...values) => {
      const made = await original.apply(WebAssembly, values);
      const { exports } = made.instance ?? made;
      // The build may have given it a shorter name.
      memory = Object.values(exports).find((one) => one instanceof WebAssembly.Memory);
      return made;
    };
  }
  const before = (prototype, name, look) => {
    const original = prototype?.[name];
    if (original) prototype[name] = function (...values) { look(...values); return original.apply(this, values); };
  };
  before(self.GPUCommandEncoder?.prototype, 'beginComputePass', () => recorded.push(0));
  before(self.GPUComputePassEncoder?.prototype, 'dispatchWorkgroups', () => recorded[recorded.length - 1]++);
  /** Devices that were opened, and those that were given back. */
  const devices = { opened: 0, destroyed: 0 };
  before(self.GPUAdapter?.prototype, 'requestDevice', () => devices.opened++);
  before(self.GPUDevice?.prototype, 'destroy', () => devices.destroyed++);
  before(self.GPUQueue?.prototype, 'submit', () => {
    if (recorded.length) submitted = recorded;
    recorded = [];
  });

  /** Of the last answer. A decoded token is one submission, the last of an answer; memory never shrinks. */
  const stats = () => {
    const end = log.findLast(({ message }) => message.type === 'done');
    const tokens = log.filter(({ message }) => message.type === 'token' && message.id === end?.message.id);
    const seconds = tokens.length > 1 ? (tokens.at(-1).at - tokens[0].at) / 1000 : 0;
    return {
      type: 'stats', memory_bytes: memory?.buffer.byteLength ?? 0,
      dispatches_per_token: submitted.reduce((sum, dispatches) => sum + dispatches, 0),
      passes_per_token: submitted.length, devices,
      decode_per_second: seconds ? (end.message.completion_tokens - 1) / seconds : 0,
    };
  };

  // A test's own question to the engine: the page hears nothing of it.
  const channel = new BroadcastChannel('inferkit-test');
  channel.onmessage = ({ data: { id, ask } }) => {
    if (!id) return;
    if (!ask) return channel.postMessage({ reply: id, messages: log.map(({ message }) => message) });
    if (ask.type === 'stats') return channel.postMessage({ reply: id, messages: [stats()] });
    const messages = [];
    asked = (message) => {
      messages.push(message);
      if (!['done', 'failed', 'stopped'].includes(message.type)) return;
      asked = undefined;
      channel.postMessage({ reply: id, messages });
    };
    port.dispatchEvent(new MessageEvent('message', { data: wire.toEngine.write(ask) }));
    log.pop();
  };

  // Traps.
  const wrapped = (imports) => Object.fromEntries(Object.entries(imports).map(([module, members]) => [module,
    Object.fromEntries(Object.entries(members).map(([name, member]) => [name, typeof member !== 'function' ? member
      : (...values) => {
        if (trapped) throw new WebAssembly.RuntimeError('unreachable');
        return member(...values);
      }]))]));
  for (const name of Number.isFinite(trapAfterTokens) ? ['instantiate', 'instantiateStreaming'] : []) {
    const original = WebAssembly[name];
    WebAssembly[name] = (source, imports) => original.call(WebAssembly, source, wrapped(imports));
  }

  // A scope that watches for it is told that there is no memory.
  const device = self.GPUDevice?.prototype;
  if (device && noMemory) {
    const { pushErrorScope, popErrorScope } = device;
    const scopes = [];
    device.pushErrorScope = function (filter) {
      scopes.push(filter);
      return pushErrorScope.call(this, filter);
    };
    device.popErrorScope = async function () {
      const filter = scopes.pop();
      const error = await popErrorScope.call(this);
      return filter === 'out-of-memory' ? new GPUOutOfMemoryError('no memory, by a test') : error;
    };
  }

  // Silences: promises that never settle.
  const silence = (prototype, name, when = () => true) => {
    const original = prototype?.[name];
    if (original) prototype[name] = function (...values) { return when() ? never() : original.apply(this, values); };
  };
  if (silent === 'adapter') silence(self.GPU?.prototype, 'requestAdapter');
  if (silent === 'device') silence(self.GPUAdapter?.prototype, 'requestDevice');
  if (silent === 'build') silence(device, 'popErrorScope');
  if (silent === 'readback') silence(self.GPUBuffer?.prototype, 'mapAsync', () => asks);
  // Where it is said depends on the browser's version.
  for (const { prototype } of realGpu ? [self.GPUAdapterInfo, self.GPUAdapter].filter(Boolean) : []) {
    Object.defineProperty(prototype, 'isFallbackAdapter', { get: () => false, configurable: true });
  }
  const later = self.setTimeout.bind(self);
  self.setTimeout = (call, ms, ...values) => later(call, ms >= 5_000 ? ms / hurry : ms, ...values);

  // Losses. A device that its owner destroys says so; one that is lost to a crash of the driver says `unknown`.
  const adapters = self.GPUAdapter?.prototype;
  if (adapters && Number.isFinite(loseAfterTokens)) {
    const requestDevice = adapters.requestDevice;
    adapters.requestDevice = async function (...values) {
      const device = await requestDevice.apply(this, values);
      const destroyed = device.lost;
      const info = Object.create(GPUDeviceLostInfo.prototype, {
        reason: { value: 'unknown' }, message: { value: 'lost by a test' },
      });
      Object.defineProperty(device, 'lost', { value: destroyed.then(() => info) });
      loseDevice = () => device.destroy();
      return device;
    };
  }
})();
