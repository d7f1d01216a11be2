'use strict';
// Loads the built library in the Node that runs this, computes something, and does so again in a worker thread.
const assert = require('node:assert');
const { Worker, isMainThread, parentPort } = require('node:worker_threads');
const tf = require('gradtape');

const x = tf.constant([1, 2, 3]);
const tape = new tf.GradientTape();
tape.watch(x);
const y = tape.run(() => tf.reduceSum(tf.multiply(x, x)));
assert.deepStrictEqual(Array.from(tape.gradient(y, x).data()), [2, 4, 6]);

if (isMainThread) {
  const wanted = process.argv[2];
  assert.strictEqual(process.versions.node.split('.')[0], wanted, `this is Node ${process.versions.node}`);
  const worker = new Worker(__filename);
  worker.on('message', (item) => {
    assert.strictEqual(item, 14);
    import('gradtape').then((esm) => {
      assert.strictEqual(esm.Tensor, tf.Tensor, 'import and require must give one copy');
      console.log(`Node ${process.versions.node}: loads, computes, also in a worker`);
    });
  });
} else {
  parentPort.postMessage(y.item());
}
