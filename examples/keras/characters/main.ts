/**
 * A character-level transformer of Keras's layers, trained on Shakespeare's sonnets, which then writes.
 *
 * `node dist/examples/keras/characters/main.js --help` lists the options.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as tf from 'gradtape';
import { readOptions, start } from '../../shared/options';
import { drawHistory } from '../history';

const { layers } = tf.keras;
const file = path.join(__dirname, '../../../../examples/char-transformer/sonnets.txt');
const context = 48;
const width = 64;

/** Embeds characters and their positions: a layer of one's own. */
class CharactersAndPositions extends layers.Layer {
  readonly characters: tf.keras.layers.Embedding;
  readonly positions = new layers.Embedding(context, width);

  constructor(vocabulary: number) {
    super();
    this.characters = new layers.Embedding(vocabulary, width);
  }

  override call(ids: tf.Tensor): tf.Tensor {
    return tf.add(this.characters(ids), this.positions(tf.range(context, { dtype: 'int32' })));
  }
}

/** Attention to what precedes, then a dense network for each position; each with a residual connection. */
function block(x: tf.keras.KerasTensor): tf.keras.KerasTensor {
  const normalized = new layers.LayerNormalization()(x);
  const attended = new layers.MultiHeadAttention(4, width / 4)(normalized, normalized, {
    useCausalMask: true,
  });
  const sum = new layers.Add()([x, attended]);
  const hidden = new layers.Dense(4 * width, { activation: 'gelu' })(new layers.LayerNormalization()(sum));
  return new layers.Add()([sum, new layers.Dense(width)(hidden)]);
}

function makeModel(vocabulary: number): tf.keras.Model {
  const ids = tf.keras.Input([context], { dtype: 'int32' });
  const x = block(block(new CharactersAndPositions(vocabulary)(ids)));
  return new tf.keras.Model(ids, new layers.Dense(vocabulary)(new layers.LayerNormalization()(x)));
}

start(async () => {
  const options = readOptions('keras/characters', 'Trains a transformer on sonnets.', 'epochs', 6, 2);
  if (options.seed !== null) tf.keras.utils.setRandomSeed(options.seed);
  const text = fs.readFileSync(file, 'utf8');
  const alphabet = [...new Set(text)].sort().join('');
  const ids = Int32Array.from(text, (c) => alphabet.indexOf(c));
  // Each window's target is the window one character later.
  const stride = options.quick ? 96 : 24;
  const starts = Array.from(
    { length: Math.floor((ids.length - context - 1) / stride) },
    (_, i) => i * stride,
  );
  const windows = (shift: number): tf.Tensor =>
    tf.stack(starts.map((at) => tf.constant(ids.slice(at + shift, at + shift + context))));

  const model = makeModel(alphabet.length);
  model.compile({
    optimizer: new tf.keras.optimizers.AdamW(3e-3),
    loss: new tf.keras.losses.SparseCategoricalCrossentropy({ fromLogits: true }),
  });
  const history = await model.fit(windows(0), windows(1), {
    epochs: options.length,
    batchSize: 32,
    validationSplit: 0.1,
  });
  console.log(`Test loss: ${history.history.val_loss.at(-1)?.toFixed(3)}`);

  const written = [...ids.slice(0, context)];
  for (let i = 0; i < 200; i++) {
    const logits = model([written.slice(-context)]);
    const last = tf.divide(tf.slice(logits, [0, context - 1, 0], [1, 1, alphabet.length]), 0.7);
    written.push(Number(tf.random.categorical(tf.reshape(last, [1, -1]), 1).item()));
  }
  console.log(
    written
      .slice(context)
      .map((id) => alphabet[id])
      .join(''),
  );
  await drawHistory(history, 'Characters of sonnets', options.out);
});
