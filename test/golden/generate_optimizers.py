"""Records five steps of Keras 3's SGD and Adam in many settings: fixtures/optimizers.json.

    python test/golden/generate_optimizers.py

Every step holds the gradients that went in, the variables, and all of the optimizer's own variables after it.
"""

import os
import warnings

from common import FIXTURES, encode, encode_error, generator, keras, np, one_thread, tf, versions, write_lines
from generate import snake

SEED, STEPS = 20, 5
SHAPES = [[4], [3, 2]]


def random_array(rng, shape, dtype, scale=1.0):
    n = int(np.prod(shape))
    return np.array([rng.uniform(-scale, scale) for _ in range(n)], dtype).reshape(shape)


def start_and_gradients(dtype, scale=1.0):
    rng = generator(SEED)
    start = [random_array(rng, s, dtype, 2.0) for s in SHAPES]
    return start, [[random_array(rng, s, dtype, scale) for s in SHAPES] for _ in range(STEPS)]


def sparse_gradients(dtype):
    """Rows with duplicates, rows that some steps leave out, and an empty one."""
    rng = generator(SEED + 1)
    picks = [([2, 0, 2], [1, 1]), ([3], [0, 2, 0]), ([1, 1, 1, 0], [2]), ([], [0, 1, 2]), ([0, 3, 3], [1, 0, 1, 0])]
    steps = []
    for pair in picks:
        step = []
        for indices, shape in zip(pair, SHAPES):
            values = random_array(rng, [len(indices), *shape[1:]], dtype)
            step.append(tf.IndexedSlices(tf.constant(values), tf.constant(indices, tf.int32), tf.constant(shape)))
        steps.append(step)
    return steps


def own_variables(optimizer):
    """By name: iteration, learning_rate, a_momentum, b_velocity, …"""
    return {v.path.split('/')[-1].replace('_0_', '_'): encode(v.numpy()) for v in optimizer.variables}


def run(kind, options, start, gradients, rates=None):
    optimizer = getattr(keras.optimizers, kind)(**{snake(k): v for k, v in options.items()})
    variables = [tf.Variable(s, name=name) for s, name in zip(start, ('a', 'b'))]
    steps = []
    for index, grads in enumerate(gradients):
        if rates and index in rates:
            optimizer.learning_rate = rates[index]
        optimizer.apply_gradients(zip(grads, variables))
        steps.append({
            'variables': [encode(v.numpy()) for v in variables],
            'optimizer': own_variables(optimizer),
        })
    return steps


SETTINGS = [
    ('SGD', {}), ('SGD', {'learningRate': 0.1}), ('SGD', {'learningRate': 0.1, 'momentum': 0.9}),
    ('SGD', {'learningRate': 0.1, 'momentum': 0.9, 'nesterov': True}), ('SGD', {'learningRate': 0.1, 'nesterov': True}),
    ('SGD', {'learningRate': 0.1, 'weightDecay': 0.01}), ('SGD', {'learningRate': 0.1, 'momentum': 0.5, 'weightDecay': 0.01}),
    ('SGD', {'learningRate': 0.1, 'clipnorm': 1.0}), ('SGD', {'learningRate': 0.1, 'clipvalue': 0.3}),
    ('SGD', {'learningRate': 0.1, 'globalClipnorm': 1.0}), ('SGD', {'learningRate': 0.1, 'momentum': 0.9, 'globalClipnorm': 1.0}),
    ('SGD', {'learningRate': 0.1, 'useEma': True, 'emaMomentum': 0.9}),
    ('SGD', {'learningRate': 0.1, 'useEma': True, 'emaMomentum': 0.9, 'emaOverwriteFrequency': 3}),
    ('SGD', {'learningRate': 0.1, 'gradientAccumulationSteps': 2}), ('SGD', {'learningRate': 0.1, 'lossScaleFactor': 4.0}),
    ('Adam', {}), ('Adam', {'learningRate': 0.1}), ('Adam', {'learningRate': 0.1, 'amsgrad': True}),
    ('Adam', {'learningRate': 0.1, 'epsilon': 1e-3}), ('Adam', {'learningRate': 0.1, 'beta1': 0.5, 'beta2': 0.9}),
    ('Adam', {'learningRate': 0.1, 'beta1': 0.0, 'beta2': 0.99}), ('Adam', {'learningRate': 0.1, 'weightDecay': 0.01}),
    ('Adam', {'learningRate': 0.1, 'clipnorm': 1.0}), ('Adam', {'learningRate': 0.1, 'clipvalue': 0.3}),
    ('Adam', {'learningRate': 0.1, 'globalClipnorm': 1.0}), ('Adam', {'learningRate': 0.1, 'amsgrad': True, 'weightDecay': 0.01, 'clipnorm': 0.5}),
    ('Adam', {'learningRate': 0.1, 'gradientAccumulationSteps': 2}),
    ('Adam', {'learningRate': 0.1, 'useEma': True, 'emaMomentum': 0.9, 'emaOverwriteFrequency': 2}),
]
SPARSE = [
    ('SGD', {'learningRate': 0.1}), ('SGD', {'learningRate': 0.1, 'momentum': 0.9}),
    ('SGD', {'learningRate': 0.1, 'momentum': 0.9, 'nesterov': True}), ('SGD', {'learningRate': 0.1, 'weightDecay': 0.01}),
    ('SGD', {'learningRate': 0.1, 'clipnorm': 0.5}), ('SGD', {'learningRate': 0.1, 'clipvalue': 0.3}),
    ('SGD', {'learningRate': 0.1, 'globalClipnorm': 0.5}), ('Adam', {'learningRate': 0.1}),
    ('Adam', {'learningRate': 0.1, 'amsgrad': True}), ('Adam', {'learningRate': 0.1, 'weightDecay': 0.01}),
    ('Adam', {'learningRate': 0.1, 'clipnorm': 0.5}), ('Adam', {'learningRate': 0.1, 'globalClipnorm': 0.5}),
]


def label(kind, options):
    return ' '.join([kind, *(f'{k}={v}' for k, v in options.items())])


def data():
    """Starting values and gradients, by the name that cases refer to."""
    sets = {name: start_and_gradients(dtype, scale) for name, dtype, scale in
            (('float32', np.float32, 1.0), ('float64', np.float64, 1.0), ('tiny', np.float32, 1e-9))}
    sets['sparse'] = sets['float32'][0], sparse_gradients(np.float32)
    return sets


def trajectories(sets):
    for name in ('float32', 'float64'):
        for kind, options in SETTINGS:
            if name == 'float32' or set(options) <= {'learningRate', 'momentum', 'nesterov', 'amsgrad'}:
                yield f'{label(kind, options)}, {name}', {
                    'optimizer': kind, 'options': options, 'data': name, 'steps': run(kind, options, *sets[name])}
    for kind in ('SGD', 'Adam'):
        options, rates = {'learningRate': 0.1}, {2: 0.5, 4: 0.001}
        yield f'{kind}, learningRate assigned', {
            'optimizer': kind, 'options': options, 'data': 'float32', 'learningRates': {str(k): v for k, v in rates.items()},
            'steps': run(kind, options, *sets['float32'], rates)}
    options = {'learningRate': 0.1}
    yield 'Adam, tiny gradients', {'optimizer': 'Adam', 'options': options, 'data': 'tiny', 'steps': run('Adam', options, *sets['tiny'])}
    start, sparse = sets['sparse']
    dense = [[tf.convert_to_tensor(g) for g in step] for step in sparse]
    for kind, options in SPARSE:
        yield f'{label(kind, options)}, sparse', {
            'optimizer': kind, 'options': options, 'data': 'sparse',
            'note': 'steps: of the gradients with duplicate rows summed first; keras3: what Keras 3 does instead',
            'steps': run(kind, options, start, dense),
            'keras3': [s['variables'] for s in run(kind, options, start, sparse)]}


def refusals():
    def attempt(f):
        try:
            f()
            return None
        except Exception as e:
            return encode_error(e)

    def apply(*pairs, **options):
        keras.optimizers.SGD(**options).apply_gradients(pairs)

    def new_variable():
        optimizer = keras.optimizers.SGD(0.1)
        one = tf.constant([1.0])
        optimizer.apply_gradients([(one, tf.Variable([1.0]))])
        optimizer.apply_gradients([(one, tf.Variable([1.0]))])

    v = tf.Variable([1.0, 2.0], name='v')
    g = tf.constant([1.0, 1.0])
    build = keras.optimizers
    return {
        'no gradients': attempt(lambda: apply((None, v))),
        'empty list': attempt(lambda: apply()),
        'variable unknown to a built optimizer': attempt(new_variable),
        'gradient of another shape': attempt(lambda: apply((tf.constant([1.0, 2.0, 3.0]), v))),
        'momentum above 1': attempt(lambda: build.SGD(0.1, momentum=1.5)),
        'momentum below 0': attempt(lambda: build.SGD(0.1, momentum=-0.5)),
        'nesterov is no boolean': attempt(lambda: build.SGD(0.1, nesterov=1)),
        'clipnorm and clipvalue': attempt(lambda: build.SGD(0.1, clipnorm=1.0, clipvalue=1.0)),
        'clipnorm and globalClipnorm': attempt(lambda: build.SGD(0.1, clipnorm=1.0, global_clipnorm=1.0)),
        'unknown option': attempt(lambda: build.SGD(0.1, foo=1)),
        'learningRate is a string': attempt(lambda: build.SGD('a')),
        'emaMomentum above 1': attempt(lambda: build.SGD(0.1, use_ema=True, ema_momentum=1.5)),
        'gradientAccumulationSteps of 1': attempt(lambda: build.SGD(0.1, gradient_accumulation_steps=1)),
        'two gradients, three variables': attempt(lambda: build.SGD(0.1).apply([g], [v, v])),
    }


def partly_missing():
    """A variable without a gradient is left alone, with a warning."""
    a, b = tf.Variable([1.0]), tf.Variable([2.0])
    optimizer = keras.optimizers.SGD(0.1)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        optimizer.build([a, b])
        optimizer.apply_gradients([(tf.constant([1.0]), a), (None, b)])
    return {'a': encode(a), 'b': encode(b), 'warnings': [str(w.message) for w in caught]}


def main():
    one_thread()
    warnings.simplefilter('ignore')
    sets = data()
    cases = dict(trajectories(sets))
    header = {
        'versions': versions(),
        'seed': SEED,
        'errors': refusals(),
        'gradientMissing': partly_missing(),
        'data': {name: {'start': encode(start), 'gradients': encode(gradients)} for name, (start, gradients) in sets.items()},
    }
    size = write_lines(os.path.join(FIXTURES, 'optimizers.json'), header, 'cases', cases)
    print(f'{len(cases)} cases, {size} bytes')


if __name__ == '__main__':
    main()
