/**
 * Examples of public functions, with what they print: those of docs/examples/*.ts (paragraphs; the first function that one
 * calls, or that its comment names, is whose example it is), else a call from the op registry or from the recordings of keras.ops.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { createRequire } from 'node:module';
import { inspect } from 'node:util';
import ts from 'typescript';

const require = createRequire(import.meta.url);
const root = path.resolve(import.meta.dirname, '..', '..');
const AsyncFunction = (async () => {}).constructor;

/** The paragraphs of docs/examples, by the function that each is about: Map of 'tf.add' to code. */
export function writtenExamples() {
  const folder = path.join(root, 'docs', 'examples');
  const examples = new Map();
  for (const file of fs
    .readdirSync(folder)
    .filter((f) => f.endsWith('.ts'))
    .sort()) {
    const text = fs.readFileSync(path.join(folder, file), 'utf8').replace(/^\/\*\*[^]*?\*\/\n/, '');
    for (const paragraph of text.split(/\n\n+/)) {
      const code = paragraph.trim();
      const name = /tf(?:\.\w+)+|(?:plot|jest|gradtape\/serving)\.\w+/.exec(code)?.[0];
      if (name === undefined || code.startsWith('import ')) continue;
      if (examples.has(name)) throw new Error(`docs/examples has two paragraphs about ${name} (${file})`);
      examples.set(name, code.replace(/^\/\/ (?:tf|plot|jest|gradtape\/serving)[.\w]+\n/, ''));
    }
  }
  return examples;
}

/** Numbers in [0, 1) that are the same in every build. */
function generator(seed) {
  let state = 7 + [...seed].reduce((sum, c) => (sum * 31 + c.charCodeAt(0)) | 0, 0);
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 0) / 4294967296;
  };
}

const nested = (values, shape) => {
  if (shape.length === 0) return values[0];
  const [n, ...rest] = shape;
  const size = values.length / n;
  return Array.from({ length: n }, (_, i) => nested(values.slice(i * size, (i + 1) * size), rest));
};
const sizeOf = (shape) => shape.reduce((a, b) => a * b, 1);
const quote = (value) =>
  typeof value === 'string' ? `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'` : String(value);

/** JavaScript for a plain value. */
function literal(value) {
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value === 'bigint') return `${value}n`;
  if (value !== null && typeof value === 'object')
    return `{ ${Object.entries(value)
      .map(([k, v]) => `${k}: ${literal(v)}`)
      .join(', ')} }`;
  return quote(value);
}

/** JavaScript for a tensor of an example; larger ones are ramps. */
function tensorCode({ shape, dtype = 'float32', domain = [-2, 2], integers = false, values }, random) {
  const size = sizeOf(shape);
  const [low, high] = domain;
  const whole = integers || !/float|bool|string/.test(dtype);
  const options = dtype === 'float32' ? '' : `, { dtype: '${dtype}' }`;
  if (values === undefined && size > 24 && !whole && dtype === 'float32')
    return `tf.reshape(tf.linspace(${low}, ${high}, ${size}), [${shape.join(', ')}])`;
  const draw = () => {
    if (dtype === 'bool') return random() < 0.5;
    const x = low + random() * (high - low);
    return whole ? Math.floor(Math.max(x, dtype.startsWith('u') ? 0 : x)) : Math.round(x * 10) / 10;
  };
  const elements =
    values === undefined
      ? Array.from({ length: size }, draw)
      : Array.isArray(values)
        ? values.flat(Infinity)
        : [values];
  const rounded = elements.map((v) =>
    typeof v === 'number' && !Number.isInteger(v) ? Number(v.toPrecision(2)) : v,
  );
  if (dtype === 'bool') return `tf.constant(${literal(nested(rounded.map(Boolean), shape))})`;
  if (size === 0) return `tf.zeros([${shape.join(', ')}]${options})`;
  return `tf.constant(${literal(nested(rounded, shape))}${options})`;
}

const isTensor = (value) => value !== null && typeof value === 'object' && 'tensor' in value;
function argumentCode(value, spec, random) {
  if (isTensor(value)) return tensorCode({ domain: spec.domain, ...value.tensor }, random);
  if (Array.isArray(value)) return `[${value.map((v) => argumentCode(v, spec, random)).join(', ')}]`;
  return literal(value);
}

const tensor = (shape, more) => ({ tensor: { shape, ...more } });
const standard = {
  unary: [{ args: [tensor([4])] }],
  binary: [{ args: [tensor([4]), tensor([4])] }],
  compare: [{ args: [tensor([4]), tensor([4])] }],
  reduction: [{ args: [tensor([2, 3])], options: { axis: 1 } }],
};
const cost = ({ args }) => {
  const total = JSON.stringify(args, (_, v) => (typeof v === 'bigint' ? String(v) : v));
  const sizes = [...total.matchAll(/"shape":\[([\d,]*)\]/g)].map((m) =>
    sizeOf(m[1].split(',').filter(Boolean).map(Number)),
  );
  // An example without elements, or of one, shows little.
  return sizes.reduce((a, b) => a + (b < 2 ? 30 : b), 0);
};

/** A call from the op registry; undefined if it has none. */
function registryExamples(tf) {
  const byCall = new Map();
  for (const info of tf.registry().values()) byCall.set(info.call, info);
  return (name, f) => {
    const info = byCall.get(f);
    if (info === undefined) return [];
    // A boolean op's operands are booleans, an integer op's integers.
    const dtype = info.dtypes.includes('float32') ? undefined : info.dtypes[0];
    const examples = (info.examples.length > 0 ? info.examples : (standard[info.kind] ?? [])).filter(
      (e) => cost(e) < 400,
    );
    return [...examples]
      .sort((a, b) => cost(a) - cost(b))
      .map(({ args, options }) => {
        const random = generator(name);
        const typed = (value) => (dtype === undefined ? value : withDType(value, dtype));
        const codes = args.map((a) => argumentCode(typed(a), info, random));
        if (options !== undefined)
          codes.push(
            `{ ${Object.entries(options)
              .map(([k, v]) => `${k}: ${argumentCode(v, info, random)}`)
              .join(', ')} }`,
          );
        return callCode(name, codes);
      });
  };
}

const withDType = (value, dtype) =>
  isTensor(value) && value.tensor.dtype === undefined ? { tensor: { dtype, ...value.tensor } } : value;

/** A call on one line, or with its tensors in constants. */
function callCode(name, codes) {
  const line = `${name}(${codes.join(', ')})`;
  if (line.length <= 90) return line;
  const names = ['x', 'y', 'z', 'v', 'w', 'u'];
  const lines = [];
  const short = codes.map((code) => {
    if (!code.startsWith('tf.') || lines.length >= names.length) return code;
    const constant = names[lines.length];
    lines.push(`const ${constant} = ${code};`);
    return constant;
  });
  return `${lines.join('\n')}\n${name}(${short.join(', ')})`;
}

const camel = (name) => name.replace(/_+(\w)/g, (_, c) => c.toUpperCase());
const renamed = { any: 'any', all: 'all' };

/** Calls of keras.ops that were recorded from Keras, smallest first. */
function kerasExamples() {
  const byName = new Map();
  for (const file of ['ops.json', 'ops_more.json', 'ops_rest.json']) {
    const { cases } = JSON.parse(
      fs.readFileSync(path.join(root, 'test', 'golden', 'fixtures', 'keras', file), 'utf8'),
    );
    for (const recorded of cases) {
      const name = `tf.keras.ops.${renamed[recorded.name] ?? camel(recorded.name)}`;
      byName.set(name, [...(byName.get(name) ?? []), recorded]);
    }
  }
  return (name) => {
    const random = generator(name);
    const code = (arg) =>
      Array.isArray(arg)
        ? `[${arg.map(code).join(', ')}]`
        : Array.isArray(arg?.shape)
          ? tensorCode(withValues(arg), random)
          : literal(arg);
    return [...(byName.get(name) ?? [])]
      .filter((c) => c.operands === undefined)
      .sort((a, b) => cost(a) - cost(b))
      .flatMap(({ args, pos = [], options }) => {
        const tensors = args.map(code);
        const entries = Object.entries(options).map(([k, v]) => [camel(k), v]);
        const rest = [...pos.map(literal)];
        const asOptions =
          entries.length > 0 ? [`{ ${entries.map(([k, v]) => `${k}: ${literal(v)}`).join(', ')} }`] : [];
        // The others may be positional in JavaScript.
        return [
          callCode(name, [...tensors, ...rest, ...asOptions]),
          callCode(name, [...tensors, ...rest, ...entries.map(([, v]) => literal(v))]),
        ];
      });
  };
}

/** A recorded tensor, with its values if these are few. */
function withValues({ shape, dtype, values }) {
  if (sizeOf(shape) <= 24) return { shape, dtype, values };
  const numbers = values.map(Number);
  return { shape, dtype, domain: [Math.floor(Math.min(...numbers)), Math.ceil(Math.max(...numbers))] };
}

/** Runs code; returns what it prints, with the value of its last expression. */
export async function run(code, scope) {
  const file = ts.createSourceFile('example.ts', code, ts.ScriptTarget.ES2022, true);
  const last = file.statements[file.statements.length - 1];
  let program = code;
  if (last !== undefined && ts.isExpressionStatement(last))
    program = `${code.slice(0, last.getStart())}show(${last.expression.getText()});`;
  const { outputText } = ts.transpileModule(program, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  const lines = [];
  const text = (v) => (typeof v === 'string' ? v : inspect(v, { depth: 4, breakLength: 90 }));
  const log = (...values) => void lines.push(values.map(text).join(' '));
  const show = async (value) => {
    const v = await value;
    // A text of several lines is shown as it is printed, others as values.
    if (v !== undefined)
      lines.push(typeof v === 'string' && v.includes('\n') ? v : inspect(v, { depth: 4, breakLength: 90 }));
  };
  const names = Object.keys(scope);
  const f = new AsyncFunction(...names, 'console', 'show', outputText.replace(/\bshow\(/, 'await show('));
  const write = process.stdout.write;
  // Progress bars and summaries write to the standard output.
  process.stdout.write = (chunk) => {
    lines.push(String(chunk).replace(/\n$/, ''));
    return true;
  };
  try {
    await f(...names.map((n) => scope[n]), { log, warn: log, error: log, info: log }, show);
  } finally {
    process.stdout.write = write;
  }
  return lines.join('\n');
}

const lengthOf = (output) => output.split('\n').length;

/** Makes the function that finds the example of a function: `{ code, output }`, or undefined; written ones that fail throw. */
export function exampleFinder() {
  const tf = require(path.join(root, 'dist', 'index.js'));
  const plot = require(path.join(root, 'dist', 'plot', 'index.js'));
  const jest = require(path.join(root, 'dist', 'jest', 'index.js'));
  const written = writtenExamples();
  const used = new Set();
  const generators = [registryExamples(tf), kerasExamples()];
  const serving = require(path.join(root, 'dist', 'serving', 'index.js'));
  const scope = { tf, plot, jest, serving, require };
  const at = (name) => name.split('.').reduce((o, part) => o?.[part], scope);
  // What examples write does not belong into the repository.
  process.chdir(fs.mkdtempSync(path.join(os.tmpdir(), 'gradtape-docs-')));
  const find = async (name) => {
    tf.keras.utils.setRandomSeed(1);
    if (written.has(name)) {
      used.add(name);
      const code = written.get(name);
      try {
        return { code, output: await run(code, scope) };
      } catch (error) {
        throw new Error(`the example of ${name} fails: ${error.message}\n${code}`, { cause: error });
      }
    }
    const f = at(name);
    let long;
    for (const generate of generators)
      for (const code of generate(name, f)) {
        try {
          const output = await run(code, scope);
          if (lengthOf(output) <= 12 && output !== '') return { code: `${code};`, output };
          long ??= { code: `${code};`, output };
        } catch {
          // Another call of it may be one that JavaScript spells alike.
        }
      }
    return long;
  };
  return { find, written, used, dtypesOf: dtypesFinder(tf, at) };
}

/** What the registry knows of an op: dtypes and accuracy, as a sentence. */
function dtypesFinder(tf, at) {
  const byCall = new Map();
  for (const info of tf.registry().values()) byCall.set(info.call, info);
  return (name) => {
    const info = byCall.get(at(name));
    if (info === undefined) return undefined;
    const accuracy =
      info.ulp === undefined
        ? ''
        : info.ulp === 0
          ? ' The result is exact.'
          : ` In float32, errors are at most ${info.ulp} units in the last place.`;
    const gradient = info.differentiable || info.kind === 'composite' ? '' : ' It has no gradient.';
    return `Dtypes: ${info.dtypes.map((d) => `\`${d}\``).join(', ')}.${accuracy}${gradient}`;
  };
}
