'use strict';
/**
 * Joins dist/index.js and all that it requires into dist/library.js, and removes the joined files (their declarations
 * stay): loading a hundred files costs twice the time and memory of loading one. Text outside ASCII is escaped, since
 * one such character makes V8 keep the whole file in two bytes a character. dist/index.js stays small, because Node
 * searches the file that `import` names for the names in it. dist/plot stays apart: it is loaded by itself.
 * `npm run build:ts` runs this after the compiler.
 */
const fs = require('node:fs');
const path = require('node:path');

const dist = path.join(__dirname, '..', 'dist');
const entry = path.join(dist, 'index.js');

/** The files in the order in which they were found; index 0 is the entry. */
const files = [entry];
const bodies = [];
for (let i = 0; i < files.length; i++) {
  const file = files[i];
  const text = fs.readFileSync(file, 'utf8');
  if (/\b__dirname\b/.test(text) && path.dirname(file) !== dist) {
    throw new Error(`${file} uses __dirname, which would be another one in the joined file`);
  }
  const body = text.replace(/\brequire\("(\.[^"]*)"\)/g, (_, specifier) => {
    const target = [`${specifier}.js`, `${specifier}/index.js`]
      .map((name) => path.join(path.dirname(file), name))
      .find((name) => fs.existsSync(name));
    if (target === undefined) throw new Error(`${file} requires ${specifier}, which was not compiled`);
    const at = files.indexOf(target);
    return `$load(${at >= 0 ? at : files.push(target) - 1})`;
  });
  bodies.push(body);
}

/** The names that a joined file exports, read from what the compiler writes. */
function exportsOf(i) {
  const names = new Set();
  const one = /\bexports\.(\w+) =|Object\.defineProperty\(exports, "(\w+)"/g;
  for (const [, assigned, defined] of bodies[i].matchAll(one)) names.add(assigned ?? defined);
  for (const [, star] of bodies[i].matchAll(/\b__exportStar\(\$load\((\d+)\)/g))
    exportsOf(Number(star)).forEach((name) => names.add(name));
  for (const none of ['__esModule', 'default']) names.delete(none);
  return [...names];
}

const modules = bodies.map((body, i) => {
  const name = path.relative(dist, files[i]).split(path.sep).join('/');
  // In parentheses, so that V8 compiles it at once: it runs at once.
  return `// ${name}\n(function (exports) {\n${body.trimEnd()}\n})`;
});
const library = `'use strict';
const $modules = [
${modules.join(',\n')}];
const $loaded = [];
function $load(i) {
  let exports = $loaded[i];
  if (exports === undefined) {
    exports = $loaded[i] = {};
    $modules[i](exports);
    $modules[i] = undefined;
  }
  return exports;
}
module.exports = $load(0);
`;
const index = `'use strict';
const library = require('./library.js');
module.exports = library;
// Never run: Node reads here which names \`import\` can have.
0 && (module.exports = { ${exportsOf(0).sort().join(', ')} });
`;
const ascii = library.replace(/[^\x00-\x7f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
for (const file of files) fs.rmSync(file);
fs.writeFileSync(path.join(dist, 'library.js'), ascii);
fs.writeFileSync(entry, index);
