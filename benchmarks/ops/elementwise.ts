/** Every elementwise row of the registry, at one size, against the loop a person would write for it. */
import * as tf from 'gradtape';
import { measure, type Contender } from '../measure';
import type { Benchmark, Settings } from '../suite';

const size = 1_000_000;

/** Numbers spread evenly over the row's domain. */
function inputs(row: tf.OpRow, salt: number): tf.Tensor {
  const [low, high] = row.domain ?? [-1, 1];
  const values = Float32Array.from(
    { length: size },
    (_, i) => low + ((high - low) * ((i * 7919 + salt) % size)) / size,
  );
  return tf.constant(values);
}

export function elementwiseBenchmarks({ seconds }: Settings): Benchmark[] {
  const rows = [...tf.registry().values()].filter(
    (row) => (row.kind === 'unary' || row.kind === 'binary') && row.dtypes.includes('float32'),
  );
  return rows.map((row) => ({
    name: `elementwise/${row.name} 1M`,
    run: () => {
      const operands = row.kind === 'unary' ? [inputs(row, 0)] : [inputs(row, 0), inputs(row, 101)];
      const call = row.call as unknown as (...args: tf.Tensor[]) => tf.Tensor;
      const contenders: Contender[] = [{ name: 'gradtape', run: () => call(...operands) }];
      const js = row.js;
      if (js !== undefined) {
        const [x, y] = operands.map((t) => t.data() as Float32Array);
        contenders.push({
          name: 'plain JS loop',
          run:
            y === undefined
              ? () => {
                  const z = new Float32Array(size);
                  for (let i = 0; i < size; i++) z[i] = js(x[i], 0);
                  return z;
                }
              : () => {
                  const z = new Float32Array(size);
                  for (let i = 0; i < size; i++) z[i] = js(x[i], y[i]);
                  return z;
                },
        });
      }
      const timings = measure(contenders, seconds / 2);
      return {
        name: `elementwise/${row.name} 1M`,
        timings: timings.map((timing, i) => ({ name: contenders[i].name, timing })),
      };
    },
  }));
}
