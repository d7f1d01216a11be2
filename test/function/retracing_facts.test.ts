/** How often TensorFlow 2.21 traces, and what it says: the recorded scenarios with ours. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as tf from 'gradtape';

type Argument =
  | { t: number[] | null; dtype: tf.DType }
  | { n: number[] }
  | { s: number | string | boolean | null }
  | { v: number }
  | { l: Argument[] }
  | { d: Record<string, Argument> };
interface Result {
  count: number;
  value?: number;
  error?: { class: string; message: string };
}
interface Scenario {
  what: string;
  options: { reduce_retracing?: boolean; input_signature?: Argument[] };
  calls: Argument[][];
  results: Result[];
  warnings: string[];
}

const file = path.join(__dirname, '..', 'golden', 'fixtures', 'retracing.json');
const { cases } = JSON.parse(fs.readFileSync(file, 'utf8')) as { cases: Record<string, Scenario> };

function make(a: Argument, variables: readonly tf.Variable[]): unknown {
  if ('t' in a) return tf.ones(a.t ?? [], a.dtype);
  // Typed arrays have one dimension.
  if ('n' in a) return a.n.length === 1 ? new Float32Array(a.n[0]).fill(1) : tf.ones(a.n);
  if ('s' in a) return a.s;
  if ('v' in a) return variables[a.v];
  if ('l' in a) return a.l.map((x) => make(x, variables));
  return Object.fromEntries(Object.entries(a.d).map(([k, x]) => [k, make(x, variables)]));
}

function spec(a: Argument): unknown {
  if ('t' in a) return new tf.TensorSpec(a.t, { dtype: a.dtype });
  if ('d' in a) return Object.fromEntries(Object.entries(a.d).map(([k, x]) => [k, spec(x)]));
  return (a as { l: Argument[] }).l.map(spec);
}

/** Counts that differ on purpose. */
const differs: Record<string, { counts: number[]; why: string }> = {
  equal_numbers: { counts: [1, 1, 2], why: '1 is not true in JavaScript' },
};

describe.each(Object.entries(cases).filter(([name]) => !name.startsWith('made/')))('%s', (name, c) => {
  test(c.what, () => {
    const variables = [2, 2, 3].map((n) => new tf.Variable(tf.ones([n])));
    const f = tf.function((...args: unknown[]) => args.length, {
      reduceRetracing: c.options.reduce_retracing ?? false,
      inputSignature: c.options.input_signature?.map(spec) ?? null,
      name,
    });
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    try {
      const counts = c.calls.map((args, i) => {
        const { error } = c.results[i];
        const call = () => f(...args.map((a) => make(a, variables)));
        if (error === undefined) {
          call();
        } else {
          // What TensorFlow says up to where it shows values; an argument has a number here, and no name.
          const reason = error.message.replace(/ 'args_0'`[^]*| TraceType[^]*|\. Received args[^]*/, '');
          const words = /Cannot convert|^.*`\{/.test(reason)
            ? 'Binding inputs to tf.function failed due to `'
            : reason;
          expect(error.class).toBe('TypeError');
          expect(call).toThrow(TypeError);
          expect(call).toThrow(words);
        }
        return f.experimentalGetTracingCount();
      });
      expect(counts).toEqual(differs[name]?.counts ?? c.results.map((r) => r.count));
      // Once is enough.
      expect(warn.mock.calls.map(([text]) => String(text).split(' calls')[0])).toEqual(
        c.warnings.slice(0, 1).map((text) => text.split(' calls')[0]),
      );
      if (c.warnings.length > 0)
        expect(String(warn.mock.calls[0][0])).toContain(
          `calls to ${name} triggered tf.function retracing. Tracing is expensive and the excessive number of tracings could be due to (1)`,
        );
    } finally {
      warn.mockRestore();
    }
  });
});

describe('captured variables and values', () => {
  const check = (
    name: string,
    f: tf.CompiledFunction<[tf.Tensor], tf.Tensor>,
    args: tf.Tensor[],
    before = (): void => undefined,
  ) => {
    args.forEach((x, i) => {
      const { count, value, error } = cases[name].results[i];
      before();
      if (error === undefined) {
        expect(f(x).item()).toBe(value);
      } else {
        const words = error.message.startsWith('tf.function only') ? error.message.slice(0, 80) : '';
        expect(() => f(x)).toThrow(words);
        expect(() => f(x)).toThrow(tf.errors.InvalidArgumentError);
      }
      expect(f.experimentalGetTracingCount()).toBe(count);
    });
    expect(args.length).toBe(cases[name].results.length);
  };
  const one = tf.constant(1);

  test('a variable created on the first call', () => {
    let v: tf.Variable | null = null;
    const f = tf.function((x: tf.Tensor) => {
      v ??= new tf.Variable(1);
      v.assignAdd(x);
      return v.read();
    });
    check('made/once', f, [one, one, one, tf.constant([1])]);
  });

  test('a variable created on every call', () => {
    check(
      'made/always',
      tf.function((x: tf.Tensor) => tf.add(new tf.Variable(1), x)),
      [one, one],
    );
  });

  test('captured host values are those of the trace', () => {
    let n = 0;
    const f = tf.function((x: tf.Tensor) => tf.add(tf.reduceSum(x), n));
    check('made/closure', f, [one, one, tf.constant([1]), one], () => {
      n++;
    });
  });
});
