/** What TensorFlow's GradientTape does, recorded, and ours. */
import * as tf from 'gradtape';
import { Facts, expectRecorded, type Inputs } from '../golden/facts';

const { GradientTape } = tf;
const facts = new Facts(['tape', 'gradient', 'recording', 'watch', 'unconnected']);
const { same, differs, absent } = {
  same: facts.same.bind(facts),
  differs: facts.differs.bind(facts),
  absent: facts.absent.bind(facts),
};
const c = (value: tf.TensorLike, dtype: tf.DType = 'float32') => tf.constant(value, dtype);

/** The gradient of f with respect to each x, as an array. */
function gradients(f: (...xs: tf.Tensor[]) => tf.Tensor, ...xs: tf.Tensor[]) {
  const tape = new GradientTape();
  tape.watch(xs);
  return tape.gradient(
    tape.run(() => f(...xs)),
    xs,
  );
}

/** The warnings that f emits. */
function warnings(f: () => void): string[] {
  const spy = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  try {
    f();
    return spy.mock.calls.map(([message]) => String(message));
  } finally {
    spy.mockRestore();
  }
}

describe('the life of a tape', () => {
  const used = () => {
    const x = c([1, 2]);
    const tape = new GradientTape();
    const y = tape.run(() => {
      tape.watch(x);
      return x.mul(x);
    });
    tape.gradient(y, x);
    return { tape, x, y };
  };
  same('tape/second_gradient', () => {
    const { tape, x, y } = used();
    return tape.gradient(y, x);
  });
  same('tape/second_jacobian', () => {
    const { tape, x, y } = used();
    return tape.jacobian(y, x);
  });
  same('tape/persistent', ({ x: value }) => {
    const x = c(value);
    const tape = new GradientTape({ persistent: true });
    const [y, z] = tape.run(() => {
      tape.watch(x);
      const y = x.mul(x);
      return [y, y.mul(y)];
    });
    return { dz_dx: tape.gradient(z, x), dy_dx: tape.gradient(y, x), dz_dy: tape.gradient(z, y) };
  });
  same('tape/reenter_exited', ({ x: value }) => {
    const x = c(value);
    const tape = new GradientTape();
    const y = tape.run(() => {
      tape.watch(x);
      return x.mul(x);
    });
    const z = tape.run(() => y.mul(x));
    return tape.gradient(z, x);
  });
  same('tape/after_exception', ({ x: value }) => {
    const x = c(value);
    const tape = new GradientTape();
    let y = x;
    expect(() =>
      tape.run(() => {
        tape.watch(x);
        y = x.mul(x);
        throw new RangeError('mine');
      }),
    ).toThrow(RangeError);
    return tape.gradient(y, x);
  });
  same('tape/gradient_inside', ({ x: value }) => {
    const x = c(value);
    const tape = new GradientTape();
    return tape.run(() => {
      tape.watch(x);
      return tape.gradient(x.mul(x), x);
    });
  });
  // Python's ValueError; a tape in the wrong state is FailedPreconditionError here.
  differs('tape/reenter_active', ({ error }) => {
    const tape = new GradientTape();
    const again = () => tape.run(() => tape.run(() => 1));
    expect(again).toThrow(tf.errors.FailedPreconditionError);
    expect(again).toThrow(error?.message);
  });

  const insidePersistent = () => {
    const x = c(3);
    const tape = new GradientTape({ persistent: true });
    const first = tape.run(() => {
      tape.watch(x);
      return tape.gradient(x.mul(x), x);
    }) as tf.Tensor;
    return { first, second: tape.gradient(first, x) };
  };
  same('tape/gradient_inside_persistent_warning', () => [
    ...warnings(insidePersistent),
    ...warnings(insidePersistent),
  ]);
  same('tape/gradient_inside_persistent', insidePersistent);
});

describe('sources and targets', () => {
  same('gradient/nested_sources', (inputs) => {
    const [a, b, d] = [c(inputs.a), c(inputs.b), c(inputs.d)];
    const tape = new GradientTape();
    tape.watch({ a, b, d });
    const y = tape.run(() => a.mul(b).mul(d));
    return tape.gradient(y, { one: a, more: [b, [d, a]] });
  });
  same('gradient/repeated_source', ({ x: value }) => {
    const x = c(value);
    const tape = new GradientTape();
    tape.watch(x);
    const y = tape.run(() => x.mul(x));
    return tape.gradient(y, [x, x]);
  });
  same('gradient/no_sources', ({ x: value }) => {
    const x = c(value);
    const tape = new GradientTape();
    tape.watch(x);
    const y = tape.run(() => x.mul(x));
    return tape.gradient(y, []);
  });

  const several =
    (targets: (x: tf.Tensor) => unknown, weights?: () => unknown) =>
    ({ x: value }: Inputs) => {
      const x = c(value);
      const tape = new GradientTape();
      tape.watch(x);
      const ys = tape.run(() => targets(x)) as tf.Tensor;
      return tape.gradient(
        ys,
        x,
        weights === undefined ? {} : { outputGradients: weights() as tf.TensorLike },
      );
    };
  const pair = (x: tf.Tensor) => [x.mul(x), x.mul(3)];
  same('gradient/targets_summed', several(pair));
  same(
    'gradient/targets_nested',
    several((x) => ({ a: x.mul(x), b: [x.mul(3), x] })),
  );
  same(
    'gradient/targets_weighted',
    several(pair, () => [c(10), c(100)]),
  );
  same(
    'gradient/target_is_source',
    several((x) => x),
  );
  same(
    'gradient/target_twice',
    several((x) => {
      const y = x.mul(x);
      return [y, y];
    }),
  );
  same(
    'gradient/target_and_intermediate',
    several((x) => {
      const y = x.mul(x);
      return [y, y.mul(y)];
    }),
  );
  same(
    'gradient/empty_targets',
    several(() => []),
  );
  const refuses =
    (targets: (x: tf.Tensor) => unknown, type: new () => Error, text: string, weights?: () => unknown) =>
    () => {
      const run = () => several(targets, weights)({ x: 2 } as unknown as Inputs);
      expect(run).toThrow(type);
      expect(run).toThrow(text);
    };
  const structure = 'Argument `target` should be a list or nested structure of Tensors, Variables or ';
  differs(
    'gradient/target_null',
    refuses(() => null, TypeError, `${structure}IndexedSlices to be differentiated, but received null`),
  );
  differs(
    'gradient/targets_with_null',
    refuses(
      (x) => [x.mul(x), null],
      TypeError,
      `${structure}IndexedSlices to be differentiated, but received null`,
    ),
  );
  differs(
    'gradient/target_host_number',
    refuses(() => 3, TypeError, `${structure}IndexedSlices to be differentiated, but received 3`),
  );

  const vector = (weights?: (inputs: Inputs) => tf.TensorLike) => (inputs: Inputs) => {
    const x = c(inputs.x);
    const tape = new GradientTape();
    tape.watch(x);
    const y = tape.run(() => x.mul(x));
    return tape.gradient(y, x, weights === undefined ? {} : { outputGradients: weights(inputs) });
  };
  const badWeights = (weights: () => tf.TensorLike, text: string) => () => {
    const run = () => vector(weights)({ x: [1, 2] } as unknown as Inputs);
    expect(run).toThrow(tf.errors.InvalidArgumentError);
    expect(run).toThrow(text);
  };
  same('gradient/implicit_ones', vector());
  same(
    'gradient/output_gradients',
    vector((inputs) => c(inputs.outputGradients)),
  );
  // To TF a list is a structure of output gradients, and it takes the first, 10, for the only target.
  differs('gradient/output_gradients_host', ({ inputs }) => {
    const gradient = vector((i) => i.outputGradients)(inputs as never) as tf.Tensor;
    expect(gradient.array()).toEqual([20, 400]);
  });
  differs(
    'gradient/output_gradients_wrong_shape',
    badWeights(
      () => c([1, 2, 3]),
      "outputGradients[0] must have its target's dtype and shape, float32 [2]; got float32 [3]",
    ),
  );
  differs(
    'gradient/output_gradients_scalar',
    badWeights(
      () => c(2),
      "outputGradients[0] must have its target's dtype and shape, float32 [2]; got float32 []",
    ),
  );
  differs(
    'gradient/output_gradients_dtype',
    badWeights(
      () => c([1, 2], 'float64'),
      "outputGradients[0] must have its target's dtype and shape, float32 [2]; got float64 [2]",
    ),
  );
  differs(
    'gradient/output_gradients_null',
    refuses(
      pair,
      tf.errors.InvalidArgumentError,
      'outputGradients[0] is null: each target needs weights',
      () => [null, c(1)],
    ),
  );
  differs(
    'gradient/output_gradients_count',
    refuses(pair, tf.errors.InvalidArgumentError, 'one entry per target', () => [c(1)]),
  );
  same(
    'gradient/diamond',
    ({ x }) =>
      gradients((x) => {
        const y = x.mul(x);
        return y.mul(3).add(tf.sin(y)).add(y.mul(y));
      }, c(x))[0],
  );
  same('gradient/broadcast', ({ a, b }) => gradients((a, b) => tf.reduceSum(a.mul(b)), c(a), c(b)));
  same('gradient/scalar_vector', ({ s, v }) => gradients((a, b) => a.mul(b), c(s), c(v)));
  same('gradient/empty', ({ x }) => gradients((x) => tf.reduceSum(x.mul(x)), c(x)));
  same('gradient/control_flow', ({ x }) =>
    gradients((x) => (x.greater(1).item() ? x.mul(x).mul(x).mul(x).sub(x) : x), c(x)),
  );
});

describe('what is unconnected', () => {
  const run = (z: never, mode?: tf.UnconnectedGradients, method: 'gradient' | 'jacobian' = 'gradient') => {
    const [x, source] = [c([1, 2]), c(z)];
    const tape = new GradientTape();
    tape.watch([x, source]);
    const y = tape.run(() => x.mul(x));
    const options = mode === undefined ? {} : { unconnectedGradients: mode };
    return method === 'gradient' ? tape.gradient(y, source, options) : tape.jacobian(y, source, options);
  };
  const row = [[1, 2, 3]] as never;
  same('unconnected/default', ({ z }) => run(z));
  same('unconnected/none', ({ z }) => run(z, 'none'));
  same('unconnected/zero', ({ z }) => run(z, 'zero'));
  absent('unconnected/enum', 'the option is a string here');
  same('unconnected/unknown', ({ z }) => run(z, 'foo' as never));
  same('unconnected/jacobian_none', () => run(row, undefined, 'jacobian'));
  same('unconnected/jacobian_zero', () => run(row, 'zero', 'jacobian'));
  same('unconnected/mixed', (inputs) => {
    const [x, z] = [c(inputs.x), c(inputs.z)];
    const tape = new GradientTape();
    tape.watch([x, z]);
    const y = tape.run(() => x.mul(x));
    return tape.gradient(y, [x, z]);
  });
  const intTarget = (value: never, mode: tf.UnconnectedGradients) => {
    const x = c(value);
    const tape = new GradientTape();
    tape.watch(x);
    const y = tape.run(() => tf.cast(x, 'int32'));
    return tape.gradient(y, x, { unconnectedGradients: mode });
  };
  same('unconnected/int_target', ({ x }) => intTarget(x, 'none'));
  same('unconnected/int_target_zero', ({ x }) => intTarget(x, 'zero'));
  same('unconnected/int_source', ({ i: value }) => {
    const i = c(value, 'int32');
    const tape = new GradientTape();
    expect(
      warnings(() => {
        tape.watch(i);
      }),
    ).toHaveLength(1);
    const y = tape.run(() => tf.cast(i, 'float32').mul(2));
    return tape.gradient(y, i);
  });
  const nothing = (f: (x: tf.Tensor) => tf.Tensor) => (inputs: Inputs) => gradients(f, c(inputs.x));
  same(
    'unconnected/argmax',
    nothing((x) => tf.argmax(x)),
  );
  same(
    'unconnected/comparison',
    nothing((x) => tf.cast(x.greater(1), 'float32')),
  );
  same('unconnected/floor', nothing(tf.floor));
  same('unconnected/sign', nothing(tf.sign));
  same('unconnected/round', nothing(tf.round));
  same('unconnected/ceil', nothing(tf.ceil));
  same(
    'unconnected/through_int',
    nothing((x) => tf.cast(tf.cast(x, 'int32'), 'float32')),
  );
  same(
    'unconnected/zeros_like',
    nothing((x) => tf.zerosLike(x)),
  );
  absent('unconnected/shape', 'x.shape is an array of numbers here');
  absent('unconnected/no_gradient_registered', 'every differentiable op here has a gradient');
});

describe('watching', () => {
  // Python says 3.0 and float.
  differs('watch/host_number', ({ error }) => {
    const run = () => {
      new GradientTape().watch(3 as never);
    };
    expect(run).toThrow(tf.errors.InvalidArgumentError);
    const text = error?.message.replace('3.0', '3').replace("'float'", "'number'") ?? '';
    expect(run).toThrow(text.slice(0, text.indexOf(' or ExtensionType')));
  });
  same('watch/before', ({ x: value }) => {
    const x = c(value);
    const tape = new GradientTape({ persistent: true });
    const [y, z, w] = tape.run(() => {
      const y = x.mul(x);
      tape.watch(x);
      const z = x.mul(5);
      return [y, z, y.add(z)];
    });
    return { dy_dx: tape.gradient(y, x), dz_dx: tape.gradient(z, x), dw_dx: tape.gradient(w, x) };
  });
  same('watch/too_late', ({ x: value }) => {
    const x = c(value);
    const tape = new GradientTape();
    const y = tape.run(() => {
      const y = x.mul(x);
      tape.watch(x);
      return y;
    });
    return tape.gradient(y, x);
  });
  same('watch/intermediate', ({ x: value }) => {
    const x = c(value);
    const tape = new GradientTape();
    const [y, z] = tape.run(() => {
      const y = x.mul(x);
      tape.watch(y);
      return [y, y.mul(y)];
    });
    return tape.gradient(z, [x, y]);
  });
  const variables = (inputs: Inputs, watchAccessedVariables: boolean) => {
    const v = new tf.Variable(inputs.v, { name: 'v' });
    const w = new tf.Variable(inputs.w, { name: 'w' });
    const f = new tf.Variable(inputs.f, { name: 'f', trainable: false });
    const tape = new GradientTape({ watchAccessedVariables });
    const y = tape.run(() => {
      if (!watchAccessedVariables) tape.watch(w);
      return v.mul(w).mul(f);
    });
    const watched = tape.watchedVariables().map((x) => x.name.replace(':0', ''));
    return { watched, gradients: tape.gradient(y, [v, w, f]) };
  };
  same('watch/variables', (inputs) => variables(inputs, true));
  same('watch/variables_off', (inputs) => variables(inputs, false));
  same('watch/frozen_variable', ({ f: value }) => {
    const f = new tf.Variable(value, { trainable: false });
    const tape = new GradientTape();
    const y = tape.run(() => {
      tape.watch(f);
      return f.mul(f);
    });
    return tape.gradient(y, f);
  });
  same('watch/int_variable', ({ v: value }) => {
    const v = new tf.Variable(value, { dtype: 'int32' });
    const tape = new GradientTape();
    const y = tape.run(() => tf.cast(v, 'float32'));
    return {
      trainable: v.trainable,
      watched: tape.watchedVariables().length,
      gradient: tape.gradient(y, v),
    };
  });
  same('watch/int_warning', () =>
    warnings(() => {
      new GradientTape().watch(c([1], 'int32'));
    }),
  );
  absent('watch/string_warning', 'no string tensors yet');
  same('watch/constant_unwatched', ({ x: value }) => {
    const x = c(value);
    const tape = new GradientTape();
    const y = tape.run(() => x.mul(x));
    return tape.gradient(y, x);
  });
  same('watch/tape_local', ({ x: value }) => {
    const x = c(value);
    const [outer, inner] = [new GradientTape(), new GradientTape()];
    const y = outer.run(() =>
      inner.run(() => {
        inner.watch(x);
        return x.mul(x);
      }),
    );
    return { inner: inner.gradient(y, x), outer: outer.gradient(y, x) };
  });
  same('watch/after_block', ({ v: value }) => {
    const v = new tf.Variable(value);
    const tape = new GradientTape();
    const y = tape.run(() => v.mul(v));
    return { dy_dv: tape.gradient(y.mul(v), v) };
  });
});

describe('recording', () => {
  same('recording/gap', ({ x: value }) => {
    const x = c(value);
    const tape = new GradientTape({ persistent: true });
    const [z, w] = tape.run(() => {
      tape.watch(x);
      const y = x.mul(x);
      const z = tape.stopRecording(() => y.mul(y));
      return [z, y.mul(z)];
    });
    return { dz_dx: tape.gradient(z, x), dw_dx: tape.gradient(w, x) };
  });
  same('recording/stop_outside', () => new GradientTape().stopRecording(() => 1));
  same('recording/reset', ({ x: value }) => {
    const x = c(value);
    const tape = new GradientTape();
    const z = tape.run(() => {
      tape.watch(x);
      const y = x.mul(x);
      tape.reset();
      tape.watch(x);
      return y.mul(x);
    });
    return tape.gradient(z, x);
  });
  same('recording/reset_unwatches', ({ x: value }) => {
    const x = c(value);
    const tape = new GradientTape();
    const y = tape.run(() => {
      tape.watch(x);
      tape.reset();
      return x.mul(x);
    });
    return tape.gradient(y, x);
  });
  same('recording/assign_breaks', (inputs) => {
    const [x, y] = [new tf.Variable(inputs.x), new tf.Variable(inputs.y)];
    const tape = new GradientTape();
    const z = tape.run(() => {
      y.assign(x.mul(2));
      return y.mul(y);
    });
    return tape.gradient(z, [x, y]);
  });
  same('recording/assign_add_then_read', ({ x: value }) => {
    const x = new tf.Variable(value);
    const tape = new GradientTape();
    const y = tape.run(() => {
      x.assign(x.add(1));
      return x.mul(x);
    });
    return tape.gradient(y, x);
  });
  same('recording/assign_after_read', ({ x: value }) => {
    const x = new tf.Variable(value);
    const tape = new GradientTape();
    const y = tape.run(() => {
      const y = x.mul(x);
      x.assign(10);
      return y;
    });
    return tape.gradient(y, x);
  });
});

facts.complete();

test('the comparison with what was recorded can fail', () => {
  const recorded = { shape: [2], dtype: 'float32', values: [1, 2] };
  const one = c([1, 2]);
  expectRecorded(one, recorded);
  expect(() => expectRecorded(c([1, 2.00001]), recorded)).toThrow();
  expect(() => expectRecorded(c([[1, 2]]), recorded)).toThrow();
  expect(() => expectRecorded(c([1, 2], 'float64'), recorded)).toThrow();
  expect(() => expectRecorded(null, recorded)).toThrow();
  expect(() => expectRecorded(one, null)).toThrow();
  expect(() => expectRecorded([one], [recorded, recorded])).toThrow();
  expect(() => expectRecorded({ a: one }, { b: recorded })).toThrow();
  expect(() => expectRecorded(1, 2)).toThrow();
});
