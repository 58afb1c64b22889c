// The element in Angular, which binds after it has connected. Compiled on the page.

import '@angular/compiler';
import { CUSTOM_ELEMENTS_SCHEMA, Component, provideZonelessChangeDetection, signal } from '@angular/core';
import { bootstrapApplication } from '@angular/platform-browser';

globalThis.calls = [];
const names = Object.keys({ ...globalThis.given.now, ...globalThis.given.later });
const events = ['ready', 'error', 'message', 'close', 'open'];

const Page = Component({
  selector: '#app',
  schemas: [CUSTOM_ELEMENTS_SCHEMA],
  template: `@if (shown()) {
    <inferkit-widget ${names.map((name) => `[${name}]="options().${name}"`).join(' ')}
      ${events.map((name) => `(${name})="heard('${name}', $event)"`).join(' ')}></inferkit-widget>
  }`,
})(class {
  options = signal(globalThis.given.now);
  shown = signal(true);
  heard(name, event) {
    globalThis.calls.push([name, event?.detail ?? event]);
  }
  ngAfterViewInit() {
    setTimeout(() => this.options.set({ ...globalThis.given.now, ...globalThis.given.later }));
    globalThis.show = (is) => this.shown.set(is);
  }
});

bootstrapApplication(Page, { providers: [provideZonelessChangeDetection()] });
