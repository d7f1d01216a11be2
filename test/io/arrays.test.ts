/** `tf.io`: safetensors, .npy and .npz files, against NumPy's own and each other. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from 'gradtape';

const recorded = path.join(__dirname, '../golden/fixtures/io');
const { cases } = JSON.parse(fs.readFileSync(path.join(recorded, 'npy.json'), 'utf8')) as {
  cases: { name: string; dtype: tf.DType; shape: number[]; values: (string | number)[] }[];
};
let folder: string;
beforeAll(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gradtape-io-'))));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const plain = (t: tf.Tensor): (string | number)[] =>
  [...(t.data() as Iterable<number | bigint>)].map((v) => (t.dtype.includes('int') ? `${v}` : Number(v)));

test.each(cases.map((c) => [c.name, c] as const))(
  'NumPy wrote %s.npy',
  async (name, { dtype, shape, values }) => {
    const t = await tf.io.loadNpy(path.join(recorded, `${name}.npy`));
    expect([t.dtype, t.shape, plain(t)]).toEqual([dtype, shape, values]);
  },
);

test.each(['stored', 'compressed'])('NumPy wrote %s.npz', async (name) => {
  const { a, b, ...others } = await tf.io.loadNpz(path.join(recorded, `${name}.npz`));
  expect(others).toEqual({});
  expect(plain(a).slice(0, 6)).toEqual([-5, -2, 1, 4, 7, 10]);
  expect([b.dtype, plain(b)]).toEqual(['int64', ['-5', '-2', '1', '4']]);
});

const every = (): Record<string, tf.Tensor> => {
  const names: tf.DType[] = ['float32', 'float64', 'float16', 'bfloat16', 'int8', 'int16', 'int32', 'int64'];
  const made = names.map((dtype) => [dtype, tf.cast(tf.constant([[1, 0, 3]]), dtype)] as const);
  const unsigned: tf.DType[] = ['uint8', 'uint16', 'uint32', 'uint64', 'bool'];
  return {
    ...Object.fromEntries(made),
    ...Object.fromEntries(unsigned.map((dtype) => [dtype, tf.cast(tf.constant([1, 0]), dtype)])),
    scalar: tf.constant(7),
    empty: tf.zeros([0, 2]),
    'a/b ü': tf.range(300),
    ['__proto__']: tf.constant(2),
  };
};

test('safetensors of every dtype come back', async () => {
  const file = path.join(folder, 'every.safetensors');
  const tensors = every();
  await tf.io.saveSafetensors(file, tensors, { metadata: { format: 'pt' } });
  const back = await tf.io.loadSafetensors(file);
  expect(Object.keys(back).sort()).toEqual(Object.keys(tensors).sort());
  for (const [name, t] of Object.entries(tensors)) {
    expect([name, back[name].dtype, back[name].shape]).toEqual([name, t.dtype, t.shape]);
    expect(plain(back[name])).toEqual(plain(t));
  }
  const some = await tf.io.loadSafetensors(file, ['scalar']);
  expect(Object.keys(some)).toEqual(['scalar']);
  const info = await tf.io.safetensorsInfo(fs.readFileSync(file));
  expect(info.metadata).toEqual({ format: 'pt' });
  expect(info.tensors['bfloat16']).toEqual({ dtype: 'BF16', shape: [1, 3] });
  await expect(tf.io.loadSafetensors(file, ['no'])).rejects.toThrow(tf.errors.NotFoundError);
});

test('npy and npz files come back, but for bfloat16, which NumPy has not', async () => {
  const { bfloat16, ...tensors } = every();
  const file = path.join(folder, 'every.npz');
  await tf.io.saveNpz(file, tensors);
  const back = await tf.io.loadNpz(file);
  for (const [name, t] of Object.entries(tensors)) {
    expect([name, back[name].dtype, back[name].shape]).toEqual([name, t.dtype, t.shape]);
    expect(plain(back[name])).toEqual(plain(t));
    await tf.io.saveNpy(path.join(folder, 'one.npy'), t);
    expect(plain(await tf.io.loadNpy(path.join(folder, 'one.npy')))).toEqual(plain(t));
  }
  await expect(tf.io.saveNpz(file, { bfloat16 })).rejects.toThrow(tf.errors.UnimplementedError);
  expect(Object.keys(await tf.io.loadNpz(file))).toEqual(Object.keys(tensors));
});

const header = (json: unknown, bytes = 0): Buffer => {
  const text = Buffer.from(typeof json === 'string' ? json : JSON.stringify(json));
  const length = Buffer.alloc(8);
  length.writeUInt32LE(text.length);
  return Buffer.concat([length, text, Buffer.alloc(bytes)]);
};
const entry = (dtype: string, shape: unknown, from: number, to: number): unknown => ({
  dtype,
  shape,
  data_offsets: [from, to],
});

test.each([
  ['nothing', Buffer.alloc(3), /has 3 bytes/],
  ['a length beyond the file', header('{}').fill(9, 0, 3), /header would be|header/],
  ['a huge length', Buffer.alloc(16, 0xff), /its header would have/],
  ['no JSON', header('{'), /no JSON/],
  ['a list', header([]), /no JSON object/],
  ['no offsets', header({ a: { dtype: 'F32', shape: [1] } }), /no dtype, shape and data_offsets/],
  ['a gap', header({ a: entry('F32', [1], 4, 8) }, 8), /the one before ends at 0/],
  [
    'an overlap',
    header({ a: entry('F32', [1], 0, 4), b: entry('F32', [1], 0, 4) }, 4),
    /the one before ends at 4/,
  ],
  ['bytes beyond the last', header({ a: entry('F32', [1], 0, 4) }, 8), /its header lists 4/],
  ['a wrong shape', header({ a: entry('F32', [2], 0, 4) }, 4), /the shape \[2\] of F32, but 4 bytes/],
  ['a shape whose size overflows', header({ a: entry('F32', [2 ** 50, 2 ** 50], 0, 4) }, 4), /but 4 bytes/],
  ['an unknown dtype', header({ a: entry('F8_E4M3', [4], 0, 4) }, 4), /has the dtype F8_E4M3/],
  ['metadata that are no texts', header({ __metadata__: { a: 1 } }), /__metadata__/],
])('safetensors with %s are refused', async (_, bytes, message) => {
  await expect(tf.io.loadSafetensors(bytes)).rejects.toThrow(message);
  await expect(tf.io.loadSafetensors(bytes)).rejects.toThrow(tf.errors.OpError);
});

const npy = (text: string, version = 1): Buffer =>
  Buffer.concat([
    Buffer.from(`\x93NUMPY`, 'latin1'),
    Buffer.from([version, 0, text.length & 255, text.length >> 8]),
    Buffer.from(text),
  ]);

test.each([
  ['another magic', Buffer.alloc(64), /no .npy file/],
  ['another version', npy('{}', 9), /version 9/],
  ['no header', npy('{}'), /not readable/],
  ['pickled objects', npy("{'descr': '|O', 'fortran_order': False, 'shape': (3,), }"), /NumPy's type '\|O'/],
  ['fields', npy("{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (3,), }"), /'structured'/],
  ['too few elements', npy("{'descr': '<f4', 'fortran_order': False, 'shape': (9,), }"), /would be 36 bytes/],
  [
    'a huge shape',
    npy("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999,9), }"),
    /no tensor has/,
  ],
  ['a shape without commas', npy("{'descr': '<f4', 'fortran_order': False, 'shape': (9 9), }"), /no shape/],
])('.npy files with %s are refused', async (_, bytes, message) => {
  await expect(tf.io.loadNpy(bytes)).rejects.toThrow(message);
  await expect(tf.io.loadNpy(bytes)).rejects.toThrow(tf.errors.OpError);
});

test('missing files and odd arguments are errors of their kind', async () => {
  const none = path.join(folder, 'none.npy');
  await expect(tf.io.loadNpy(none)).rejects.toThrow(tf.errors.NotFoundError);
  await expect(tf.io.loadNpy(folder)).rejects.toThrow(/not a regular file/);
  await expect(tf.io.loadNpz(3 as never)).rejects.toThrow(TypeError);
  await expect(tf.io.saveNpy(none, 'text' as never)).rejects.toThrow(TypeError);
  await expect(tf.io.saveSafetensors(none, [] as never)).rejects.toThrow(TypeError);
  await expect(tf.io.saveSafetensors(none, { a: 1 }, { metadata: { b: 2 as never } })).rejects.toThrow(
    TypeError,
  );
  expect(fs.readdirSync(folder).filter((name) => name.includes('tmp'))).toEqual([]);
});

test("the reference implementation's safetensors are read", async () => {
  const file = path.join(recorded, 'reference.safetensors');
  const { z, i, h } = await tf.io.loadSafetensors(file);
  expect([z.array(), i.array(), h.dtype, h.array()]).toEqual([
    [
      [0, 1, 2],
      [3, 4, 5],
    ],
    [1n, 2n],
    'float16',
    [1, 1, 1],
  ]);
  expect((await tf.io.safetensorsInfo(file)).metadata).toEqual({ who: 'safetensors' });
});
