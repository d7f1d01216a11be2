"""Records TensorFlow's random numbers: fixtures/random.json.

    python test/golden/generate_random.py

Every case is a list of steps; a step names a function or a Generator's method with its arguments, and holds
what came out. Arrays of more than 64 elements are kept as a digest. README.md describes the format.
"""

import hashlib
import json
import math
import os
import subprocess
import sys

from common import FIXTURES, dumps, encode, encode_array, encode_error, np, one_thread, tf, versions, write_lines
from generate import literal, snake

from tensorflow.python.eager import context


# ---- what came out -------------------------------------------------------------------------------


def digest(t):
    """A tensor whole, or, when it is long, by its ends, samples between, the sum and the hash of its bytes."""
    a = t.numpy()
    if a.size <= 64:
        return encode(t)
    flat = a.reshape(-1)
    samples = sorted({i for i in (8, 63, 64, 65, 127, 128, 255, 256, 257, 511, 512, 513, 1022, 1023, 1024, a.size // 2,
                                  a.size // 3, 2 * a.size // 3) if 8 <= i < a.size - 8})
    total = sum(int(x) for x in flat) if a.dtype.kind in 'iu' else math.fsum(float(x) for x in flat)
    return {
        'shape': list(a.shape),
        'dtype': t.dtype.name,
        'first': encode_array(flat[:8]),
        'last': encode_array(flat[-8:]),
        'at': {str(i): encode_array(flat[i:i + 1])[0] for i in samples},
        'sum': str(total) if isinstance(total, int) else total,
        'sha256': hashlib.sha256(flat.tobytes()).hexdigest(),
    }


def output(x):
    if isinstance(x, tf.random.Generator):
        return {'state': encode_array(x.state.numpy())}
    if isinstance(x, (list, tuple)):
        return [output(v) for v in x]
    return digest(x) if isinstance(x, (tf.Tensor, tf.Variable)) else encode(x)


def argument(a):
    if isinstance(a, dict) and 'range' in a:
        t = tf.range(int(np.prod(a.get('shape', [a['range']]))), dtype=a.get('dtype', 'int32'))
        return tf.reshape(t, a.get('shape', [a['range']]))
    if isinstance(a, dict) and 'tensor' in a:
        return tf.constant(a['tensor'], a.get('dtype'))
    return literal(a)


def call(owner, name, args, options):
    f = owner
    for part in name.split('.'):
        f = getattr(f, part if part[0].isupper() else snake(part))
    return f(*map(argument, args), **{snake(k): argument(v) for k, v in options.items()})


# ---- steps ---------------------------------------------------------------------------------------


def step(name, *args, **options):
    return {'call': name, 'args': list(args), **({'options': options} if options else {})}


def run(steps):
    """Functions of tf.random one after another; a step called Generator.… makes the generator of what follows."""
    done, g = [], None
    for s in steps:
        name, entry = s['call'], dict(s)
        try:
            if name.startswith('Generator.'):
                g = call(tf.random, name, s['args'], s.get('options', {}))
                entry['state'] = encode_array(g.state.numpy())
            elif name.startswith('generator.'):
                result = call(g, name.split('.', 1)[1], s['args'], s.get('options', {}))
                if result is not None:
                    entry['result'] = output(result)
                entry['state'] = encode_array(g.state.numpy())
            else:
                result = call(tf.random, name, s['args'], s.get('options', {}))
                if result is not None:
                    entry['result'] = output(result)
        except AttributeError:
            raise  # a name misspelt here, nothing of TensorFlow's
        except Exception as e:
            entry['error'] = encode_error(e)
        done.append(entry)
    return done


SIZES = [[], [1], [2], [3], [4], [5], [7], [2, 3], [0], [3, 0], [64], [255], [256], [257], [1001], [2, 3, 171], [4099]]
FLOATS = ['float32', 'float64']
NARROW = ['float16', 'bfloat16']


def stateful_cases():
    seed = step('setSeed', 1234)
    draws = ['uniform', 'normal', 'truncatedNormal']
    for op in draws:
        for dtype in FLOATS:
            yield f'stateful/{op}/{dtype}', [seed] + [step(op, shape, dtype=dtype) for shape in SIZES]
        for dtype in NARROW:
            yield f'stateful/{op}/{dtype}', [seed] + [step(op, shape, dtype=dtype) for shape in ([5], [9], [257])]
    yield 'stateful/uniform/range', [seed] + [
        step('uniform', [6], minval=-3.0, maxval=5.0), step('uniform', [6], minval=10.0, maxval=11.0, dtype='float64'),
        step('uniform', [2, 3], minval={'tensor': [0.0, 10.0, 100.0]}, maxval={'tensor': [1.0, 11.0, 200.0]})]
    yield 'stateful/normal/range', [seed] + [
        step('normal', [6], mean=10.0, stddev=0.5), step('normal', [6], mean=-1.0, stddev=2.0, dtype='float64'),
        step('normal', [2, 3], mean={'tensor': [0.0, 10.0, 100.0]}), step('truncatedNormal', [6], mean=10.0, stddev=0.5)]
    for dtype in ('int32', 'int64'):
        yield f'stateful/uniform/{dtype}', [seed] + [
            step('uniform', shape, minval=lo, maxval=hi, dtype=dtype)
            for lo, hi in ((0, 10), (-5, 6), (100, 1000), (0, 2**31 - 1), (-2**31, 2**31 - 1), (7, 8))
            for shape in ([5], [2, 3])
        ] + [step('uniform', [1003], minval=-50, maxval=1000, dtype=dtype)]
    yield 'stateful/uniform/int64_wide', [seed, step('uniform', [9], minval=0, maxval={'int64': str(2**62)}, dtype='int64'),
                                          step('uniform', [9], minval={'int64': str(-2**63)}, maxval={'int64': str(2**63 - 1)}, dtype='int64')]
    yield 'stateful/uniform/errors', [seed, step('uniform', [3], dtype='int32'), step('uniform', [3], minval=5, maxval=5, dtype='int32'),
                                      step('uniform', [3], minval=6, maxval=5, dtype='int32'), step('uniform', [-1]),
                                      step('uniform', [3], dtype='bool'), step('normal', [3], dtype='int32'), step('uniform', [3])]
    yield 'stateful/consecutive', [seed] + [step('uniform', [3]) for _ in range(4)] + [step('normal', [3]) for _ in range(2)] + [
        step('uniform', [3], dtype='float64'), step('uniform', [3], maxval=100, dtype='int32'), step('uniform', [3])]
    yield 'stateful/reseeded', [seed, step('uniform', [3]), seed, step('uniform', [3]), step('setSeed', 1235), step('uniform', [3]),
                                step('setSeed', 0), step('uniform', [3]), step('setSeed', -5), step('uniform', [3]),
                                step('setSeed', 2**33 + 7), step('uniform', [3]), step('setSeed', 2**31 - 1), step('uniform', [3])]
    yield 'stateful/op_seed', [seed] + [step('uniform', [3], seed=5) for _ in range(3)] + [
        step('uniform', [5], seed=5), step('uniform', [3], seed=5), step('uniform', [3], minval=2.0, maxval=4.0, seed=5),
        step('uniform', [3], seed=6), step('uniform', [3], seed=5, dtype='float64'), step('uniform', [3], seed=5),
        step('normal', [3], seed=5), step('normal', [3], seed=5), step('truncatedNormal', [3], seed=5), step('truncatedNormal', [3], seed=5),
        step('uniform', [3], maxval=100, dtype='int32', seed=5), step('uniform', [3], maxval=100, dtype='int32', seed=5),
        step('uniform', [3], maxval=7, dtype='int32', seed=5), seed, step('uniform', [3], seed=5)]
    yield 'stateful/op_seed_long', [seed, step('uniform', [257], seed=5), step('uniform', [3], seed=5), step('normal', [1001], seed=5),
                                    step('normal', [3], seed=5), step('truncatedNormal', [301], seed=5), step('truncatedNormal', [3], seed=5),
                                    step('normal', [5], dtype='float64', seed=5), step('normal', [3], dtype='float64', seed=5),
                                    step('uniform', [0], seed=5), step('uniform', [3], seed=5)]
    yield 'stateful/op_seed_interleaved', [seed, step('uniform', [2]), step('uniform', [2], seed=5), step('uniform', [2]),
                                           step('uniform', [2], seed=5), step('uniform', [2], seed=0), step('uniform', [2], seed=0)]
    yield 'stateful/op_seed_edges', [seed, step('uniform', [2], seed=-1), step('uniform', [2], seed=2**31 - 1), step('uniform', [2], seed=2**40 + 3),
                                     step('setSeed', 0), step('uniform', [2], seed=0)]
    yield 'stateful/shuffle', [seed] + [step('shuffle', {'range': n}) for n in (0, 1, 2, 3, 4, 5, 10, 33, 1000)] + [
        step('shuffle', {'range': 10}), step('shuffle', {'range': 10}, seed=5), step('shuffle', {'range': 10}, seed=5),
        step('shuffle', {'range': 4}, seed=5), step('shuffle', {'range': 12, 'shape': [6, 2]}),
        step('shuffle', {'range': 24, 'shape': [4, 3, 2], 'dtype': 'float32'}), step('shuffle', {'range': 1, 'shape': []}),
        step('shuffle', {'range': 10, 'dtype': 'int64'}, seed=5), step('uniform', [3])]
    logits = {'tensor': [[0.1, 0.2, 0.7], [1.0, -1.0, 0.0]]}
    for dtype in ('int32', 'int64'):
        yield f'stateful/categorical/{dtype}', [seed] + [step('categorical', logits, n, dtype=dtype) for n in (9, 0, 1, 50)] + [
            step('categorical', logits, n, dtype=dtype, seed=5) for n in (3, 3, 5, 1)] + [step('uniform', [3])]
    yield 'stateful/categorical/errors', [step('categorical', {'tensor': [0.1, 0.2]}, 3), step('categorical', logits, -1),
                                          step('categorical', logits, 3, dtype='float32')]
    yield 'stateful/gamma', [seed] + [step('gamma', shape, a) for shape in ([5], [2, 3], []) for a in (2.5, 0.3, 1.0)] + [
        step('gamma', [3], {'tensor': [0.5, 20.0]}), step('gamma', [2], {'tensor': [2.0, 3.0]}, beta={'tensor': [[1.0], [4.0]]}),
        step('gamma', [4], 2.5, dtype='float64'), step('gamma', [3], 2.5, seed=5), step('gamma', [3], 2.5, seed=5), step('uniform', [3])]
    yield 'stateful/poisson', [seed] + [step('poisson', [7], lam) for lam in (3.0, 0.1, 12.5, 1000.0, 0.0)] + [
        step('poisson', [3], {'tensor': [0.5, 20.0]}), step('poisson', [5], 30.0, dtype='int64'), step('poisson', [3], 4.0, seed=5),
        step('poisson', [3], 4.0, seed=5), step('uniform', [3])]


def fresh_cases():
    """Cases that need a process of their own: no global seed was ever set."""
    yield 'unseeded/op_seed', [step('uniform', [3], seed=5), step('uniform', [3], seed=5), step('normal', [3], seed=5),
                               step('uniform', [3], seed=6), step('uniform', [3], maxval=100, dtype='int32', seed=5),
                               step('shuffle', {'range': 10}, seed=5), step('truncatedNormal', [3], seed=5), step('uniform', [3], seed=0)]


def stateless_cases():
    seeds = [[1, 2], [0, 0], [-1, 7], [2**31 - 1, -2**31]]
    ops = ['statelessUniform', 'statelessNormal', 'statelessTruncatedNormal']
    for op in ops:
        for dtype in FLOATS:
            yield f'stateless/{op}/{dtype}', [step(op, shape, s, dtype=dtype) for s in seeds[:1] for shape in SIZES] + [
                step(op, [5], s, dtype=dtype) for s in seeds[1:]]
        for dtype in NARROW:
            yield f'stateless/{op}/{dtype}', [step(op, [9], [1, 2], dtype=dtype), step(op, [257], [1, 2], dtype=dtype)]
        yield f'stateless/{op}/int64_seed', [step(op, [4], {'tensor': s, 'dtype': 'int64'}) for s in ([1, 2], [2**40 + 3, -2**50])]
        yield f'stateless/{op}/errors', [step(op, [4], [1]), step(op, [4], [1, 2, 3]), step(op, [-4], [1, 2]), step(op, [4], 5),
                                         step(op, [4], {'tensor': [1.0, 2.0]}), step(op, [4], [1, 2], dtype='bool'), step(op, [4], [1, 2], alg='threefry')]
        yield f'stateless/{op}/alg', [step(op, [4], [1, 2], alg='philox'), step(op, [4], [1, 2], alg='auto_select')]
    yield 'stateless/statelessUniform/range', [step('statelessUniform', [6], [3, 4], minval=-3.0, maxval=5.0),
                                               step('statelessUniform', [6], [3, 4], minval=10.0, maxval=11.0, dtype='float64')]
    yield 'stateless/statelessNormal/range', [step('statelessNormal', [6], [3, 4], mean=10.0, stddev=0.5),
                                              step('statelessTruncatedNormal', [6], [3, 4], mean=10.0, stddev=0.5)]
    for dtype in ('int32', 'int64'):
        yield f'stateless/statelessUniform/{dtype}', [
            step('statelessUniform', shape, s, minval=lo, maxval=hi, dtype=dtype)
            for s in seeds for lo, hi in ((0, 10), (-5, 6), (-2**31, 2**31 - 1)) for shape in ([5],)
        ] + [step('statelessUniform', [1003], [1, 2], minval=-50, maxval=1000, dtype=dtype),
             step('statelessUniform', [3], [1, 2], minval=5, maxval=5, dtype=dtype), step('statelessUniform', [3], [1, 2], dtype=dtype),
             step('statelessUniform', [3], [1, 2], maxval=9, dtype=dtype)]
    for dtype in ('int32', 'int64', 'uint32', 'uint64'):
        yield f'stateless/statelessUniform/full_{dtype}', [
            step('statelessUniform', shape, s, minval=None, maxval=None, dtype=dtype) for s in seeds[:2] for shape in ([5], [2, 3], [259])]
    for dtype in ('int32', 'int64'):
        yield f'stateless/categorical/{dtype}', [
            step('statelessCategorical', {'tensor': [[0.1, 0.2, 0.7], [5.0, -1.0, 5.0]]}, n, s, dtype=dtype) for n in (9, 70) for s in seeds[:2]]
    yield 'stateless/gamma', [step('statelessGamma', [5], s, a) for s in seeds for a in (2.5, 0.3, 1.0)] + [
        step('statelessGamma', [2, 3], [1, 2], {'tensor': [0.5, 2.0, 30.0]}), step('statelessGamma', [4], [1, 2], 2.5, beta=3.0),
        step('statelessGamma', [4], [1, 2], 2.5, dtype='float64'), step('statelessGamma', [4], [1, 2], {'tensor': [1.0, 2.0]})]
    yield 'stateless/poisson', [step('statelessPoisson', [5], [1, 2], lam) for lam in (3.0, 15.0, 200.0)] + [
        step('statelessPoisson', [2, 2], [3, 4], {'tensor': [0.5, 40.0]}, dtype='float32')]
    yield 'stateless/binomial', [
        step('statelessBinomial', [6], s, n, p) for s in seeds[:2] for n in (10.0, 100.0, 5000.0) for p in (0.3, 0.5, 0.9, 0.0)] + [
        step('statelessBinomial', [2, 3], [1, 2], {'tensor': [1000.0, 20.0, 3.0]}, 0.3),
        step('statelessBinomial', [3], [1, 2], {'tensor': [10.0, 20.0, 30.0]}, {'tensor': [0.3, 0.9, 0.5]}, outputDtype='float32')]
    yield 'stateless/shuffle', [step('experimental.statelessShuffle', {'range': 10}, [1, 2])]
    yield 'splitting/split', [step('split', [1, 2]), step('split', [1, 2], num=3), step('split', {'tensor': [1, 2], 'dtype': 'int64'}, num=3), step('split', [0, 0], num=1)]
    yield 'splitting/fold_in', [step('foldIn', [1, 2], d) for d in (0, 1, 2, 1000)] + [
        step('foldIn', {'tensor': [1, 2], 'dtype': 'int64'}, 5), step('foldIn', [1, 2], {'int64': str(2**40)})]


def generator_cases():
    for seed in (1234, 0, 1, -7, 2**40 + 3):
        yield f'generator/from_seed_{seed}', [step('Generator.fromSeed', seed), step('generator.normal', [2, 3]), step('generator.uniform', [5]),
                                              step('generator.truncatedNormal', [5]), step('generator.uniformFullInt', [3], dtype='int32'),
                                              step('generator.uniform', [5], minval=-5, maxval=6, dtype='int32')]
    for method in ('uniform', 'normal', 'truncatedNormal'):
        for dtype in FLOATS:
            yield f'generator/{method}/{dtype}', [step('Generator.fromSeed', 42)] + [step(f'generator.{method}', s, dtype=dtype) for s in SIZES]
    yield 'generator/uniform/range', [step('Generator.fromSeed', 42), step('generator.uniform', [5], minval=-2.0, maxval=3.0),
                                      step('generator.uniform', [5], minval=0, maxval=10, dtype='int64'),
                                      step('generator.uniform', [1003], minval=-50, maxval=1000, dtype='int32'),
                                      step('generator.uniform', [5], dtype='int32'), step('generator.uniform', [5], minval=None, dtype='int32'),
                                      step('generator.uniform', [3])]
    yield 'generator/normal/range', [step('Generator.fromSeed', 42), step('generator.normal', [5], mean=10.0, stddev=0.5),
                                     step('generator.truncatedNormal', [5], mean=10.0, stddev=0.5)]
    yield 'generator/uniform_full_int', [step('Generator.fromSeed', 42)] + [
        step('generator.uniformFullInt', s, dtype=d) for d in ('int32', 'int64', 'uint32', 'uint64') for s in ([5], [257])] + [step('generator.uniformFullInt', [3])]
    yield 'generator/skip', [step('Generator.fromSeed', 1234), step('generator.normal', [3]), step('generator.skip', 432), step('generator.normal', [3]),
                             step('generator.skip', 0), step('generator.skip', 1), step('generator.uniform', [3])]
    yield 'generator/make_seeds', [step('Generator.fromSeed', 1234), step('generator.makeSeeds'), step('generator.makeSeeds', 3),
                                   step('generator.makeSeeds', count=2), step('generator.normal', [2])]
    yield 'generator/split', [step('Generator.fromSeed', 1234), step('generator.split'), step('generator.split', 3), step('generator.split', count=2), step('generator.normal', [2])]
    yield 'generator/reset', [step('Generator.fromSeed', 1234), step('generator.normal', [2]), step('generator.resetFromSeed', 99), step('generator.normal', [2]),
                              step('generator.reset', [5, 6, 7]), step('generator.normal', [2]), step('generator.resetFromKeyCounter', 11, [1, 2]),
                              step('generator.normal', [2])]
    yield 'generator/from_state', [step('Generator.fromState', [1, 2, 3], alg='philox'), step('generator.normal', [5]), step('generator.uniform', [3])]
    yield 'generator/from_state_carry', [step('Generator.fromState', [-2, 0, 3], alg='philox'), step('generator.normal', [9]), step('generator.normal', [9])]
    yield 'generator/from_state_wide', [step('Generator.fromState', [2**40 + 1, -5, 2**50 + 9], alg='philox'), step('generator.normal', [9]), step('generator.uniform', [3], dtype='float64')]
    yield 'generator/from_key_counter', [step('Generator.fromKeyCounter', 3, [1, 2], alg='philox'), step('generator.normal', [5])]
    yield 'generator/errors', [step('Generator.fromState', [1, 2], alg='philox'), step('Generator.fromSeed', 1, alg='foo'), step('Generator.fromSeed', 1),
                               step('generator.normal', [3], dtype='int32'), step('generator.normal', [-3]), step('generator.uniform', [3], dtype='bool'),
                               step('generator.uniform', [3], minval=5, maxval=5, dtype='int32'), step('generator.normal', [1])]


def op_seeds():
    """The seeds that functions without one of their own get after setSeed, and MT19937's state behind them."""
    facts = {}
    for seed in (1234, 0, 7, 42, -5, 2**33 + 7):
        tf.random.set_seed(seed)
        facts[str(seed)] = [context.internal_operation_seed() for _ in range(12)]
    return facts


def fresh_process(argument):
    done = subprocess.run([sys.executable, os.path.abspath(__file__), argument], check=True, capture_output=True, text=True)
    return json.loads(done.stdout.strip().splitlines()[-1])


def first_global_state():
    tf.random.set_seed(1234)
    return encode_array(tf.random.get_global_generator().state.numpy())


def global_generator():
    """Does tf.random.setSeed decide what tf.random.getGlobalGenerator() draws? And after setGlobalGenerator?"""
    states = [fresh_process('--global') for _ in range(2)]
    tf.random.set_global_generator(tf.random.Generator.from_seed(1234))
    g = tf.random.get_global_generator()
    return {'setSeedDeterminesIt': states[0] == states[1],
            'afterSetGlobalGeneratorFromSeed1234': {'normal': encode(g.normal([2, 3])), 'state': encode_array(g.state.numpy())}}


def main():
    one_thread()
    tf.get_logger().setLevel('ERROR')
    if sys.argv[1:] == ['--fresh']:
        print(dumps({name: run(steps) for name, steps in fresh_cases()}))
        return
    if sys.argv[1:] == ['--global']:
        print(dumps(first_global_state()))
        return
    cases = {}
    for made in (stateful_cases(), stateless_cases(), generator_cases()):
        for name, steps in made:
            cases[name] = run(steps)
    cases.update(fresh_process('--fresh'))
    header = {'versions': versions(), 'opSeeds': op_seeds(), 'globalGenerator': global_generator()}
    size = write_lines(os.path.join(FIXTURES, 'random.json'), header, 'cases', cases)
    print(f'{len(cases)} cases, {sum(map(len, cases.values()))} steps, {size} bytes')


if __name__ == '__main__':
    main()
