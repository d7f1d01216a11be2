"""Records what TensorFlow computes for every definition of the op registry.

    node scripts/dump-registry.js > registry.json
    python test/golden/generate.py registry.json [--only tanh,add] [--out DIR]

writes fixtures/ops/<name>.json: arguments, results, an upstream gradient and TensorFlow's gradients. With --few, it
writes fixtures/dtypes/<name>.json: a few cases of each of the dtypes in FEW.
README.md describes both formats.
"""

import argparse
import json
import operator
import os
import re
import sys

from common import (FIXTURES, encode, encode_tensor, error_class, error_text, generator, np, one_thread,
                    seed_of, tf, versions, write_lines)

FLOATS = ('float16', 'bfloat16', 'float32', 'float64')
COMPLEX = ('complex64', 'complex128')
MAX_BYTES = 150_000
# Recorded with a few cases of each op: what they have in common with other dtypes is seen there.
FEW = ('float16', 'bfloat16', 'int8', 'int16', 'uint16', 'uint32', 'uint64')
DTYPES = {d.name: d for d in [
    tf.float16, tf.bfloat16, tf.float32, tf.float64, tf.int8, tf.int16, tf.int32, tf.int64, tf.uint8, tf.uint16,
    tf.uint32, tf.uint64, tf.bool, tf.string, tf.complex64, tf.complex128
]}


# ---- what the registry asks for ------------------------------------------------------------------


def resolve(path):
    """'tf.math.tanh' → the function; 'operator.getitem' too."""
    root, *names = path.split('.')
    value = {'tf': tf, 'operator': operator}[root]
    for name in names:
        value = getattr(value, name)
    return value


UNDERSCORED = {'beta1': 'beta_1', 'beta2': 'beta_2'}  # the only names where a digit hides an underscore


def snake(name):
    return UNDERSCORED.get(name) or re.sub(r'(?<=[a-z0-9])([A-Z])', r'_\1', name).lower()


def is_tensor(a):
    return isinstance(a, dict) and 'tensor' in a


def tensors_in(a):
    """The tensor specs in an argument, in order."""
    if is_tensor(a):
        return [a['tensor']]
    if isinstance(a, list):
        return [s for x in a for s in tensors_in(x)]
    return []


def number(v):
    return float(v.replace('Infinity', 'inf')) if isinstance(v, str) else v


def interval(domain, dtype):
    if dtype == 'bool':
        return 0, 1
    default = (-2.0, 2.0) if dtype in FLOATS + COMPLEX else (0, 20) if dtype.startswith('u') else (-10, 10)
    lo, hi = domain or (None, None)
    lo = default[0] if lo is None else number(lo)
    hi = default[1] if hi is None else number(hi)
    if lo > hi:
        lo, hi = (hi - 4, hi) if domain[0] is None else (lo, lo + 4)
    if dtype not in FLOATS + COMPLEX:
        lo, hi = int(np.ceil(lo)), int(np.floor(hi))
        if dtype.startswith('u'):
            lo, hi = max(lo, 0), max(hi, 1)
    return lo, hi


def deep_numbers(v):
    return [deep_numbers(x) for x in v] if isinstance(v, list) else number(v)


def build(spec, dtype, rng, domain):
    """A NumPy array for a tensor spec."""
    dtype = spec.get('dtype') or dtype
    np_type = DTYPES[dtype].as_numpy_dtype
    if 'values' in spec:
        if dtype == 'string':
            return tf.constant(spec['values'], tf.string)
        if dtype in COMPLEX:
            pairs = np.array(deep_numbers(spec['values']), np.float64)
            a = (pairs[..., 0] + 1j * pairs[..., 1]).astype(np_type)
        elif dtype in FLOATS:
            a = np.array(deep_numbers(spec['values']), np.float64).astype(np_type)
        elif dtype == 'bool':
            a = np.array(spec['values'], np.bool_)
        else:
            ints = np.array(spec['values'], object)
            a = np.vectorize(int, otypes=[object])(ints).astype(np_type) if ints.size else ints.astype(np_type)
        return tf.constant(a.reshape(spec['shape']) if 'shape' in spec else a, DTYPES[dtype])
    shape = spec['shape']
    n = int(np.prod(shape, dtype=np.int64))
    lo, hi = interval(spec.get('domain', domain), dtype)
    if dtype == 'bool':
        flat = np.array([rng.random() < 0.5 for _ in range(n)], np.bool_)
    elif dtype in COMPLEX:
        flat = np.array([complex(rng.uniform(lo, hi), rng.uniform(lo, hi)) for _ in range(n)], np_type)
    elif dtype in FLOATS and not spec.get('integers'):
        flat = np.array([rng.uniform(lo, hi) for _ in range(n)], np.float64).astype(np_type)
    else:
        flat = np.array([rng.randint(int(lo), int(hi)) for _ in range(n)]).astype(np_type)
    return tf.constant(flat.reshape(shape), DTYPES[dtype])


def literal(v):
    if isinstance(v, str):
        return DTYPES.get(v, v)
    if isinstance(v, list):
        return [literal(x) for x in v]
    if isinstance(v, dict):
        if 'slice' in v:
            return slice(*v['slice'])
        if 'ellipsis' in v:
            return Ellipsis
        if 'newaxis' in v:
            return None
        if 'int64' in v:
            return int(v['int64'])
    return v


def realize(a, dtype, rng, domain, sources):
    """The Python value of an argument; its tensors are appended to sources."""
    if is_tensor(a):
        t = build(a['tensor'], dtype, rng, domain)
        sources.append(t)
        return t
    if isinstance(a, list) and tensors_in(a):
        return [realize(x, dtype, rng, domain, sources) for x in a]
    return literal(a)


def describe(a, value):
    """How an argument stands in the fixture: tensors with their values, literals as the registry has them."""
    if is_tensor(a):
        return encode_tensor(value)
    if isinstance(a, list) and tensors_in(a):
        return [describe(x, v) for x, v in zip(a, value)]
    return a


# ---- running one case ----------------------------------------------------------------------------


def flatten_outputs(result):
    return [tf.convert_to_tensor(r) for r in tf.nest.flatten(result, expand_composites=True) if r is not None]


def run_case(fn, definition, example, dtype, index):
    rng = generator(seed_of(definition['name'], index))
    sources, args, options, used = [], [], {}, {}
    domain = definition.get('domain')
    per_argument = bool(domain) and isinstance(domain[0], list)
    for i, a in enumerate(example.get('args', [])):
        d = (domain[i] if i < len(domain) else None) if per_argument else domain
        args.append(realize(a, dtype, rng, d, sources))
    for k, a in (example.get('options') or {}).items():
        used[k] = realize(a, dtype, rng, None if per_argument else domain, sources)
        options[snake(k)] = used[k]
    case = {'args': [describe(a, v) for a, v in zip(example.get('args', []), args)]}
    if used:
        case['options'] = {k: describe(a, used[k]) for k, a in example['options'].items()}
    if 'note' in example:
        case['note'] = example['note']
    try:
        with tf.GradientTape(persistent=True) as tape:
            floats = [s for s in sources if s.dtype.is_floating or s.dtype.is_complex]
            tape.watch(floats)
            outputs = flatten_outputs(fn(*args, **options))
    except Exception as e:  # whatever TensorFlow raises is what we record
        case['error'] = f'{error_class(e)}: {error_text(e)}'
        return case
    case['outputs'] = [encode_tensor(o) for o in outputs]
    targets = [o for o in outputs if o.dtype.is_floating or o.dtype.is_complex]
    if example.get('noGradient') or definition.get('differentiable') is False or not targets or not floats:
        return case
    upstream = [build({'shape': o.shape.as_list(), 'domain': [-1, 1]}, o.dtype.name, rng, None) for o in targets]
    given = iter(upstream)
    case['dy'] = [encode_tensor(next(given)) if o.dtype.is_floating or o.dtype.is_complex else None for o in outputs]
    try:
        case['grads'] = [
            encode_gradient(tape.gradient(targets, s, upstream)) if s.dtype.is_floating or s.dtype.is_complex else None
            for s in sources
        ]
    except Exception as e:
        case['gradError'] = f'{error_class(e)}: {error_text(e)}'
    return case


def encode_gradient(g):
    if isinstance(g, tf.IndexedSlices):
        return {**encode_tensor(tf.convert_to_tensor(g)), 'sparse': True}
    return None if g is None else encode_tensor(g)


# ---- standard examples ---------------------------------------------------------------------------


def given(values, shape=None):
    flat = [encode(float(v)) if isinstance(v, float) else v for v in values]
    return {'tensor': {'shape': shape or [len(flat)], 'values': flat}}


def random_tensor(shape, domain=None):
    return {'tensor': {'shape': shape, **({'domain': domain} if domain else {})}}


def given_axis(shape, values, dtype='int32'):
    return {'tensor': {'shape': shape, 'values': values, 'dtype': dtype}}


def specials(dtype, domain):
    """Every value at which elementwise functions go wrong."""
    if dtype == 'bool':
        return [True, False]
    if dtype in FLOATS:
        info = tf.experimental.numpy.finfo(DTYPES[dtype].as_numpy_dtype)
        tiny, huge = float(info.tiny), float(info.max)
        ends = list(interval(domain, dtype))
        return [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, *map(float, ends), float('inf'), float('-inf'), float('nan'),
                tiny / 8, -tiny / 8, tiny, -tiny, huge, -huge]
    info = np.iinfo(DTYPES[dtype].as_numpy_dtype)
    small = [0, 1, 2, 7] if info.min == 0 else [0, 1, -1, 2, -2, 7, -7]
    return [*small, int(info.max), int(info.min)]


def unary_examples(definition, dtype):
    yield {'args': [random_tensor([])]}
    yield {'args': [random_tensor([7])]}
    yield {'args': [random_tensor([3, 5])]}
    yield {'args': [random_tensor([0])]}
    yield {'args': [random_tensor([2, 0, 3])]}
    yield {'args': [given(specials(dtype, definition.get('domain')))], 'note': 'special values'}


SHAPE_PAIRS = [([4], [4]), ([], [4]), ([4], []), ([], []), ([3, 1], [1, 4]), ([2, 3, 4], [4]), ([2, 1, 3], [4, 1]),
               ([0], [0]), ([0], []), ([0, 3], [3]), ([2, 0], [1, 1])]
DIVISIONS = ('div', 'mod', 'rem')


def binary_examples(definition, dtype):
    divides = any(word in definition['name'].lower() for word in DIVISIONS) and 'nonan' not in definition['name'].lower()
    integer = dtype not in FLOATS + COMPLEX + ('bool',)
    nonzero = [1, 9] if divides and integer else None
    for a, b in SHAPE_PAIRS:
        yield {'args': [random_tensor(a), random_tensor(b, nonzero)]}
    yield {'args': [random_tensor([2]), random_tensor([3], nonzero)], 'note': 'shapes that do not broadcast'}
    if dtype == 'bool':
        grid, right = [True, False], [True, False]
    elif dtype in FLOATS:
        grid = [0.0, -0.0, 1.0, -1.0, 2.5, float('inf'), float('-inf'), float('nan')]
        right = grid
    elif integer:
        grid = [0, 1, 2, 3, 7, 255] if dtype.startswith('u') else [0, 1, -1, 2, -2, 3, -3, 7, -7]
        right = [v for v in grid if v] if divides else grid
        if definition['name'] == 'pow':
            right = [v for v in grid if v >= 0]
    else:
        return
    pairs = [(x, y) for x in grid for y in right]
    yield {'args': [given([x for x, _ in pairs]), given([y for _, y in pairs])], 'note': 'all pairs of special values'}
    if divides and integer:
        yield {'args': [given([5, 6]), given([2, 0])], 'note': 'integer division by zero'}
    if definition['name'] == 'pow' and integer and not dtype.startswith('u'):
        yield {'args': [given([2, 3]), given([2, -1])], 'note': 'integer to a negative power'}
        yield {'args': [random_tensor([0]), given([-1], [])], 'note': 'nothing to a negative power'}
    if divides and integer:
        yield {'args': [random_tensor([0]), given([0], [])], 'note': 'nothing is divided by zero'}
        yield {'args': [given([], [1, 0]), given([0, 1, 0], [3, 1])], 'note': 'nothing is divided by zero'}


def reduction_examples(definition, dtype):
    for shape in ([], [5], [3, 4], [2, 3, 4], [0, 3]):
        for axis in (None, 0, -1, [0, 2], []):
            axes = [] if axis is None else axis if isinstance(axis, list) else [axis]
            if any(a >= len(shape) or a < -len(shape) for a in axes):
                continue
            for keepdims in (False, True):
                options = {'keepdims': keepdims} if axis is None else {'axis': axis, 'keepdims': keepdims}
                yield {'args': [random_tensor(shape)], 'options': options}
    yield {'args': [random_tensor([2, 3])], 'options': {'axis': 2}, 'note': 'axis out of range'}
    yield {'args': [random_tensor([2, 3])], 'options': {'axis': [0, 0]}, 'note': 'axis given twice'}
    if dtype in FLOATS:
        rows = [[1.0, 2.0, 2.0], [float('nan'), 1.0, 2.0], [float('inf'), 1.0, -1.0], [float('-inf'), float('inf'), 0.0],
                [0.0, 3.0, 4.0], [0.0, 0.0, 5.0]]
        yield {'args': [given([v for r in rows for v in r], [6, 3])], 'options': {'axis': 1},
               'note': 'special values, ties, zeros'}
    elif dtype != 'bool':
        yield {'args': [given([5, 5, 1, 0, 5, 5], [2, 3])], 'options': {'axis': 1}, 'note': 'ties, zeros'}
    for axis in (given_axis([], 1), given_axis([1], [0], 'int64'), given_axis([2], [-1, 0]), given_axis([0], [])):
        yield {'args': [random_tensor([3, 2])], 'options': {'axis': axis}, 'note': 'axes as a tensor'}
    yield {'args': [random_tensor([2, 3])], 'options': {'axis': given_axis([], 2)}, 'note': 'a tensor, out of range'}
    yield {'args': [random_tensor([2, 3])], 'options': {'axis': given_axis([], 0, 'float32')}, 'note': 'a float axis'}


STANDARD = {'unary': unary_examples, 'binary': binary_examples, 'compare': binary_examples,
            'reduction': reduction_examples}


# ---- one definition → one file --------------------------------------------------------------------------


def is_telling(example):
    """Of the standard examples, those that show a dtype: a plain one, broadcasting, one axis, special values."""
    if 'note' in example:
        return any(word in example['note'] for word in ('special values', 'ties', 'by zero'))
    shapes = [a['tensor']['shape'] for a in example['args']]
    options = example.get('options', {})
    return shapes in ([[7]], [[3, 1], [1, 4]], [[3, 4]]) and not options.get('keepdims') and options.get('axis') != []


def few_cases_of(definition, fn):
    """A few cases of each dtype in FEW that TensorFlow has a kernel for."""
    dtypes = definition.get('dtypes') or []
    examples = definition.get('examples')
    if definition['name'] == 'cast':  # from and to each dtype
        for index, example in enumerate(examples):
            if example['args'][0]['tensor']['shape'] == [2, 3]:
                for dtype in dtypes:
                    if dtype in FEW or example['args'][1] in FEW:
                        yield run_case(fn, definition, example, dtype, index)
        return
    for dtype in dtypes:
        if dtype not in FEW:
            continue
        if examples:
            free = [(i, e) for i, e in enumerate(examples)
                    if any('dtype' not in s for a in [*e.get('args', []), *(e.get('options') or {}).values()]
                           for s in tensors_in(a))]
            made = [run_case(fn, definition, e, dtype, i) for i, e in free[:3]]
        else:
            made = [run_case(fn, definition, e, dtype, i)
                    for i, e in enumerate(STANDARD[definition['kind']](definition, dtype)) if is_telling(e)]
        if not all('error' in c for c in made):
            yield from made


def cases_of(definition, fn):
    dtypes = definition.get('dtypes') or ['float32']
    if definition.get('examples'):
        for index, example in enumerate(definition['examples']):
            specs = [s for a in [*example.get('args', []), *(example.get('options') or {}).values()]
                     for s in tensors_in(a)]
            free = any('dtype' not in s for s in specs)
            for dtype in dtypes if free else dtypes[:1]:
                yield run_case(fn, definition, example, dtype, index)
        return
    if definition['kind'] not in STANDARD:
        raise ValueError(f"{definition['name']}: kind {definition['kind']} has no standard examples and the definition gives none")
    for dtype in dtypes:
        made = [run_case(fn, definition, e, dtype, i) for i, e in enumerate(STANDARD[definition['kind']](definition, dtype))]
        if all('error' in c for c in made):  # TensorFlow lacks this dtype: once is enough
            made = [{**made[0], 'note': f'TensorFlow has no {dtype} kernel'}]
        yield from made


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('registry')
    parser.add_argument('--only', help='names of ops, separated by commas')
    parser.add_argument('--few', action='store_true', help='a few cases of the dtypes in FEW')
    parser.add_argument('--out')
    options = parser.parse_args()
    one_thread()
    with open(options.registry, encoding='utf-8') as f:
        definitions = json.load(f)
    only = set(options.only.split(',')) if options.only else None
    out = options.out or os.path.join(FIXTURES, 'dtypes' if options.few else 'ops')
    failures, skipped, written = [], [], 0
    for definition in definitions:
        if only and definition['name'] not in only:
            continue
        if not definition.get('tf'):
            skipped.append(definition['name'])
            continue
        try:
            fn = resolve(definition['tf'])
            cases = list(few_cases_of(definition, fn) if options.few else cases_of(definition, fn))
        except Exception as e:
            failures.append(f"{definition['name']}: {type(e).__name__}: {e}")
            continue
        header = {'op': definition['name'], 'tf': definition['tf'], 'versions': versions(), 'seed': 'crc32(name#index of the example)'}
        if options.few and not cases:
            continue
        size = write_lines(os.path.join(out, f"{definition['name']}.json"), header, 'cases', cases)
        written += 1
        wrong = [c for c in cases if 'error' in c and 'note' not in c]
        remark = f', {len(wrong)} raise' if wrong else ''
        print(f"{definition['name']}: {len(cases)} cases{remark}, {size} bytes{' TOO LARGE' if size > MAX_BYTES else ''}")
    print(f'{written} files; without a TensorFlow counterpart: {skipped or "none"}')
    for f in failures:
        print('FAILED', f, file=sys.stderr)
    sys.exit(1 if failures else 0)


if __name__ == '__main__':
    main()
