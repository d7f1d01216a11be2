/** `tf.train`: checkpoints of training loops. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from 'gradtape';

const { layers, optimizers } = tf.keras;
let folder: string;
beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gradtape-checkpoint-'))));
afterEach(() => fs.rmSync(folder, { recursive: true }));

function loop(units = 3) {
  const model = new tf.keras.Sequential([tf.keras.Input([2]), new layers.Dense(units), new layers.Dense(1)]);
  const optimizer = new optimizers.Adam(0.1);
  optimizer.build(model.trainableWeights);
  const step = new tf.Variable(tf.constant(0, { dtype: 'int32' }));
  const extra = { list: [new tf.Variable([1, 2]), new tf.Variable(tf.constant([true, false]))] };
  const x = tf.constant([[1, 2], [3, 4]]); // prettier-ignore
  const train = (): number => {
    const tape = new tf.GradientTape();
    const loss = tape.run(() => tf.reduceMean(tf.square(tf.subtract(model<tf.Tensor>(x), 1))));
    optimizer.apply(tape.gradient(loss, model.trainableWeights), model.trainableWeights);
    step.assignAdd(1);
    return Number(loss.item());
  };
  const checkpoint = new tf.train.Checkpoint({ model, optimizer, step, extra });
  return { model, optimizer, step, extra, train, checkpoint };
}

test('a training loop goes on from its checkpoint exactly', async () => {
  const a = loop();
  for (let i = 0; i < 3; i++) a.train();
  const file = await a.checkpoint.save(path.join(folder, 'ckpt'));
  expect(path.basename(file)).toBe('ckpt-1');
  const expected = [a.train(), a.train(), a.train()];
  const b = loop();
  await b.checkpoint.restore(tf.train.latestCheckpoint(folder));
  expect(b.step.item()).toBe(3);
  expect(b.checkpoint.saveCounter.item()).toBe(1n);
  expect([b.train(), b.train(), b.train()]).toEqual(expected);
});

test('names, dtypes and shapes are checked before anything changes', async () => {
  const a = loop();
  a.train();
  const file = await a.checkpoint.save(path.join(folder, 'ckpt'));
  const other = loop(4);
  const before = other.model.getWeights().map((w) => w.array());
  await expect(other.checkpoint.restore(file)).rejects.toThrow(
    /'model\/layers\/dense\/vars\/0' is float32 of shape \[2,3\]; the variable is float32 of shape \[2,4\]/,
  );
  expect(other.model.getWeights().map((w) => w.array())).toEqual(before);
  expect(other.step.item()).toBe(0);
  const double = new tf.train.Checkpoint({ step: new tf.Variable(tf.constant(0, { dtype: 'int64' })) });
  await expect(double.restore(file, { expectPartial: true })).rejects.toThrow(
    /'step' is int32 .* the variable is int64/,
  );
  const less = new tf.train.Checkpoint({ step: new tf.Variable(tf.constant(0, { dtype: 'int32' })) });
  await expect(less.restore(file)).rejects.toThrow(/has variables that the checkpoint's objects do not have/);
  await less.restore(file, { expectPartial: true });
  const more = new tf.train.Checkpoint({ step: a.step, more: new tf.Variable(1) });
  await expect(more.restore(file)).rejects.toThrow(/has no variables more/);
});

test('a manager keeps the latest checkpoints', async () => {
  const v = new tf.Variable(0);
  const checkpoint = new tf.train.Checkpoint({ v });
  const manager = new tf.train.CheckpointManager(checkpoint, path.join(folder, 'a', 'b'), 2);
  expect(await manager.restoreOrInitialize()).toBeNull();
  for (let i = 1; i <= 4; i++) {
    v.assign(i);
    await manager.save();
  }
  expect(manager.checkpoints.map((one) => path.basename(one))).toEqual(['ckpt-3', 'ckpt-4']);
  expect(fs.readdirSync(manager.directory).sort()).toEqual([
    'checkpoint.json',
    'ckpt-3.safetensors',
    'ckpt-4.safetensors',
  ]);
  v.assign(9);
  const again = new tf.train.CheckpointManager(new tf.train.Checkpoint({ v }), manager.directory, 2);
  expect(await again.restoreOrInitialize()).toBe(manager.latestCheckpoint);
  expect(v.item()).toBe(4);
  // The numbers go on.
  expect(path.basename(await again.save())).toBe('ckpt-5');
  expect(tf.train.latestCheckpoint(manager.directory)).toBe(again.latestCheckpoint);
  expect(path.basename(await again.save({ checkpointNumber: 77 }))).toBe('ckpt-77');
});

test('shared variables are kept once, cycles are no trouble', async () => {
  const v = new tf.Variable([1, 2]);
  const node: Record<string, unknown> = { v, again: v };
  node.self = node;
  const checkpoint = new tf.train.Checkpoint({ node, v });
  const file = await checkpoint.write(path.join(folder, 'one'));
  expect(Object.keys((await tf.io.safetensorsInfo(`${file}.safetensors`)).tensors).sort()).toEqual([
    'node/v',
    'saveCounter',
  ]);
});

test('damaged files and odd arguments are typed errors', async () => {
  const v = new tf.Variable(0);
  const checkpoint = new tf.train.Checkpoint({ v });
  await tf.io.saveSafetensors(path.join(folder, 'x.safetensors'), { v: 1, saveCounter: 1n });
  await expect(checkpoint.restore(path.join(folder, 'x'))).rejects.toThrow(/is no checkpoint/);
  await expect(checkpoint.restore(path.join(folder, 'none'))).rejects.toThrow(tf.errors.NotFoundError);
  await expect(checkpoint.save(3 as never)).rejects.toThrow(TypeError);
  expect(() => new tf.train.Checkpoint({ step: 3 as never })).toThrow(TypeError);
  expect(() => new tf.train.Checkpoint({ saveCounter: v })).toThrow(tf.errors.InvalidArgumentError);
  expect(() => new tf.train.CheckpointManager(checkpoint, folder, 0)).toThrow(tf.errors.InvalidArgumentError);
  for (const text of ['{', '[]', '{"checkpoints": ["../x"]}', '{"checkpoints": 3}']) {
    fs.writeFileSync(path.join(folder, 'checkpoint.json'), text);
    expect(() => tf.train.latestCheckpoint(folder)).toThrow(tf.errors.DataLossError);
  }
});
