/** The networks of benchmarks/workloads/networks.ts as ONNX nodes, for inference. */

/** Nodes and weights. The input is x0 and the result y0; images are channels first. `moved` transposes a tensor. */
export function networkNodes(layers, parameters, moved) {
  const weights = [];
  const nodes = [];
  const names = ['x0'];
  let at = 0;
  let units = 0;
  const weight = (perm) => {
    const name = `w${at}`;
    const parameter = parameters[at++];
    const { shape, data } = perm === undefined ? parameter : moved(parameter, perm);
    weights.push({ name, shape, data });
    return name;
  };
  const makers = {
    dense: () => {
      units = parameters[at].shape[1];
      return { op: 'Gemm', weights: [weight(), weight()] };
    },
    relu: () => ({ op: 'Relu' }),
    add: () => ({ op: 'Add' }),
    mean: () => ({ op: 'GlobalAveragePool', flat: true }),
    flatten: () => ({ op: 'Flatten' }),
    maxPool: ({ size = 2 }) => ({
      op: 'MaxPool',
      attributes: { kernel_shape: [size, size], strides: [size, size] },
    }),
    norm: () => ({
      op: 'BatchNormalization',
      weights: [weight(), weight(), weight(), weight()],
      attributes: { epsilon: { float: 1e-3 } },
    }),
    conv: ({ op, stride = 1, bias = true }) => {
      const depthwise = op === 'depthwise';
      const group = depthwise ? parameters[at].shape[2] : 1;
      const filters = weight(depthwise ? [2, 3, 0, 1] : [3, 2, 0, 1]);
      return {
        op: 'Conv',
        weights: bias ? [filters, weight()] : [filters],
        attributes: { auto_pad: 'SAME_UPPER', group, strides: [stride, stride] },
      };
    },
  };
  makers.depthwise = makers.conv;
  for (const [i, layer] of layers.entries()) {
    const node = makers[layer.op](layer);
    const output = i === layers.length - 1 ? 'y0' : `v${i}`;
    const inputs = [...(layer.from ?? [i]).map((k) => names[k]), ...(node.weights ?? [])];
    const { op, attributes, flat } = node;
    nodes.push({ op, inputs, outputs: [flat ? `${output}_` : output], attributes });
    if (flat) nodes.push({ op: 'Flatten', inputs: [`${output}_`], outputs: [output] });
    names.push(output);
  }
  return { nodes, weights, units };
}
