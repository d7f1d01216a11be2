/** Training steps of linear regression, W·x + b, by gradient descent in plain JavaScript. */

export interface Step {
  step: () => unknown;
  W: () => number;
  b: () => number;
}

/** One loop per op, each with its own output array that is allocated once: the best that a plain JavaScript library could do. */
export function loopStep(inputs: Float32Array, outputs: Float32Array, learningRate: number): Step {
  let W = 5.0;
  let b = 0.0;
  const n = inputs.length;
  const wx = new Float32Array(n);
  const predicted = new Float32Array(n);
  const difference = new Float32Array(n);
  const squares = new Float32Array(n);
  const gradient = new Float32Array(n);
  return {
    step: () => {
      for (let i = 0; i < n; i++) wx[i] = W * inputs[i];
      for (let i = 0; i < n; i++) predicted[i] = wx[i] + b;
      for (let i = 0; i < n; i++) difference[i] = predicted[i] - outputs[i];
      for (let i = 0; i < n; i++) squares[i] = difference[i] * difference[i];
      let sum = 0;
      for (let i = 0; i < n; i++) sum += squares[i];
      for (let i = 0; i < n; i++) gradient[i] = (2 * difference[i]) / n;
      let dW = 0;
      for (let i = 0; i < n; i++) dW += gradient[i] * inputs[i];
      let db = 0;
      for (let i = 0; i < n; i++) db += gradient[i];
      W -= learningRate * dW;
      b -= learningRate * db;
      return sum / n;
    },
    W: () => W,
    b: () => b,
  };
}

/** The same, fused by hand into one loop that allocates nothing. */
export function fusedStep(inputs: Float32Array, outputs: Float32Array, learningRate: number): Step {
  let W = 5.0;
  let b = 0.0;
  const n = inputs.length;
  return {
    step: () => {
      let sum = 0;
      let dW = 0;
      let db = 0;
      for (let i = 0; i < n; i++) {
        const d = W * inputs[i] + b - outputs[i];
        sum += d * d;
        dW += d * inputs[i];
        db += d;
      }
      W -= (learningRate * 2 * dW) / n;
      b -= (learningRate * 2 * db) / n;
      return sum / n;
    },
    W: () => W,
    b: () => b,
  };
}
