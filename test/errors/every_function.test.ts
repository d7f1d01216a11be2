/**
 * Every public function with odd arguments: what it throws is an error of tf.errors, or a TypeError that names the
 * function. No argument gets an error of JavaScript or of the native binding.
 */
import * as tf from 'gradtape';
import { opDefinitions, type ExampleArgument } from '../../lib/op/registry';

type Loose = (...args: unknown[]) => unknown;

const odd = (): unknown[] => [
  null,
  undefined,
  Symbol('s'),
  NaN,
  -1,
  -5,
  0,
  2,
  1.5,
  2 ** 53,
  Infinity,
  1e300,
  10n,
  2n ** 70n,
  true,
  'abc',
  'int32',
  '-1',
  [],
  {},
  Object.create(null),
  () => 1,
  (value: unknown) => value,
  new Date(0),
  new Map(),
  new Proxy({}, {}),
  Promise.resolve(1),
  new Float32Array(4),
  new Uint16Array(2),
  [undefined],
  [Symbol('s')],
  ['a'],
  [NaN],
  [2 ** 53],
  [[1, 2], [3]],
  [{}],
  [tf.ones([2]), tf.ones([3])],
  { axis: Symbol('s') },
  { dtype: 'foo' },
  { x: 1 },
  tf.constant(1),
  tf.constant(1, 'int32'),
  tf.constant([1, 0], 'int32'),
  tf.constant([true, false]),
  tf.zeros([0, 2]),
  new tf.Variable([1, 2]),
  new tf.IndexedSlices([[1, 2]], [0]),
];
const count = odd().length;

/** Functions by their names: `tf.*` and its namespaces, classes, static methods. */
function publicFunctions(): Map<string, Loose> {
  const found = new Map<string, Loose>();
  const seen = new Set<unknown>();
  // Modules come from another realm than these tests, so that their prototype is another.
  const isNamespace = (value: unknown): value is object =>
    typeof value === 'object' && value !== null && value.constructor?.name === 'Object';
  const isClass = (f: object): boolean => /^class\b/.test(Function.prototype.toString.call(f));
  const walk = (o: object, path: string): void => {
    for (const [key, value] of Object.entries(o)) {
      if (seen.has(value) || key === 'errors' || key === 'registry') continue;
      seen.add(value);
      const name = path + key;
      if (typeof value === 'function') {
        const Class = value as new (...args: unknown[]) => unknown;
        // Tensors are made by functions; what the constructor takes is the library's own.
        if (!isClass(value)) found.set(name, value as Loose);
        else if (name !== 'Tensor') found.set(`new ${name}`, (...args) => new Class(...args));
        for (const part of Object.getOwnPropertyNames(value)) {
          const method = (value as unknown as Record<string, unknown>)[part];
          if (typeof method === 'function')
            found.set(`${name}.${part}`, (...args) => (method as Loose).apply(value, args));
        }
      } else if (isNamespace(value)) walk(value, `${name}.`);
    }
  };
  walk(tf, '');
  return found;
}

/** What is wrong with what was thrown; null where nothing is. */
function complaint(error: unknown): string | null {
  if (error instanceof tf.errors.OpError) return null;
  const text = String((error as Error).message);
  // Of functions and callbacks; of signatures, in TensorFlow's words.
  const named = /^\[[\w.#]+\]|^[\w.]+: the callback returned a Promise|^Binding inputs to tf\.function/.test(
    text,
  );
  return error instanceof TypeError && named ? null : `${(error as Error).constructor.name}: ${text}`;
}

function attempt(name: string, f: Loose, args: readonly unknown[], problems: string[]): void {
  try {
    const result = f(...args);
    if (result instanceof Promise) result.catch(() => undefined);
  } catch (error) {
    const why = complaint(error);
    if (why !== null && problems.length < 20) problems.push(`${name}: ${why.split('\n')[0]}`);
  }
}

const quiet = jest.spyOn(process.stderr, 'write').mockImplementation(() => true);
afterAll(() => quiet.mockRestore());

const functions = publicFunctions();
// They change the process that this runs in.
for (const name of [...functions.keys()]) if (/^config\.|^waitFor/.test(name)) functions.delete(name);

test('one odd argument, or a tensor and one', () => {
  expect(functions.size).toBeGreaterThan(220);
  const problems: string[] = [];
  for (const [name, f] of functions) {
    attempt(name, f, [], problems);
    for (let k = 0; k < count; k++) {
      attempt(name, f, [odd()[k]], problems);
      attempt(name, f, [tf.ones([2, 2]), odd()[k]], problems);
    }
  }
  expect(problems).toEqual([]);
});

/** An argument of an example: elements from 0 to 1. */
function built(a: ExampleArgument): unknown {
  if (Array.isArray(a)) return a.map(built);
  if (typeof a !== 'object' || a === null || !('tensor' in a)) return a;
  const { shape, dtype, values } = a.tensor as { shape: number[]; dtype?: tf.DType; values?: tf.TensorLike };
  const t = values === undefined ? tf.random.uniform(shape, { seed: 1 }) : tf.constant(values, dtype);
  const shaped = tf.reshape(t, shape);
  return dtype === undefined || shaped.dtype === dtype ? shaped : tf.cast(shaped, dtype);
}

test('an odd argument or option among good ones', () => {
  const problems: string[] = [];
  let calls = 0;
  for (const [name, definition] of opDefinitions()) {
    if (definition.tf === '' || definition.examples.length === 0) continue;
    const { args, options = {} } = definition.examples[0];
    const f = definition.call as unknown as Loose;
    const keys = new Set(Object.keys(options));
    try {
      f(...args.map(built), { ' ': 1 });
    } catch (error) {
      const [, names] =
        /has no option ' '; it takes (.*)$/.exec((error as Error).message.split('\n')[0]) ?? [];
      for (const key of names?.split(', ') ?? []) keys.add(key);
    }
    for (let k = 0; k < count; k++) {
      for (let p = 0; p < args.length; p++) {
        const given = args.map(built);
        given[p] = odd()[k];
        attempt(name, f, given, problems);
        calls++;
      }
      for (const key of keys) {
        attempt(`${name} { ${key} }`, f, [...args.map(built), { ...options, [key]: odd()[k] }], problems);
        calls++;
      }
    }
  }
  expect(problems).toEqual([]);
  expect(calls).toBeGreaterThan(10_000);
});
