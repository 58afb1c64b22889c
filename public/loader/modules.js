// @ts-check
// The modules that draw a widget, one for all widgets by its file. An import that fails, or does not come, or a module
// that crashes, is followed by one from another address: a browser remembers what became of the first.

let tries = 0;
/** @type {Record<string, Promise<any>>} */
const loading = {};

const within20s = (work) => Promise.race([work,
  new Promise((_, late) => setTimeout(late, 20000, Error('a module did not come in time')))]);

const load = (file) => {
  if (!loading[file]) {
    const query = tries ? '?' + tries : '';
    const forget = () => {
      if (loading[file] === its) delete loading[file], tries++;
    };
    const its = loading[file] = within20s(Promise.all([import(base + file + query), import(base + 'panel.js' + query)]))
      .then(async ([module, panel]) => [module, css(await panel.start(module, forget)), panel]);
    its.catch(forget);
  }
  return loading[file];
};
