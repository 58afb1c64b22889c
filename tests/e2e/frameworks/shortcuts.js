// Four libraries for key shortcuts, on the keys of people's letters.

import Mousetrap from 'mousetrap';
import hotkeys from 'hotkeys-js';
import { tinykeys } from 'tinykeys';
import { install } from '@github/hotkey';

globalThis.ran = [];
const run = (library) => (event) => globalThis.ran.push(`${library} ${event?.key ?? ''}`.trim());

Mousetrap.bind(['s', 'f', '/', '?', 'g i', 'escape'], run('mousetrap'));
hotkeys('s,f,/,e', run('hotkeys'));
tinykeys(window, { s: run('tinykeys'), 'Shift+?': run('tinykeys'), a: run('tinykeys') });
const button = document.querySelector('#search');
button.addEventListener('click', run('hotkey'));
install(button, 's');
