// @ts-check
// The playground: choose an error, and see it happen on both sides.

import { read } from './catalog.js';
import { FALLBACK, causeOf } from './causes.js';
import { developer, documentation } from './developer.js';
import { find, make } from './dom.js';
import { API } from './gateway.js';
import { inline } from './markdown.js';
import { Run } from './run.js';

/** @typedef {import('./catalog.js').Entry} Entry */

/** The one case that is no code: the device can't, and a server may. */
const ONLINE = 'local-fails';
const STANDS_IN = 'A server stands in';
const FIRST = API ? 'provider_unavailable' : 'config_invalid';

/** What the widget's `status` means, said to whoever waits. @type {Record<string, string>} */
const STATES = { loading: 'Fetching the model', verifying: 'Solving a challenge', waiting: 'Waiting for the server',
  thinking: 'Asking', answering: 'Answering' };

const [families, webgpu] = await Promise.all([
  fetch('../errors.md').then((answer) => answer.text()).then(read),
  Promise.resolve(/** @type {any} */ (navigator).gpu?.requestAdapter()).then(Boolean, () => false),
]);
/** @type {Map<string, { entry: Entry, sentence: string }>} */
const cases = new Map(families.flatMap(({ entries, sentence }) =>
  entries.map((entry) => [entry.code, { entry, sentence }])));

/** @type {Run | undefined} */
let run;
let chosen = '';

const circumstances = () => {
  const data = new FormData(find('switches'));
  return {
    embed: /** @type {'element' | 'iframe'} */ (data.get('embed')),
    plan: /** @type {'pro' | 'free'} */ (data.get('plan')),
    listens: data.get('listener') === 'given',
  };
};

/** @param {string} name @returns {import('./causes.js').Cause | import('./causes.js').Never} */
const causeNow = (name) => {
  const { embed } = circumstances();
  const known = cases.get(name);
  if (known) return causeOf(known.entry, embed, webgpu);
  return API ? FALLBACK : { why: 'It takes the contract’s server: start this page with `cargo xtask serve`.' };
};

/** Scrolls the list, and not the page around it. @param {HTMLElement} button */
const reveal = (button) => {
  const list = find('codes');
  const top = button.getBoundingClientRect().top - list.getBoundingClientRect().top;
  if (top < 0 || top + button.offsetHeight > list.clientHeight) list.scrollTop += top - list.clientHeight / 3;
};

/** @param {string} name */
const start = (name) => {
  run?.end();
  run = undefined;
  chosen = name;
  history.replaceState(null, '', `#${name}`);
  find('chooser').value = name;
  for (const button of find('codes').querySelectorAll('button')) {
    const it = button.value === name;
    button.ariaCurrent = it ? 'true' : null;
    if (it) reveal(button);
  }

  const cause = causeNow(name);
  const { entry, sentence } = cases.get(name) ?? {};
  const status = entry && make('span', { className: 'status' }, entry.status ? `HTTP ${entry.status}` : 'client');
  find('case-title').replaceChildren(entry ? make('code', {}, entry.code) : STANDS_IN, status ?? '');
  const { plan, embed } = circumstances();
  const barred = plan === 'free' && 'server' in cause && Boolean(cause.server) && Boolean(entry);
  find('how').replaceChildren(...inline('how' in cause ? cause.how : `Not to be had here. ${cause.why}`),
    barred ? make('strong', {}, ' On the Free plan the question does not get that far.') : '');
  find('again').hidden = 'why' in cause;
  find('quoted').replaceChildren();
  find('progress').textContent = '';
  if ('why' in cause) {
    find('stage').replaceChildren(make('div', { className: 'never' }, ...sentence
      ? [make('p', {}, 'Your visitor would read:'), make('blockquote', {}, sentence)]
      : [make('p', {}, 'Your visitor would notice nothing.')]));
    find('developer').replaceChildren(entry ? documentation(entry) : '');
    return;
  }
  run = new Run((now) => {
    if (run === now) show(now, entry, cause.seconds);
  });
  show(run, entry, cause.seconds);
  void run.begin(cause, circumstances(), find('stage'));
  find('stage').dataset.embed = embed;
};

/** @param {number} ms */
const time = (ms) => (ms < 1000 ? `${Math.ceil(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

/** @param {Run} now @param {Entry} [expected] @param {number} [seconds] */
const show = (now, expected, seconds) => {
  const { listens, embed } = circumstances();
  const parts = now.broken
    ? [make('p', { className: 'bad' }, String(/** @type {any} */ (now.broken).message ?? now.broken))]
    : developer(now, listens).filter((part) => part instanceof Node);
  // The plan may have made another of it.
  const entry = now.failure ? cases.get(now.failure.code)?.entry : expected;
  find('developer').replaceChildren(.../** @type {Node[]} */ (parts), entry ? documentation(entry) : '');
  const done = now.took !== undefined;
  find('progress').dataset.busy = String(!done && !now.broken);
  find('progress').textContent = now.broken ? '' : done ? `Done after ${time(Number(now.took))}`
    : `${STATES[now.state] ?? 'Starting'}…${seconds ? ` This takes about ${seconds} s.` : ''}`;
  // The widget draws in its own time.
  if (now.failure) requestAnimationFrame(() => requestAnimationFrame(() => compare(now, embed)));
};

/** Holds both sides against each other. @param {Run} now @param {'element' | 'iframe'} embed */
const compare = (now, embed) => {
  if (run !== now || !now.failure) return;
  const { reference } = now.failure;
  const { quoted } = now;
  const words = quoted === reference ? 'Ref and `reference` are the same:'
    : quoted ? `The visitor reads another one, ${quoted}. You have:`
    : embed === 'iframe' ? 'This page can’t look into a frame of another origin. You can: compare its Ref with'
    : 'The visitor’s Ref should be';
  find('quoted').replaceChildren(...inline(words), ' ', make('mark', {}, reference));
};

/** @param {string} value @param {string} name @param {string | number} side */
const choice = (value, name, side) => make('li', {}, make('button',
  { type: 'button', value, className: 'why' in causeNow(value) ? 'never' : '', onclick: () => start(value) },
  make('span', {}, name),
  make('span', { className: 'status' }, 'why' in causeNow(value) ? 'not here' : String(side))));

/** Both ways to choose: the list, and on a small screen the menu. */
const list = () => {
  const online = ['Local first', make('ul', {}, choice(ONLINE, STANDS_IN, ''))];
  find('codes').replaceChildren(...[online, ...families.map(({ name, entries }) => [name, make('ul', {},
    ...entries.map(({ code, status }) => choice(code, code, status ?? '')))])].flatMap(([name, items]) =>
    [make('h2', {}, name), items]));
  find('chooser').replaceChildren(make('option', { value: ONLINE }, STANDS_IN),
    ...families.map(({ name, entries }) => make('optgroup', { label: name },
      ...entries.map(({ code }) => make('option', { value: code }, code)))));
};

const wanted = () => {
  const name = decodeURIComponent(location.hash.slice(1));
  return name === ONLINE || cases.has(name) ? name : FIRST;
};

list();
find('chooser').addEventListener('change', () => start(find('chooser').value));
find('again').addEventListener('click', () => start(chosen));
find('switches').addEventListener('change', () => {
  list();
  start(chosen);
});
addEventListener('hashchange', () => start(wanted()));
start(wanted());
