// The element in Svelte 5.

import { mount } from 'svelte';
import Page from './Page.svelte';

globalThis.calls = [];
mount(Page, { target: document.querySelector('#app') });
