/** A transformer that predicts the next character at each position of a text. */
import * as tf from 'gradtape';

export interface Sizes {
  /** The number of distinct characters. */
  vocabulary: number;
  /** The context length in characters. */
  context: number;
  width: number;
  heads: number;
  blocks: number;
}

const normal = (stddev: number, ...shape: number[]): tf.Variable =>
  new tf.Variable(tf.random.normal(shape, { stddev }));

class Dense {
  readonly w: tf.Variable;
  readonly b: tf.Variable;

  constructor(inputs: number, outputs: number, stddev = 0.02) {
    this.w = normal(stddev, inputs, outputs);
    this.b = new tf.Variable(tf.zeros([outputs]));
  }

  call(x: tf.Tensor): tf.Tensor {
    return tf.add(tf.matmul(x, this.w), this.b);
  }

  get variables(): tf.Variable[] {
    return [this.w, this.b];
  }
}

class Norm {
  readonly scale: tf.Variable;
  readonly offset: tf.Variable;

  constructor(width: number) {
    this.scale = new tf.Variable(tf.ones([width]));
    this.offset = new tf.Variable(tf.zeros([width]));
  }

  call(x: tf.Tensor): tf.Tensor {
    return tf.nn.layerNorm(x, this.scale, this.offset);
  }

  get variables(): tf.Variable[] {
    return [this.scale, this.offset];
  }
}

/** x + attention(norm(x)), then y + dense(gelu(dense(norm(y)))). */
class Block {
  private readonly norm1: Norm;
  private readonly norm2: Norm;
  private readonly qkv: Dense;
  private readonly out: Dense;
  private readonly up: Dense;
  private readonly down: Dense;
  /** The causal mask, which is added to the attention scores: later positions get a weight of 0. */
  private readonly mask: tf.Tensor;

  constructor(private readonly sizes: Sizes) {
    const { width, context, blocks } = sizes;
    // The initial weights of residual branches are scaled down with the number of blocks.
    const small = 0.02 / Math.sqrt(2 * blocks);
    this.norm1 = new Norm(width);
    this.norm2 = new Norm(width);
    this.qkv = new Dense(width, 3 * width);
    this.out = new Dense(width, width, small);
    this.up = new Dense(width, 4 * width);
    this.down = new Dense(4 * width, width, small);
    const positions = tf.range(context);
    const ahead = tf.greater(positions, tf.expandDims(positions, 1));
    this.mask = tf.multiply(tf.cast(ahead, 'float32'), -1e9);
  }

  call(x: tf.Tensor): tf.Tensor {
    const y = tf.add(x, this.attention(this.norm1.call(x)));
    return tf.add(y, this.down.call(tf.nn.gelu(this.up.call(this.norm2.call(y)))));
  }

  private attention(x: tf.Tensor): tf.Tensor {
    const [batch, time, width] = x.shape;
    const { heads } = this.sizes;
    const size = width / heads;
    const parts = tf.reshape(this.qkv.call(x), [batch, time, 3, heads, size]);
    const [q, k, v] = tf.unstack(tf.transpose(parts, [2, 0, 3, 1, 4]));
    const scores = tf.multiply(tf.matmul(q, k, { transposeB: true }), 1 / Math.sqrt(size));
    const mixed = tf.matmul(tf.nn.softmax(tf.add(scores, this.mask)), v);
    return this.out.call(tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [batch, time, width]));
  }

  get variables(): tf.Variable[] {
    return [this.norm1, this.qkv, this.out, this.norm2, this.up, this.down].flatMap((l) => l.variables);
  }
}

export class Transformer {
  private readonly characters: tf.Variable;
  private readonly positions: tf.Variable;
  private readonly blocks: readonly Block[];
  private readonly norm: Norm;
  private readonly head: Dense;

  constructor(readonly sizes: Sizes) {
    const { vocabulary, context, width, blocks } = sizes;
    this.characters = normal(0.02, vocabulary, width);
    this.positions = normal(0.02, context, width);
    this.blocks = Array.from({ length: blocks }, () => new Block(sizes));
    this.norm = new Norm(width);
    this.head = new Dense(width, vocabulary);
  }

  /** Computes the logits [batch, context, vocabulary] of the next characters from character indices [batch, context]. */
  call(ids: tf.Tensor): tf.Tensor {
    let x = tf.add(tf.gather(this.characters, ids), this.positions);
    for (const block of this.blocks) x = block.call(x);
    return this.head.call(this.norm.call(x));
  }

  get variables(): tf.Variable[] {
    const layers = [...this.blocks, this.norm, this.head].flatMap((l) => l.variables);
    return [this.characters, this.positions, ...layers];
  }
}
