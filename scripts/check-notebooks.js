'use strict';
/**
 * Runs the notebooks of examples/notebooks with the Jupyter kernels of Deno and of tslab, in a folder that has the built package
 * in its node_modules, and compares what the cells show with the outputs in the files: texts and tables must be equal,
 * pictures must be there. `--write` stores the outputs of Deno's kernel instead. Needs python3 with venv; all else is
 * installed into build-prebuilds/notebooks.
 */
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');
const prettier = require('prettier');
const { fromNpm } = require('./check/runtimes');
const { cache, pythonWith } = require('./python');
const { root, run, write, newFolder, check, finish } = require('./check/tools');

const notebooks = path.join(root, 'examples', 'notebooks');
const home = path.join(cache, 'notebooks');
const packages = { deno: '@deno/linux-x64-glibc@2.9.6', tslab: 'tslab@1.0.22', nbclient: 'nbclient==0.10.4' };

/** The commands that start the kernels. */
async function kernelCommands() {
  const deno = path.join(await fromNpm(packages.deno), 'deno');
  const tslab = path.join(home, 'node_modules', 'tslab', 'bin', 'tslab');
  if (!fs.existsSync(tslab)) {
    fs.mkdirSync(home, { recursive: true });
    write(home, { 'package.json': '{"private":true}' });
    await run('npm', ['install', '--silent', '--ignore-scripts', packages.tslab], { cwd: home });
  }
  return {
    deno: [deno, 'jupyter', '--kernel', '--conn', '{connection_file}'],
    tslab: [process.execPath, tslab, 'kernel', '--config-path', '{connection_file}'],
  };
}

/** A folder as a user of the package has it, with the kernels' descriptions. */
function workFolder(kernels) {
  const folder = newFolder('notebooks');
  const modules = path.join(folder, 'node_modules');
  fs.mkdirSync(path.join(modules, '@resvg'), { recursive: true });
  fs.symlinkSync(root, path.join(modules, 'gradtape'));
  for (const name of ['vega', 'vega-lite', '@resvg/resvg-js', 'dejavu-fonts-ttf', '@types'])
    fs.symlinkSync(path.join(root, 'node_modules', name), path.join(modules, name));
  write(folder, { 'package.json': '{"private":true}' });
  for (const [name, argv] of Object.entries(kernels)) {
    const kernel = path.join(folder, 'jupyter', 'kernels', name);
    fs.mkdirSync(kernel, { recursive: true });
    write(kernel, { 'kernel.json': JSON.stringify({ argv, display_name: name, language: 'typescript' }) });
  }
  return folder;
}

const textOf = (text) => (Array.isArray(text) ? text.join('') : text);

/** What a reader sees of a cell's outputs. */
function shown({ cell_type, outputs }) {
  if (cell_type !== 'code') return null;
  return outputs.map(({ output_type, text, data }) => {
    if (output_type === 'stream') return textOf(text);
    if (data['image/svg+xml'] !== undefined) return textOf(data['image/svg+xml']).slice(0, 4);
    return textOf(data['text/html'] ?? data['text/plain']);
  });
}

async function main() {
  const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } });
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    console.log('skipped: the kernels that are tried are those for Linux on x86-64');
    return;
  }
  const { python } = pythonWith(packages.nbclient);
  const kernels = await kernelCommands();
  const folder = workFolder(kernels);
  const env = { JUPYTER_DATA_DIR: path.join(folder, 'jupyter') };
  for (const name of fs.readdirSync(notebooks).filter((file) => file.endsWith('.ipynb'))) {
    const file = path.join(notebooks, name);
    for (const kernel of values.write ? ['deno'] : Object.keys(kernels)) {
      await check(`${name}, ${kernel}`, async () => {
        const out = path.join(folder, `${kernel}-${name}`);
        await run(python, [path.join(__dirname, 'check', 'notebooks.py'), kernel, file, out], {
          cwd: folder,
          env,
        });
        const ran = JSON.parse(fs.readFileSync(out, 'utf8'));
        if (values.write) {
          const options = await prettier.resolveConfig(file);
          fs.writeFileSync(file, await prettier.format(JSON.stringify(ran), { ...options, parser: 'json' }));
          return 'written';
        }
        const stored = JSON.parse(fs.readFileSync(file, 'utf8'));
        ran.cells.forEach((cell, i) =>
          assert.deepEqual(shown(cell), shown(stored.cells[i]), `cell ${i + 1}`),
        );
        return `${ran.cells.length} cells`;
      });
    }
  }
  finish();
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
