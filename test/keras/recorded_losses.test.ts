/** Losses recorded from Keras (test/golden/keras/losses.py): configs, values, gradients, eagerly and compiled. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as tf from 'gradtape';
import { setMask } from '../../lib/keras/layers/call_context';
import { deserialize, serialize, type Json } from '../../lib/keras/saving/serialize';
import { cotangent, expectClose, tensor, type Recorded } from './recorded_values';

interface Case {
  readonly config: { readonly class_name: string; readonly config: Readonly<Record<string, Json>> };
  /** Options that Keras's config does not have. */
  readonly lost: Readonly<Record<string, Json>>;
  readonly yTrue: Recorded;
  readonly yPred: Recorded;
  readonly sampleWeight: Recorded | null;
  readonly mask: Recorded | null;
  readonly activation: 'sigmoid' | 'softmax' | null;
  readonly value: Recorded;
  readonly distance: number;
  readonly gradient: Recorded | null;
  readonly gradientDistance?: number;
}

const file = path.join(__dirname, '../golden/fixtures/keras/losses.json');
const { cases } = JSON.parse(fs.readFileSync(file, 'utf8')) as { cases: Case[] };
const reading = { file: 'fixture', customObjects: {} };

describe.each([false, true])('compiled: %s', (compiled) => {
  test.each(cases.map((recorded, i) => [`${i}: ${recorded.config.class_name}`, recorded] as const))(
    '%s',
    (_, recorded) => {
      const { lost, activation, mask, gradient } = recorded;
      const config = { ...recorded.config, config: { ...recorded.config.config, ...lost } };
      const loss = deserialize(config, reading) as tf.keras.losses.Loss;
      const weights = recorded.sampleWeight === null ? null : tensor(recorded.sampleWeight);
      const predicted = tensor(recorded.yPred);
      const step = (truth: tf.Tensor, p: tf.Tensor): { value: tf.Tensor; gradient: tf.Tensor | null } => {
        const tape = new tf.GradientTape();
        const value = tape.run(() => {
          tape.watch(p);
          const q = activation === null ? tf.identity(p) : tf.keras.activations[activation](p);
          if (mask !== null) setMask(q, tensor(mask));
          return loss(truth, q, weights);
        });
        if (gradient === null) return { value, gradient: null };
        return {
          value,
          gradient: tape.gradient(value, p, { outputGradients: cotangent(value) }) as tf.Tensor,
        };
      };
      const found = (compiled ? tf.function(step) : step)(tensor(recorded.yTrue), predicted);
      expectClose(found.value, recorded.value, recorded.distance);
      if (gradient !== null)
        expectClose(found.gradient as tf.Tensor, gradient, recorded.gradientDistance ?? 0);
      const { dtype, ...written } = lost;
      expect(dtype === undefined || loss.dtype === dtype).toBe(true);
      expect(serialize(loss)).toEqual({
        ...recorded.config,
        config: { ...recorded.config.config, ...written },
      });
    },
  );
});
