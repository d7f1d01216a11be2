/** onnxruntime-node: each workload is a model of one node, and a call runs its session. */
import * as ort from 'onnxruntime-node';
import { networkNodes } from './onnx_networks.mjs';
import { model } from './onnx.mjs';
import { versionOf } from './version.mjs';

let threads = 1;

const tensor = ({ data, shape, dtype }) => new ort.Tensor(dtype, data, shape);

const outputs = (result) =>
  Object.values(result).map(({ dims, type, data }) => ({ shape: dims, dtype: type, data }));

/** A session of a model with inputs x0, x1, … and results y0, y1, …, which gets the same tensors in each run. */
async function session({ nodes, feeds, results, constants, weights, back = outputs, note }) {
  const bytes = model({
    nodes,
    constants,
    weights,
    inputs: feeds.map((t, i) => ({ name: `x${i}`, dtype: t.type, shape: t.dims })),
    outputs: results.map(({ shape, dtype }, i) => ({ name: `y${i}`, shape, dtype })),
  });
  const options = { intraOpNumThreads: threads, interOpNumThreads: 1, logSeverityLevel: 3 };
  const own = await ort.InferenceSession.create(bytes, options);
  const feed = Object.fromEntries(feeds.map((t, i) => [`x${i}`, t]));
  return { run: () => own.run(feed), outputs: back, note };
}

/** A model of one node that takes all inputs. */
function single(op, inputs, shape, more = {}) {
  const { attributes, dtype, domain, ...rest } = more;
  const feeds = inputs.map(tensor);
  const names = feeds.map((_, i) => `x${i}`);
  const nodes = [{ op, inputs: names, outputs: ['y0'], attributes, domain }];
  return session({ nodes, feeds, results: [{ shape, dtype: dtype ?? inputs[0]?.dtype }], ...rest });
}

const unary = ({ f }, inputs) =>
  single({ exp: 'Exp', tanh: 'Tanh', sigmoid: 'Sigmoid', gelu: 'Gelu' }[f], inputs, inputs[0].shape);

const binary = ({ f }, inputs) => single({ add: 'Add', multiply: 'Mul' }[f], inputs, inputs[0].shape);

const matmul = ({ transposeA, transposeB, batch, m, n }, inputs) => {
  const shape = batch > 1 ? [batch, m, n] : [m, n];
  if (!transposeA && !transposeB) return single('MatMul', inputs, shape);
  const attributes = { transA: Number(transposeA), transB: Number(transposeB) };
  // Batches of transposed matrices use FusedMatMul, an operator of the library's own.
  return batch > 1
    ? single('FusedMatMul', inputs, shape, { attributes, domain: 'com.microsoft' })
    : single('Gemm', inputs, shape, { attributes });
};

const reduce = ({ axes }, [input]) => {
  const shape = input.shape.filter((_, d) => !axes.includes(d));
  return session({
    nodes: [{ op: 'ReduceSum', inputs: ['x0', 'axes'], outputs: ['y0'], attributes: { keepdims: 0 } }],
    constants: [{ name: 'axes', values: axes }],
    feeds: [tensor(input)],
    results: [{ shape }],
  });
};

const argmax = (_, inputs) =>
  single('ArgMax', inputs, [], { attributes: { axis: 0, keepdims: 0 }, dtype: 'int64' });
const softmax = (_, inputs) => single('Softmax', inputs, inputs[0].shape, { attributes: { axis: -1 } });

const layerNorm = (_, inputs) =>
  single('LayerNormalization', inputs, inputs[0].shape, {
    attributes: { axis: -1, epsilon: { float: 1e-5 } },
  });

const crossEntropy = (_, inputs) =>
  single('SoftmaxCrossEntropyLoss', inputs, [inputs[0].shape[0]], { attributes: { reduction: 'none' } });

const transpose = ({ perm }, inputs) =>
  single(
    'Transpose',
    inputs,
    perm.map((d) => inputs[0].shape[d]),
    { attributes: { perm } },
  );

const reshape = ({ shape }, [input]) =>
  session({
    nodes: [{ op: 'Reshape', inputs: ['x0', 'shape'], outputs: ['y0'] }],
    constants: [{ name: 'shape', values: shape }],
    feeds: [tensor(input)],
    results: [{ shape }],
  });

const concat = (_, inputs) => {
  const total = inputs.reduce((sum, { shape }) => sum + shape[0], 0);
  return single('Concat', inputs, [total, ...inputs[0].shape.slice(1)], { attributes: { axis: 0 } });
};

const gather = (_, inputs) =>
  single('Gather', inputs, [inputs[1].shape[0], ...inputs[0].shape.slice(1)], { attributes: { axis: 0 } });

const random = ({ f, n }) => {
  const op = { normal: 'RandomNormal', uniform: 'RandomUniform' }[f];
  return session({
    nodes: [{ op, inputs: [], outputs: ['y0'], attributes: { shape: [n] } }],
    feeds: [],
    results: [{ shape: [n] }],
  });
};

const largest =
  (k, largestFirst) =>
  async (_, [input]) =>
    session({
      nodes: [
        {
          op: 'TopK',
          inputs: ['x0', 'k'],
          outputs: ['y0', 'y1'],
          attributes: { largest: Number(largestFirst) },
        },
      ],
      constants: [{ name: 'k', values: [k] }],
      feeds: [tensor(input)],
      results: [{ shape: [k] }, { shape: [k], dtype: 'int64' }],
      back: (result) => outputs({ y0: result.y0 }),
      note: 'TopK',
    });

const sort = (params, inputs) => largest(inputs[0].data.length, false)(params, inputs);
const topK = (params, inputs) => largest(params.k, true)(params, inputs);

/** Transposes between channels last, the layout of the workloads, and channels first, that of the library. */
function moved({ data, shape, dtype }, perm) {
  const strides = shape.map((_, d) => shape.slice(d + 1).reduce((a, b) => a * b, 1));
  const to = perm.map((d) => shape[d]);
  const out = new data.constructor(data.length);
  for (let i = 0; i < out.length; i++) {
    let from = 0;
    for (let d = to.length - 1, rest = i; d >= 0; rest = Math.floor(rest / to[d--])) {
      from += (rest % to[d]) * strides[perm[d]];
    }
    out[i] = data[from];
  }
  return { data: out, shape: to, dtype };
}

const first = (input) => moved(input, [0, 3, 1, 2]);
const last = (result) => [moved(outputs(result)[0], [0, 2, 3, 1])];
const firstShape = ([b, h, w, c]) => [b, c, h, w];

const conv2d = ({ stride, dilation, groups, padding, y }, [x, w]) => {
  const attributes = {
    auto_pad: padding === 'SAME' ? 'SAME_UPPER' : 'VALID',
    dilations: [dilation, dilation],
    group: groups,
    strides: [stride, stride],
  };
  const inputs = [first(x), moved(w, [3, 2, 0, 1])];
  return single('Conv', inputs, firstShape(y), { attributes, back: last, note: 'NCHW' });
};

const pool = ({ f }, [x]) => {
  const [b, h, w, c] = x.shape;
  const attributes = { kernel_shape: [2, 2], strides: [2, 2] };
  const op = { max: 'MaxPool', avg: 'AveragePool' }[f];
  return single(op, [first(x)], [b, c, h / 2, w / 2], { attributes, back: last, note: 'NCHW' });
};

/** One example through a network whose weights are initializers of the model: the library packs them, and folds the normalisations. */
const kerasPredictOne = ({ layers, shape }, [x, ...parameters]) => {
  const image = shape.length === 3;
  const network = networkNodes(JSON.parse(layers), parameters, moved);
  return session({
    ...network,
    feeds: [tensor(image ? first(x) : x)],
    results: [{ shape: [x.shape[0], network.units] }],
    note: image ? 'NCHW, weights in the model' : 'weights in the model',
  });
};

const noTraining = () => 'the library has no gradients';

const kinds = {
  ...{
    unary,
    binary,
    matmul,
    reduce,
    argmax,
    softmax,
    layerNorm,
    crossEntropy,
    transpose,
    reshape,
    concat,
    gather,
  },
  ...{ random, sort, topK, conv2d, pool, kerasPredictOne },
  ...{ conv2dInputGradient: noTraining, conv2dFilterGradient: noTraining, poolGradient: noTraining },
  ...{ batchNorm: noTraining, mlp: noTraining, cnn: noTraining, sparseUpdate: noTraining },
};

export function open(count) {
  threads = count;
  return { version: versionOf('onnxruntime-node'), kinds };
}
