/** What a compiled function traced for objects and variables goes when they go, although the function stays. */
import { runChild } from '../helpers/child';

const MB = 1024 * 1024;

/** Bytes in array buffers, after collections, that 60 rounds of `code` leave behind; `n` numbers them. */
function left(setup: string, code: string): number {
  const body = `
    ${setup}
    const run = (n) => { ${code} };
    const settle = async () => { for (let i = 0; i < 4; i++) { gc(); await new Promise(setImmediate); } };
    (async () => {
      for (let n = 0; n < 4; n++) run(n);
      await settle();
      const before = process.memoryUsage().arrayBuffers;
      for (let n = 4; n < 64; n++) run(n);
      await settle();
      report(process.memoryUsage().arrayBuffers - before);
    })();
  `;
  return runChild(body, { flags: ['--expose-gc', '--no-warnings'] }) as number;
}

const x = 'const x = tf.ones([500, 500]);';

test('objects of a class whose method is compiled', () => {
  const layer = `
    ${x}
    class Layer {
      constructor() { this.w = new tf.Variable(tf.ones([500, 500])); }
    }
    Layer.prototype.call = tf.function(function (t) { return tf.reduceSum(tf.multiply(t, this.w)); });
  `;
  expect(left(layer, 'new Layer().call(x);') / MB).toBeLessThan(4);
});

test('functions that are bound to objects', () => {
  const bound = `${x} const f = tf.function(function (t) { return tf.multiply(t, this.w); });`;
  const code = 'const object = { w: new tf.Variable(x) }; f.bind(object)(x); f.bind(object).program(x);';
  expect(left(bound, code) / MB).toBeLessThan(4);
});

test('variables and objects that are arguments', () => {
  const f = `${x} const f = tf.function((v, w, o) => { v.assign(tf.add(v, w)); return tf.reduceSum(tf.multiply(v, o.v)); });`;
  const code = `
    class Box { constructor() { this.v = new tf.Variable(x); } }
    const [v, w] = [new tf.Variable(x), new tf.Variable(x)];
    f(v, w, new Box()); f(v, v, new Box());`;
  expect(left(f, code) / MB).toBeLessThan(4);
});

test('the tensors of the first call', () => {
  const code = `
    const f = tf.function((t) => tf.reduceSum(t));
    (globalThis.kept ??= []).push(f);
    f(tf.ones([500, 500 + n]));`;
  expect(left('', code) / MB).toBeLessThan(8);
});
