"""What every recorder shares: exact encoding of values, seeds, the fixture header."""

import binascii
import json
import math
import os
import platform
import random
import re

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
# oneDNN's kernels differ with the CPU, and lose NaNs (softmax of [NaN, 1] is [NaN, 0] there): record Eigen's.
os.environ['TF_ENABLE_ONEDNN_OPTS'] = '0'

import keras
import numpy as np
import tensorflow as tf

HERE = os.path.dirname(os.path.abspath(__file__))
FIXTURES = os.path.join(HERE, 'fixtures')


def one_thread():
    """One thread: sums then have one order, so that a second run writes the same bytes."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)


def versions():
    return {
        'tensorflow': tf.__version__,
        'keras': keras.__version__,
        'numpy': np.__version__,
        'python': platform.python_version(),
    }


# ---- numbers -------------------------------------------------------------------------------------


def encode_float(x, kind):
    """The shortest JSON number that reads back as exactly x; a string for what JSON cannot say."""
    v = float(x)
    if math.isnan(v):
        return 'NaN'
    if math.isinf(v):
        return 'Infinity' if v > 0 else '-Infinity'
    if v == 0:
        return '-0' if math.copysign(1, v) < 0 else 0
    if kind == np.float32:
        short = float(str(np.float32(x)))
        v = short if np.float32(short) == np.float32(x) else v
    if v == int(v) and abs(v) < 2**53:
        return int(v)
    return v


def encode_array(a):
    """Flat list of a NumPy array's elements, row-major."""
    a = np.asarray(a)
    flat = a.reshape(-1)
    if a.dtype == np.bool_:
        return [bool(x) for x in flat]
    if a.dtype.kind in 'iu':
        return [int(x) if abs(int(x)) <= 2**53 else str(int(x)) for x in flat]
    if a.dtype.kind == 'f' or a.dtype.name == 'bfloat16':
        kind = np.float32 if a.dtype == np.float32 else np.float64
        return [encode_float(x, kind) for x in flat]
    if a.dtype.kind == 'c':
        part = np.float32 if a.dtype == np.complex64 else np.float64
        return [[encode_float(x.real, part), encode_float(x.imag, part)] for x in flat]
    if a.dtype.kind in 'OSU':
        return [x.decode('utf-8', 'surrogateescape') if isinstance(x, bytes) else str(x) for x in flat]
    raise TypeError(f'no encoding for {a.dtype}')


def dtype_name(t):
    name = t.dtype.name if hasattr(t.dtype, 'name') else str(np.asarray(t).dtype)
    return 'string' if name.startswith(('str', 'bytes')) else name


def encode_tensor(t):
    a = t.numpy() if hasattr(t, 'numpy') else np.asarray(t)
    return {'shape': list(np.shape(a)), 'dtype': dtype_name(t), 'values': encode_array(a)}


def encode(x):
    """Tensors, variables, IndexedSlices, and nested lists and dicts of them and of host values."""
    if isinstance(x, tf.IndexedSlices):
        return {
            'indexedSlices': True,
            'values': encode(x.values),
            'indices': encode(x.indices),
            'denseShape': encode(x.dense_shape),
        }
    if isinstance(x, (tf.Tensor, tf.Variable, np.ndarray)):
        return encode_tensor(x)
    if isinstance(x, np.generic):
        return encode_array(x)[0]
    if isinstance(x, dict):
        return {k: encode(v) for k, v in x.items()}
    if isinstance(x, (list, tuple)):
        return [encode(v) for v in x]
    if isinstance(x, tf.TensorShape):
        return None if x.rank is None else x.as_list()
    if isinstance(x, tf.DType):
        return x.name
    if isinstance(x, float):
        return encode_float(x, np.float64)
    if x is None or isinstance(x, (bool, int, str)):
        return x
    raise TypeError(f'no encoding for {type(x)}')


def error_class(e):
    return type(e).__name__.lstrip('_')


def error_text(e):
    """The message without the node names and the "[Op:…]" that TensorFlow wraps around it."""
    text = e.message if isinstance(e, tf.errors.OpError) else str(e)
    text = re.sub(r'\{\{(function_)?node [^}]*\}\} ?', '', text)
    text = re.sub(r'\s*\[Op:\w+\](\s*name:.*)?\s*$', '', text)
    text = re.split(r'\n\s*(?:Registered devices|; NodeDef)', text)[0]  # lists of kernels: kilobytes, no facts of ours
    return re.sub(r'0x[0-9a-f]{6,}', '0x…', text).strip()


def encode_error(e):
    return {'class': error_class(e), 'message': error_text(e)}


# ---- deterministic data ----------------------------------------------------------------------------


def seed_of(name, index):
    return binascii.crc32(f'{name}#{index}'.encode())


def generator(seed):
    """Python's Mersenne Twister: its stream is fixed for all versions, which NumPy's is not."""
    return random.Random(seed)


# ---- files ----------------------------------------------------------------------------------------


def dumps(value):
    return json.dumps(value, separators=(',', ':'), allow_nan=False, ensure_ascii=False)


def write_lines(path, header, key, rows):
    """header's fields, then `key` as a list (or an object, if rows is a dict) with one row to a line."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    head = dumps(header)[1:-1]
    if isinstance(rows, dict):
        lines = [f'{dumps(k)}:{dumps(v)}' for k, v in rows.items()]
        opening, closing = '{', '}'
    else:
        lines = [dumps(r) for r in rows]
        opening, closing = '[', ']'
    text = '{' + head + f',{dumps(key)}:{opening}\n' + ',\n'.join(lines) + f'\n{closing}' + '}\n'
    json.loads(text)
    with open(path, 'w', encoding='utf-8') as f:
        f.write(text)
    return len(text)
