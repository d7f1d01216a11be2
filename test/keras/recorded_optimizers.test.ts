/** All optimizers against Keras 3.15: six recorded steps in many configurations, eagerly and in compiled functions. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as tf from 'gradtape';
import { deserialize, serialize, type Json } from '../../lib/keras/saving/serialize';

type Flat = number | string | readonly (number | string)[];
interface Encoded {
  shape: number[];
  dtype: 'float32' | 'float64';
  values: (number | string)[];
}
interface Case {
  optimizer: string;
  options: Record<string, unknown> | null;
  data: string;
  config: { class_name: string } & Record<string, Json>;
  steps: { variables?: (Encoded | number)[]; optimizer?: [string, Encoded | number, tf.DType][] }[];
}
interface Golden {
  names: string[];
  data: Record<string, { start: Encoded[]; gradients: Encoded[][] }>;
  cases: Record<string, Case>;
}

const golden = JSON.parse(
  fs.readFileSync(path.join(__dirname, '../golden/fixtures/keras/optimizers.json'), 'utf8'),
) as Golden;

const decode = ({ shape, dtype, values }: Encoded): tf.Tensor =>
  tf.reshape(tf.cast(tf.constant(Float64Array.from(values.map(Number))), dtype), shape);
const flat = (e: Encoded | number): readonly (number | string)[] => (typeof e === 'object' ? e.values : [e]);

/**
 * Within some units in the last place of the largest element: what is computed is a difference of such. Muon's iteration multiplies
 * errors.
 */
function expectClose(v: tf.Variable, wanted: Flat, kind: string, what: string): void {
  const got = [...(v.data() as Iterable<number | bigint>)].map(Number);
  const want = (Array.isArray(wanted) ? wanted : [wanted]).map(Number);
  expect(got).toHaveLength(want.length);
  const unit = v.dtype === 'float64' ? 2 ** -52 : 2 ** -23;
  const bound = (kind === 'Muon' ? 64 : 16) * unit * Math.max(...want.map(Math.abs));
  const bad = want.flatMap((value, i) => (Math.abs(got[i] - value) <= bound ? [] : [[i, got[i], value]]));
  expect({ what, bad }).toEqual({ what, bad: [] });
}

const reading = { file: 'fixture', customObjects: {} };
const kinds = tf.keras.optimizers as unknown as Record<
  string,
  new (o: object) => tf.keras.optimizers.Optimizer
>;

describe.each(Object.entries(golden.cases))('%s', (_, c) => {
  const { start, gradients } = golden.data[c.data];

  test.each([false, true])('compiled: %s', (compiled) => {
    const make = (): tf.keras.optimizers.Optimizer =>
      c.options === null
        ? (deserialize(c.config, reading) as tf.keras.optimizers.Optimizer)
        : new kinds[c.optimizer](c.options);
    const optimizer = make();
    const variables = start.map((s, i) => new tf.Variable(decode(s), { name: golden.names[i] }));
    const step = (...list: tf.Tensor[]): void => optimizer.apply(list, variables);
    const compiledStep = tf.function(step);
    // Others are built by the first step.
    if (c.optimizer === 'ScheduleFreeAdamW') optimizer.build(variables);
    c.steps.forEach((want, k) => {
      (compiled ? compiledStep : step)(...gradients[k].map(decode));
      want.variables?.forEach((e, i) =>
        expectClose(variables[i], flat(e), c.optimizer, `step ${k} ${golden.names[i]}`),
      );
      if (want.optimizer === undefined) return;
      const own = optimizer.variables;
      expect(own.map((v) => [v.name.replace(/:0$/, ''), v.dtype])).toEqual(
        want.optimizer.map(([name, , dtype]) => [name, dtype]),
      );
      want.optimizer.forEach(([name, value], i) =>
        expectClose(own[i], flat(value), c.optimizer, `step ${k} ${name}`),
      );
    });
    // As in TensorFlow, a call that creates variables traces twice.
    if (compiled) expect(compiledStep.experimentalGetTracingCount()).toBeLessThanOrEqual(2);
  });

  test('config', () => {
    const made = deserialize(c.config, reading);
    expect(serialize(made)).toEqual(c.config);
    if (c.options !== null) expect(serialize(new kinds[c.optimizer](c.options))).toEqual(c.config);
  });
});
