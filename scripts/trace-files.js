'use strict';
/**
 * How many files and functions of lib/ take part in an eager add, in a taped training step, and in the first call of the
 * compiled step: what a reader who follows that call has to read. `npm run build:ts && node scripts/trace-files.js [--list]`.
 * Counted by V8's coverage: functions that ran during the call.
 */
const fs = require('node:fs');
const { Session } = require('node:inspector/promises');
const os = require('node:os');
const path = require('node:path');
const esbuild = require('esbuild');

const root = path.join(__dirname, '..');

/** The named functions of each file of lib/, as V8 reports them, to be found in a file of their own each. */
function build(out) {
  const files = fs
    .readdirSync(path.join(root, 'lib'), { recursive: true })
    .filter((name) => name.endsWith('.ts') && !/^(plot|serving)/.test(name))
    .map((name) => path.join('lib', name));
  esbuild.buildSync({
    absWorkingDir: root,
    entryPoints: files,
    outdir: out,
    outbase: 'lib',
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    logLevel: 'warning',
  });
}

/** The calls that are followed. Each runs once before, where that is not the first call that is meant. */
function walks(tf) {
  const [w1, b1] = [new tf.Variable(tf.ones([4, 8])), new tf.Variable(tf.zeros([8]))];
  const [w2, b2] = [new tf.Variable(tf.ones([8, 1])), new tf.Variable(tf.zeros([1]))];
  const variables = [w1, b1, w2, b2];
  const [x, y] = [tf.ones([2, 4]), tf.ones([2, 1])];
  const train = (x, y) => {
    const tape = new tf.GradientTape();
    const loss = tape.run(() => {
      const h = tf.nn.relu(tf.add(tf.matmul(x, w1), b1));
      return tf.reduceMean(tf.square(tf.subtract(tf.add(tf.matmul(h, w2), b2), y)));
    });
    tape.gradient(loss, variables).forEach((g, i) => variables[i].assignSub(tf.multiply(g, 0.1)));
    return loss;
  };
  const step = tf.function(train);
  tf.add(x, x);
  train(x, y);
  return [
    ['eager add', () => tf.add(x, x)],
    ['taped step of two layers', () => train(x, y)],
    ['first tf.function call of that step', () => step(x, y)],
  ];
}

/** For each file of lib/, how many of its functions ran. */
function countOwn(out, result) {
  const ran = new Map();
  for (const { url, functions } of result) {
    const file = path.relative(out, url.replace(/^file:\/\//, ''));
    if (file.startsWith('..')) continue;
    const text = fs.readFileSync(path.join(out, file), 'utf8');
    // Neither the module itself nor what esbuild writes for each export: `() => name`, `() => module.name`, `() => from[key]`.
    const isOwn = ({ functionName, ranges: [{ startOffset, endOffset }] }) =>
      functionName !== '' && !/^\(\) => \w+(\.\w+|\[key\])?$/.test(text.slice(startOffset, endOffset));
    const called = functions.filter((f) => f.ranges[0].count > 0 && isOwn(f));
    if (called.length > 0) ran.set(file.replace(/\.js$/, '.ts'), called.length);
  }
  return ran;
}

function report(name, ran) {
  const rows = [...ran].sort((a, b) => b[1] - a[1]);
  console.log(`${name}: ${rows.length} files, ${rows.reduce((sum, [, n]) => sum + n, 0)} functions`);
  if (process.argv.includes('--list'))
    for (const [file, n] of rows) console.log(`${String(n).padStart(4)}  lib/${file}`);
}

async function main() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'trace-files-'));
  try {
    const out = path.join(folder, 'lib');
    build(out);
    fs.symlinkSync(path.join(root, 'build'), path.join(folder, 'build'));
    fs.copyFileSync(path.join(root, 'package.json'), path.join(folder, 'package.json'));
    const tf = require(path.join(out, 'index.js'));
    const session = new Session();
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
    for (const [name, call] of walks(tf)) {
      await session.post('Profiler.takePreciseCoverage');
      call();
      const { result } = await session.post('Profiler.takePreciseCoverage');
      report(name, countOwn(out, result));
    }
    session.disconnect();
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

void main();
