/** Metrics recorded from Keras (test/golden/keras/metrics.py): configs, variables and results after each batch, eagerly and compiled. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as tf from 'gradtape';
import { setMask } from '../../lib/keras/layers/call_context';
import { deserialize, serialize, type Json } from '../../lib/keras/saving/serialize';
import { expectClose, tensor, type Recorded } from './recorded_values';

interface Case {
  readonly config: { readonly class_name: string; readonly config: Readonly<Record<string, Json>> };
  /** Options that Keras's config does not have. */
  readonly lost: Readonly<Record<string, Json>>;
  readonly variableNames: readonly string[];
  readonly batches: readonly {
    readonly args: readonly (Recorded | null)[];
    readonly mask: Recorded | null;
    readonly variables: readonly Recorded[];
    readonly result: Recorded;
  }[];
  readonly afterReset: readonly Recorded[];
}

const file = path.join(__dirname, '../golden/fixtures/keras/metrics.json');
const { cases } = JSON.parse(fs.readFileSync(file, 'utf8')) as { cases: Case[] };
const reading = { file: 'fixture', customObjects: {} };

/** How far sums of float32 may differ where Keras adds in another order. */
const distance = 1e-7;

describe.each([false, true])('compiled: %s', (compiled) => {
  test.each(cases.map((recorded, i) => [`${i}: ${recorded.config.class_name}`, recorded] as const))(
    '%s',
    (_, recorded) => {
      const config = {
        ...recorded.config,
        config: { ...recorded.config.config, ...recorded.lost },
      };
      const metric = deserialize(config, reading) as tf.keras.metrics.Metric;
      const update = (args: (tf.Tensor | null)[], mask: tf.Tensor | null): tf.Tensor => {
        // Masks belong to tensors: a compiled function has its own.
        const given = args.map((a, i) => (a === null || i !== 1 || mask === null ? a : tf.identity(a)));
        if (mask !== null) setMask(given[1] as tf.Tensor, mask);
        metric.updateState(...given);
        return metric.result();
      };
      const step = compiled ? tf.function(update) : update;
      for (const batch of recorded.batches) {
        const args = batch.args.map((arg) => (arg === null ? null : tensor(arg)));
        const result = step(args, batch.mask === null ? null : tensor(batch.mask));
        expectClose(result, batch.result, distance);
        expectClose(metric.result(), batch.result, distance);
        expect(metric.variables).toHaveLength(batch.variables.length);
        batch.variables.forEach((expected, i) => expectClose(metric.variables[i].read(), expected, distance));
      }
      expect(metric.variables.map((v) => v.path)).toEqual(recorded.variableNames);
      metric.resetState();
      recorded.afterReset.forEach((expected, i) => expectClose(metric.variables[i].read(), expected, 0));
      expect(serialize(metric)).toEqual(config);
    },
  );
});
