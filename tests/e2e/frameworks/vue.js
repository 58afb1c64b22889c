// The element in Vue 3.

import { createApp, h, onMounted, ref } from 'vue';

const heard = (name) => (event) => globalThis.calls.push([name, event?.detail ?? event]);

globalThis.calls = [];
createApp({
  setup() {
    const { now, later } = globalThis.given;
    const options = ref(now);
    const shown = ref(true);
    onMounted(() => {
      options.value = { ...now, ...later };
      globalThis.show = (is) => { shown.value = is; };
    });
    // What a template's `@ready` compiles to.
    return () => shown.value && h('inferkit-widget', {
      ...options.value, onReady: heard('ready'), onError: heard('error'), onMessage: heard('message'),
      onClose: heard('close'), onOpen: heard('open'),
    });
  },
}).mount('#app');
