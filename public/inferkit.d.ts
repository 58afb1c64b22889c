/** InferKit's widget: what a site says to it and hears from it. */

/** Where a model comes from. */
export interface Model {
  // <model> Written by tests/lists.rs.
  /** An absolute address of a GGUF file. */
  url: string;
  /** SHA-256 of the whole file, hexadecimal. Without it what arrives is not verified. */
  sha256?: string;
  /** The file's length, shown before the download begins. */
  bytes?: number;
  /** What to call it in `status` events. */
  name?: string;
  // </model>
}

/** One failure: exactly these four fields, frozen. */
export interface InferKitError {
  /** The stable, machine-readable cause: branch on this. */
  readonly code: string;
  /** What happened, for the developer; may change. */
  readonly message: string;
  /** The server's id, when the failure reached the server. */
  readonly request_id: string | null;
  /** What the visitor sees and can quote: `request_id`, or a `c-…` number of the client's own. */
  readonly reference: string;
}

/** The detail of each event. */
export interface Events {
  // <events> Written by tests/lists.rs.
  /** The widget stands. */
  ready: Record<string, never>;
  /** The panel is shown. */
  open: Record<string, never>;
  /** The panel is hidden. */
  close: Record<string, never>;
  /** A whole message of either side. */
  message: { role: 'user' | 'assistant'; text: string };
  /** A piece of an answer. */
  token: { text: string };
  /** A failure that the visitor sees. */
  error: InferKitError;
  /** A download moves on; in bytes. */
  progress: { done: number; total: number | null };
  /**
   * The visitor was asked (`null`), agreed or declined: to download the model, or to let questions leave the device.
   */
  consent: { kind: 'download' | 'leave'; granted: boolean | null };
  /** How many answers arrived while the panel was closed; 0 when it opens. */
  unread: { count: number };
  /** What the widget does now. */
  status: {
    /** `verifying`: the visitor proves to be human; `waiting`: until a busy server may be asked again. */
    state: 'idle' | 'consent' | 'loading' | 'ready' | 'verifying' | 'waiting' | 'thinking' | 'answering';
    /** What answers, once that is known. */
    backend: 'webgpu' | 'cpu' | 'builtin' | 'remote' | null;
    /** The adapter's or the instruction set's name. */
    adapter: string | null;
    /** The model's name. */
    model: string | null;
    /** `full`: the site's storage has no room to keep the conversation. */
    storage: 'full' | null;
  };
  /** What the site's pages have for a question. */
  sources: {
    /** Best first; an answer cites them from `[1]` on. */
    passages: { title: string; path: string; quote: string; url: string }[];
  };
  /** The site's pages have no answer to a question. */
  unanswered: { question: string };
  /** The visitor found an answer helpful, or not. Nobody but the site is told. */
  feedback: {
    /** The answer; where passages stand in its place, their sentences, one on each line. */
    message: string;
    /** `null`: the visitor took it back. */
    rating: 'up' | 'down' | null;
  };
  /**
   * The visitor wants to talk to a person. `handoff.url` is opened then, unless a listener returns `false` or calls
   * `preventDefault()` of the element’s event.
   */
  handoff: {
    /** Oldest first. Nobody but the site is told. */
    transcript: { role: 'user' | 'assistant'; text: string }[];
    /** Of the failure that led here, or of the newest one. */
    reference: string | null;
  };
  /** All has ended; nothing follows. */
  destroy: Record<string, never>;
  // </events>
}

// <strings> Written by tests/lists.rs.
/**
 * Something that the widget says. What stands in braces in our own words must stand in the site's too: `tooLongBy`
 * `{n}`, `consentBody` `{size}`, `consentBodyEither` `{size}`, `loading` `{done}` and `{total}`, `loadingUnsized`
 * `{done}`, `waiting` `{n}`, `reference` `{reference}`, `busy` `{n}`, `busyUntil` `{time}`.
 */
export type StringName =
  | 'heading' | 'greeting' | 'madeOnDevice' | 'madeOnline' | 'disclaimer' | 'close' | 'newConversation' | 'handoff'
  | 'log' | 'you' | 'assistant' | 'newest' | 'thinking' | 'answering' | 'unanswered' | 'quoted' | 'sources' | 'helpful'
  | 'unhelpful' | 'stopped' | 'answeredOnline' | 'cutOffHere' | 'composer' | 'placeholder' | 'tooLongBy' | 'send'
  | 'stop' | 'consentTitle' | 'consentBody' | 'consentBodyUnsized' | 'consentBodyEither' | 'consentBodyEitherUnsized'
  | 'consentAgree' | 'consentDecline' | 'declined' | 'declinedAgain' | 'loadingTitle' | 'loading' | 'loadingUnsized'
  | 'preparing' | 'cancel' | 'leaveTitle' | 'leaveBody' | 'leaveAgree' | 'leaveDecline' | 'verifyTitle' | 'verifyBody'
  | 'waiting' | 'tryAgain' | 'reference' | 'copyReference' | 'copied' | 'offline' | 'busy' | 'busyUntil'
  | 'busyUnknown' | 'setup' | 'plan' | 'session' | 'verify' | 'device' | 'download' | 'message' | 'tooLong' | 'cutOff'
  | 'ours';
// </strings>

type Handlers = { [Name in keyof Events as `on${Capitalize<Name>}`]?: (detail: Events[Name]) => void };

/**
 * Everything that is data can also stand as an attribute, in kebab-case, members flattened: `model-url`; and as
 * `data-model-url` on the loader's script tag. Numbers may be spelled as texts. Of `strings` an element reads such
 * attributes when it comes to the page, and not again.
 */
export interface Options extends Handlers {
  // <options> Written by tests/lists.rs.
  /** A publishable key, `ik_pub_…`. Without one nothing is asked of InferKit's API. */
  apiKey?: string;
  /** Where remote answers come from. By default the loader's origin. */
  apiBase?: string;
  /**
   * What kind of server that is. `openai`: any OpenAI-compatible one; it needs `apiBase` and `remoteModel`. By default
   * `inferkit`.
   */
  apiKind?: 'inferkit' | 'openai';
  /** The model that remote answers come from. */
  remoteModel?: string;
  /** Where `init` puts the element: an element or a selector. By default the page's body. */
  target?: string | Element;
  /** `iframe`: in a frame of the loader's origin. By default `element`. */
  embed?: 'element' | 'iframe';
  /**
   * Whether a floating button opens the panel. By default `floating` for a script tag and for `init` without a target,
   * otherwise `none`.
   */
  launcher?: 'floating' | 'none';
  /** Where answers are made. `auto`: on the device where possible. By default `auto`. */
  mode?: 'auto' | 'local' | 'remote';
  /** What to compute with. `auto`: WebGPU on a real GPU, otherwise SIMD on the CPU. By default `auto`. */
  backend?: 'auto' | 'webgpu' | 'cpu';
  /**
   * The model that answers on the device: a GGUF file (v2, v3) of the llama architecture in F32, F16, Q8_0, Q4_0 or
   * Q4_1, served with CORS and without compression.
   */
  model?: Model;
  /**
   * Whether a model that the browser has of its own may answer. `auto`: before a download of ours is offered, where it
   * is there and ready in the page’s language; no model is downloaded for it. How freely it chooses words is the
   * browser’s. By default `auto`.
   */
  builtin?: 'auto' | 'off';
  /**
   * The index of the site's own pages. Where there is one, every question is looked up there first, and answered from
   * what was found or not at all.
   */
  knowledge?: {
    /**
     * The folder that `cargo xtask index` wrote: an absolute address. Pages are named from the folder that it lies in.
     */
    url?: string;
  };
  /**
   * A way to a person: a button in the header, under a failure, and under what the pages don’t tell or the visitor
   * found not helpful.
   */
  handoff?: {
    /** What the button says, such as “Talk to Maria”. By default in the visitor’s language. */
    label?: string;
    /** Where it leads: an address with `https:`, `http:`, `mailto:` or `tel:`. */
    url?: string;
  };
  /** Whether the visitor is asked before the model is downloaded. By default `ask`. */
  consent?: 'ask' | 'granted';
  /** Whether the visitor is asked before questions leave the device. By default `ask`. */
  remoteConsent?: 'ask' | 'granted';
  /** A BCP 47 tag. By default the page's language. */
  locale?: string;
  /** The site's own words in place of ours. What is unknown or lacks its braces is left as it was, with a warning. */
  strings?: { [Name in StringName]?: string };
  /** Colours and shapes. */
  theme?: {
    /** `auto`: as the visitor's device has it. By default `auto`. */
    colorScheme?: 'auto' | 'light' | 'dark';
    /** A CSS colour. */
    accent?: string;
    /** Of the panel's corners, in CSS pixels: 0 to 48. */
    radius?: number;
    /** How much room stands between things. By default `comfortable`. */
    density?: 'comfortable' | 'compact';
  };
  /** The panel's heading. */
  heading?: string;
  /** The first words of an empty conversation. */
  greeting?: string;
  /** Questions to begin with, a button each. In an attribute one on each line. */
  prompts?: string[];
  /** The caution below the composer. */
  disclaimer?: string;
  /**
   * How long a conversation, and what stands in its composer, lasts in the site's storage of the visitor's browser; in
   * a frame's stead the page keeps it. `session`: from page to page until the tab is closed; `local`: until the
   * visitor begins a new one; `none`: as long as its page. Several widgets of a page are told apart by the element's
   * `id`, or without one by their order. By default `session`.
   */
  persist?: 'session' | 'local' | 'none';
  /** What the model is told before the conversation. */
  systemPrompt?: string;
  /** The most tokens of an answer. By default 512. */
  maxTokens?: number;
  /** How freely words are chosen; 0 is greedy. By default 0.7. */
  temperature?: number;
  /** Also writes failures to the console that a listener hears. By default `false`. */
  debug?: boolean;
  // </options>
}

/** Options that can be taken back, with members of `theme` and `strings` that can. */
type Nullable<T> = {
  [Name in keyof T]: (Name extends 'theme' | 'strings' ? Nullable<NonNullable<T[Name]>> : T[Name]) | null | undefined;
};

/** What a site holds. All of it can be called before anything has loaded. */
export interface Handle {
  open(): void;
  close(): void;
  toggle(): void;
  /**
   * Ends everything and takes the element out of the page. A launcher that the loader placed, beside the body, outlives
   * whatever replaces the body, until this is called.
   */
  destroy(): void;
  /** Begins a new conversation. */
  reset(): void;
  /** Asks a question as if the visitor had. */
  sendMessage(text: string): void;
  /** Puts a text into the composer. */
  setInput(text: string): void;
  /** Ends an answer or a download. */
  stop(): void;
  /**
   * Changes some options. `undefined` and `null` take one back. Members of `theme` and `strings` are merged into those
   * that were given before; any other object, so `model`, is replaced as a whole.
   */
  setOptions(partial: Partial<Nullable<Options>>): void;
  on<Name extends keyof Events>(name: Name, listener: (detail: Events[Name]) => void): void;
  off<Name extends keyof Events>(name: Name, listener: (detail: Events[Name]) => void): void;
  /** Loads the widget, if nothing has, and resolves when it stands. */
  whenReady(): Promise<InitHandle>;
}

/** What `init` returns. */
export interface InitHandle extends Handle {
  readonly element: InferKitWidget;
}

/**
 * `<inferkit-widget>`. Fires `inferkit:<name>` for each event; for frameworks, which turn `onReady` into a listener, also
 * `ready` and `Ready`, which do not bubble.
 */
export interface InferKitWidget extends HTMLElement, Handle, Omit<Options, 'target'> {}

declare global {
  const InferKit: {
    /** A page has one launcher: without a target, a second call sets options of the one that is there. */
    readonly init: (options?: Options) => InitHandle;
  };
  interface HTMLElementTagNameMap {
    'inferkit-widget': InferKitWidget;
  }
  interface GlobalEventHandlersEventMap {
    // <listeners> Written by tests/lists.rs.
    'inferkit:ready': CustomEvent<Events['ready']>;
    'inferkit:open': CustomEvent<Events['open']>;
    'inferkit:close': CustomEvent<Events['close']>;
    'inferkit:message': CustomEvent<Events['message']>;
    'inferkit:token': CustomEvent<Events['token']>;
    'inferkit:error': CustomEvent<Events['error']>;
    'inferkit:progress': CustomEvent<Events['progress']>;
    'inferkit:consent': CustomEvent<Events['consent']>;
    'inferkit:unread': CustomEvent<Events['unread']>;
    'inferkit:status': CustomEvent<Events['status']>;
    'inferkit:sources': CustomEvent<Events['sources']>;
    'inferkit:unanswered': CustomEvent<Events['unanswered']>;
    'inferkit:feedback': CustomEvent<Events['feedback']>;
    'inferkit:handoff': CustomEvent<Events['handoff']>;
    'inferkit:destroy': CustomEvent<Events['destroy']>;
    // </listeners>
  }
}
