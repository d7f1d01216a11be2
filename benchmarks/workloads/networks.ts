/** The networks of the Keras workloads as lists of layers, from which every library builds its own model. */
import { product, type InputSpec } from './workload';

/** A layer. Its input is the result of the previous layer, or of the layers in `from`: 0 is the network's input, i the i-th layer. */
export interface Layer {
  op:
    | 'dense'
    | 'relu'
    | 'conv'
    | 'depthwise'
    | 'norm'
    | 'maxPool'
    | 'flatten'
    | 'mean'
    | 'add'
    | 'lstm'
    | 'gru';
  from?: readonly number[];
  /** Units, or filters. */
  units?: number;
  /** Height and width of filters or windows. Padding is SAME, for pooling VALID. */
  size?: number;
  stride?: number;
  bias?: boolean;
}

export interface Network {
  title: string;
  /** The shape of one example. */
  shape: readonly number[];
  layers: readonly Layer[];
  /** In the order of the layers, and in Keras's order within one. */
  parameters: readonly InputSpec[];
  /** Multiplications and additions of the forward pass for one example. */
  cost: number;
}

const zeros = (n: number): InputSpec => ({ shape: [n], low: 0, high: 0 });
const ones = (n: number): InputSpec => ({ shape: [n], low: 1, high: 1 });

/** Uniform around 0, with variance 2 / inputs. */
function weights(inputs: number, ...shape: number[]): InputSpec {
  const most = Math.sqrt(6 / inputs);
  return { shape, low: -most, high: most };
}

interface Made {
  shape: readonly number[];
  parameters: readonly InputSpec[];
  cost: number;
}

function recurrent(gates: number, [time, n]: readonly number[], units: number): Made {
  const wide = gates * units;
  // A GRU has two biases, for the inputs and for the state.
  const bias: InputSpec = { shape: gates === 3 ? [2, wide] : [wide], low: 0, high: 0 };
  return {
    shape: [units],
    parameters: [weights(2 * n, n, wide), weights(2 * units, units, wide), bias],
    cost: 2 * time * (n + units) * wide,
  };
}

function convolved(layer: Layer, [h, w, c]: readonly number[]): Made {
  const { size = 3, stride = 1, units = c, bias = true } = layer;
  const depthwise = layer.op === 'depthwise';
  const shape = [Math.ceil(h / stride), Math.ceil(w / stride), units];
  const inputs = size * size * (depthwise ? 1 : c);
  const filters = weights(inputs, size, size, c, depthwise ? 1 : units);
  return { shape, parameters: bias ? [filters, zeros(units)] : [filters], cost: 2 * product(shape) * inputs };
}

/** Output shape, parameters and cost of a layer for one example of this shape. */
function make(layer: Layer, shape: readonly number[]): Made {
  const plain = { shape, parameters: [], cost: product(shape) };
  const last = shape[shape.length - 1];
  const { units = 1, size = 2 } = layer;
  switch (layer.op) {
    case 'dense':
      return {
        shape: [units],
        parameters: [weights(last, last, units), zeros(units)],
        cost: 2 * last * units,
      };
    case 'conv':
    case 'depthwise':
      return convolved(layer, shape);
    case 'norm':
      return { ...plain, parameters: [ones(last), zeros(last), zeros(last), ones(last)] };
    case 'maxPool':
      return { ...plain, shape: [Math.floor(shape[0] / size), Math.floor(shape[1] / size), last] };
    case 'flatten':
      return { ...plain, shape: [product(shape)] };
    case 'mean':
      return { ...plain, shape: [last] };
    case 'lstm':
      return recurrent(4, shape, units);
    case 'gru':
      return recurrent(3, shape, units);
    default:
      return plain;
  }
}

export function networkOf(title: string, shape: readonly number[], layers: readonly Layer[]): Network {
  const shapes = [shape];
  const made = layers.map((layer, i) => {
    const result = make(layer, shapes[layer.from?.[0] ?? i]);
    shapes.push(result.shape);
    return result;
  });
  const parameters = made.flatMap((m) => m.parameters);
  return { title, shape, layers, parameters, cost: made.reduce((sum, m) => sum + m.cost, 0) };
}

const dense = (units: number): Layer => ({ op: 'dense', units });
const relu: Layer = { op: 'relu' };
const maxPool: Layer = { op: 'maxPool', size: 2 };

/** Dense layers with ReLU in between. */
export const denseStack = (first: number, ...widths: number[]): Network =>
  networkOf(
    `MLP ${[first, ...widths].join('-')}`,
    [first],
    widths.flatMap((n, i) => (i === 0 ? [dense(n)] : [relu, dense(n)])),
  );

/** 3×3×32 convolution, pooling, 3×3×64 convolution, pooling, 10 classes. */
export const smallCnn = (size: number): Network =>
  networkOf(
    'MNIST CNN',
    [size, size, 1],
    [
      ...[{ op: 'conv', units: 32 } as const, relu, maxPool],
      ...[{ op: 'conv', units: 64 } as const, relu, maxPool],
      ...[{ op: 'flatten' } as const, dense(10)],
    ],
  );

/** A recurrent layer over `time` steps, and a dense layer from its last output to 10 classes. */
export const recurrentNetwork = (
  op: 'lstm' | 'gru',
  time: number,
  features: number,
  units: number,
): Network =>
  networkOf(`${op.toUpperCase()} h${units}, T${time}`, [time, features], [{ op, units }, dense(10)]);

/**
 * The residual network of 6·blocks + 2 layers for 32×32 images: stages of 16, 32 and 64 filters, with `blocks` blocks each. Where the shape
 * changes, the shortcut is a 1×1 convolution and a normalisation.
 */
export function residualNetwork(blocks: number, size: number): Network {
  const layers: Layer[] = [];
  const push = (layer: Layer): number => layers.push(layer);
  const normed = (units: number, filter: number, stride: number, from?: number): number => {
    push({
      op: 'conv',
      units,
      size: filter,
      stride,
      bias: false,
      ...(from === undefined ? {} : { from: [from] }),
    });
    return push({ op: 'norm' });
  };
  normed(16, 3, 1);
  let x = push(relu);
  for (const units of [16, 32, 64]) {
    for (let block = 0; block < blocks; block++) {
      const stride = units > 16 && block === 0 ? 2 : 1;
      normed(units, 3, stride, x);
      push(relu);
      const y = normed(units, 3, 1);
      const shortcut = stride === 1 ? x : normed(units, 1, stride, x);
      push({ op: 'add', from: [y, shortcut] });
      x = push(relu);
    }
  }
  push({ op: 'mean' });
  push(dense(10));
  return networkOf(`ResNet-${6 * blocks + 2}`, [size, size, 3], layers);
}

/** MobileNet's layers: a convolution, then pairs of a depthwise and a 1×1 convolution, each followed by a normalisation and ReLU. */
export function mobileNetwork(size: number, width: number): Network {
  const normed = (layer: Layer): Layer[] => [{ ...layer, bias: false }, { op: 'norm' }, relu];
  const pairs = [
    ...([
      [1, 64],
      [2, 128],
      [1, 128],
      [2, 256],
      [1, 256],
      [2, 512],
    ] as const),
    ...([
      [1, 512],
      [1, 512],
      [1, 512],
      [1, 512],
      [1, 512],
      [2, 1024],
      [1, 1024],
    ] as const),
  ];
  return networkOf(
    `MobileNet ${size}²`,
    [size, size, 3],
    [
      ...normed({ op: 'conv', units: 32 * width, stride: 2 }),
      ...pairs.flatMap(([stride, units]) => [
        ...normed({ op: 'depthwise', stride }),
        ...normed({ op: 'conv', units: units * width, size: 1 }),
      ]),
      ...[{ op: 'mean' } as const, dense(1000)],
    ],
  );
}
