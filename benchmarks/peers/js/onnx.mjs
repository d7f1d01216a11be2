/** Writes the bytes of an ONNX model of a few nodes: the format is Protocol Buffers. */

function varint(value) {
  const out = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 127n) {
    out.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  out.push(Number(rest));
  return out;
}

const integer = (field, value) => [...varint(field << 3), ...varint(value)];
const bytes = (field, content) => [...varint((field << 3) | 2), ...varint(content.length), ...content];
const text = (field, value) => bytes(field, Buffer.from(value));
const float = (field, value) => [...varint((field << 3) | 5), ...Buffer.from(Float32Array.of(value).buffer)];

/** ONNX's numbers of element types. */
const types = { float32: 1, int32: 6, int64: 7, float64: 11 };

function attribute([name, value]) {
  const head = text(1, name);
  if (typeof value === 'string') return [...head, ...text(4, value), ...integer(20, 3)];
  if (Array.isArray(value)) return [...head, ...value.flatMap((v) => integer(8, v)), ...integer(20, 7)];
  if (value?.float !== undefined) return [...head, ...float(2, value.float), ...integer(20, 1)];
  return [...head, ...integer(3, value), ...integer(20, 2)];
}

const node = ({ op, inputs, outputs, attributes = {}, domain = '' }) => [
  ...inputs.flatMap((name) => text(1, name)),
  ...outputs.flatMap((name) => text(2, name)),
  ...text(4, op),
  ...Object.entries(attributes).flatMap((a) => bytes(5, attribute(a))),
  ...(domain === '' ? [] : text(7, domain)),
];

function value({ name, dtype = 'float32', shape }) {
  const dimensions = shape.flatMap((n) => bytes(1, integer(1, n)));
  const tensor = [...integer(1, types[dtype]), ...bytes(2, dimensions)];
  return [...text(1, name), ...bytes(2, bytes(1, tensor))];
}

/** An int64 constant of the model. */
const constant = ({ name, values }) => [
  ...integer(1, values.length),
  ...integer(2, types.int64),
  ...values.flatMap((v) => integer(7, v)),
  ...text(8, name),
];

/** A float32 initializer, as a partial message: concatenated partial messages form one message. */
function weight({ name, shape, data }) {
  const raw = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const head = [
    ...shape.flatMap((n) => integer(1, n)),
    ...integer(2, types.float32),
    ...text(8, name),
    ...[...varint((9 << 3) | 2), ...varint(raw.length)],
  ];
  const inTensor = head.length + raw.length;
  const before = [...varint((5 << 3) | 2), ...varint(inTensor), ...head];
  const graph = [...varint((7 << 3) | 2), ...varint(before.length + raw.length)];
  return Buffer.concat([Buffer.from([...graph, ...before]), raw]);
}

const opset = (domain, version) => bytes(8, [...text(1, domain), ...integer(2, version)]);

/** A model: `nodes`, `inputs` and `outputs` with shapes and types, `constants` of int64, `weights` of float32. */
export function model({ nodes, inputs, outputs, constants = [], weights = [] }) {
  const graph = [
    ...nodes.flatMap((n) => bytes(1, node(n))),
    ...text(2, 'workload'),
    ...constants.flatMap((c) => bytes(5, constant(c))),
    ...inputs.flatMap((i) => bytes(11, value(i))),
    ...outputs.flatMap((o) => bytes(12, value(o))),
  ];
  const rest = [...integer(1, 9), ...bytes(7, graph), ...opset('', 20), ...opset('com.microsoft', 1)];
  return Uint8Array.from(Buffer.concat([Buffer.from(rest), ...weights.map(weight)]));
}
