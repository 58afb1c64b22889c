// @ts-check
// The developer's side: the object, the ways that it came, what the server saw, and what the documentation says.

import { make } from './dom.js';
import { inline } from './markdown.js';

/** @typedef {import('./run.js').Run} Run */

const FIELDS = /** @type {const} */ (['code', 'message', 'request_id', 'reference']);

/** @param {string} title @param {...(Node | null | false)} children */
const card = (title, ...children) => make('section', { className: 'card' }, make('h4', {}, title), ...children);

/** @param {Run} run @param {boolean} listens @returns {(Node | false)[]} */
export const developer = (run, listens) => [
  run.failure ? object(run.failure) : nothing(run),
  Boolean(run.failure) && ways(run, listens),
  run.options.apiKey ? requests(run) : card('What the server saw', make('p', { className: 'waiting' },
    'Nothing: the site gives no key, so no server takes part.')),
];

/** @param {Run} run */
const nothing = ({ answer }) => answer === undefined
  ? make('p', { className: 'waiting' }, 'Nothing yet.')
  : make('p', { className: 'good' }, 'No error: the question was answered online, and the visitor was told so.');

/** The object as it came: its own fields, whatever they are. @param {import('./run.js').Failure} failure */
const object = (failure) => {
  const names = Object.keys(failure);
  const lines = names.flatMap((name, at) => {
    const value = JSON.stringify(/** @type {any} */ (failure)[name]);
    const same = ['request_id', 'reference'].includes(name) && value !== 'null';
    const shown = same ? make('mark', {}, value) : make('span', { className: 'value' }, value);
    return ['  ', make('span', { className: 'name' }, name), ': ', shown, at < names.length - 1 ? ',\n' : '\n'];
  });
  const whole = names.length === FIELDS.length && FIELDS.every((name) => names.includes(name));
  const facts = [whole && 'exactly four fields', Object.isFrozen(failure) && 'frozen'].filter(Boolean).join(' · ');
  const code = make('code', {}, '{\n', ...lines, '}');
  return card('The object', make('pre', { id: 'object', tabIndex: 0 }, code), make('p', { className: 'facts' }, facts));
};

/** @param {Run} run @param {boolean} listens */
const ways = ({ heard, failure, line }, listens) => {
  /** @param {string} name @param {string} way @param {boolean} [used] */
  const row = (name, way, used = true) => {
    const same = heard.get(way) === failure;
    const words = !used ? 'not given' : same ? 'the same object' : heard.has(way) ? 'another object!' : 'silent!';
    return make('tr', { className: used ? same ? 'good' : 'bad' : 'off' }, make('th', { scope: 'row' },
      make('code', {}, name)), make('td', {}, words));
  };
  const console = line ? make('code', { className: 'line' }, line) : 'silent, because somebody listens';
  return card('The ways it came', make('table', { id: 'ways' }, make('tbody', {},
    row('onError(error)', 'onError', listens),
    row('chat.on(\'error\')', 'handle', listens),
    row('inferkit:error', 'inferkit:error'),
    row('error', 'error'),
    make('tr', { className: line ? 'good' : 'off' }, make('th', { scope: 'row' }, make('code', {}, 'console')),
      make('td', {}, console)))));
};

/** @param {number} number @param {string} one */
const many = (number, one) => `${number} ${one}${number === 1 ? '' : 's'}`;

/** What the server's books say. @param {Run} run */
const requests = ({ books, closed, failure }) => {
  if (!books) return card('What the server saw', make('p', { className: 'waiting' }, 'Nothing yet.'));
  const sent = books.requests.filter(({ path }) => !path.endsWith('/config'));
  const questions = sent.filter(({ path }) => path.endsWith('/completions'));
  const keys = new Set(questions.map(({ idempotency_key: key }) => key)).size;
  const charged = Object.values(books.charges).reduce((sum, { times }) => sum + times, 0);
  const summary = questions.length
    ? `The question was sent ${questions.length === 1 ? 'once' : `${questions.length} times`}, under ` +
      `${many(keys, 'idempotency key')}; charged ${charged === 1 ? 'once' : charged ? `${charged} times` : 'never'}.`
    : 'The question was never sent.';
  const rows = books.requests.map(({ method, path, status, code, request_id: id }) => make('tr', {},
    make('td', {}, make('code', {}, `${method} ${path}`)),
    make('td', {}, [status ?? 'cut off', code].filter(Boolean).join(' ')),
    make('td', {}, make(id === failure?.request_id ? 'mark' : 'span', { className: 'id', title: id },
      id.slice(0, 8)))));
  const head = make('tr', {}, ...['Request', 'Answer', 'Id'].map((name) => make('th', { scope: 'col' }, name)));
  return card('What the server saw', make('p', { id: 'summary', className: questions.length ? '' : 'good' }, summary),
    make('div', { className: 'wide', tabIndex: 0, role: 'region', 'aria-label': 'Requests' },
      make('table', { id: 'requests', 'aria-busy': !closed }, make('thead', {}, head), make('tbody', {}, ...rows))));
};

/** The code's own paragraph. @param {import('./catalog.js').Entry} entry */
export const documentation = ({ code, cause, action, paragraph }) => card('What the documentation says',
  make('p', {}, ...inline(paragraph.replace(/^\*\*\d+\.\*\* /, ''))),
  make('dl', {}, make('dt', {}, 'Cause'), make('dd', {}, cause),
    make('dt', {}, 'Typical action'), make('dd', {}, action)),
  make('p', {}, make('a', { href: `reference.html#${code}` }, `${code} in the error reference`)));
