/** Gradients mirror their sources; functions keep their results' types. */
import * as tf from 'gradtape';
import type { IndexedSlices, Tensor, Variable } from 'gradtape';
import { typeOf } from './expect';

declare const x: Tensor;
declare const v: Variable;
declare const loss: Tensor;
type Gradient = Tensor | IndexedSlices;

export function gradients(): void {
  const tape = new tf.GradientTape({ persistent: true });
  typeOf(tape.run(() => tf.square(x))).is<Tensor>();
  typeOf(tape.run(() => ({ loss, parts: [x, x] as const }))).is<{
    loss: Tensor;
    parts: readonly [Tensor, Tensor];
  }>();
  typeOf(tape.stopRecording(() => 3)).is<number>();
  tape.run(() => undefined);

  typeOf(tape.gradient(loss, x)).is<Gradient>();
  typeOf(tape.gradient(loss, v)).is<Gradient>();
  // Written in place, an array is a tuple: it can be taken apart without `undefined`.
  typeOf(tape.gradient(loss, [v, x])).is<[Gradient, Gradient]>();
  const [dv, dx] = tape.gradient(loss, [v, x]);
  typeOf(dv).is<Gradient>();
  typeOf(dx).is<Gradient>();
  const variables: Variable[] = [v];
  typeOf(tape.gradient(loss, variables)).is<Gradient[]>();
  typeOf(tape.gradient(loss, { w: v, parts: [x, { deep: x }] })).is<{
    w: Gradient;
    parts: [Gradient, { deep: Gradient }];
  }>();
  typeOf(
    tape.gradient([loss, loss], v, { outputGradients: [x, null], unconnectedGradients: 'zero' }),
  ).is<Gradient>();
  typeOf(tape.watchedVariables()).is<Variable[]>();
  tape.watch([x, { v }]);

  // Typed as connected, unless the call says that it need not be.
  typeOf(tape.gradient(loss, x).add(1)).is<Tensor>();
  typeOf(tape.gradient(loss, [v, x], { unconnectedGradients: 'none' })).is<
    [Gradient | null, Gradient | null]
  >();
  // @ts-expect-error -- a gradient may be null
  tape.gradient(loss, x, { unconnectedGradients: 'none' }).add(1);
  // @ts-expect-error -- sources are tensors and variables
  tape.gradient(loss, 3);
  // @ts-expect-error -- sources are tensors and variables, inside structures too
  tape.gradient(loss, { w: 'v' });
  // @ts-expect-error -- no such option
  tape.gradient(loss, x, { outputGradient: x });
  // @ts-expect-error -- 'none' or 'zero'
  tape.gradient(loss, x, { unconnectedGradients: 'ones' });
  // @ts-expect-error -- no such option
  new tf.GradientTape({ persist: true });
  // @ts-expect-error -- a function
  tape.run(loss);
  // @ts-expect-error -- numbers are not watched
  tape.watch(1);
}

export function jacobians(): void {
  const tape = new tf.GradientTape(true);
  typeOf(tape.jacobian(loss, x)).is<Tensor>();
  typeOf(tape.jacobian(loss, { a: x, b: [v] })).is<{ a: Tensor; b: [Tensor] }>();
  typeOf(tape.jacobian(loss, x, { unconnectedGradients: 'none' })).is<Tensor | null>();
  typeOf(tape.batchJacobian(loss, x)).is<Tensor>();
  typeOf(tape.batchJacobian(loss, x, { unconnectedGradients: 'none' })).is<Tensor | null>();
  // @ts-expect-error -- one source
  tape.batchJacobian(loss, [x]);
}

export function functions(): void {
  const f = (a: Tensor, b: Tensor): Tensor => tf.multiply(a, b);
  const both = tf.valueAndGrad(f)(x, x);
  typeOf(both.value).is<Tensor>();
  const double = tf.customGradient((a) => [a.mul(2), (dy) => dy.mul(2)]);
  typeOf(double(3)).is<Tensor>();
  const pair = tf.customGradient((a) => [[a, a] as [Tensor, Tensor], (dy, dz) => dy.add(dz)]);
  typeOf(pair([1, 2])).is<[Tensor, Tensor]>();
  typeOf(tf.stopGradient(x)).is<Tensor>();
  // @ts-expect-error -- value and gradient
  tf.customGradient((a) => a.mul(2));
  // @ts-expect-error -- two arguments, as the function
  tf.valueAndGrad(f)(x);
}
