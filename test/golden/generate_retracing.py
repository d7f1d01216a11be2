"""Records how often TensorFlow traces, and what it says: fixtures/retracing.json.

    python test/golden/generate_retracing.py

A scenario is a list of calls of one tf.function; after each its tracing count is noted, and what it returned or threw, and
the warnings of all. Arguments are written so that both languages can make them: {'t': shape, 'dtype': d} is a tensor of ones,
{'s': value} a host value, {'v': i} variable i, {'l': [...]} a list, {'d': {...}} a dict, {'n': shape} a NumPy array.
"""

import logging
import os

from common import FIXTURES, encode_error, np, one_thread, tf, versions, write_lines


class Warnings(logging.Handler):
    def __init__(self):
        super().__init__(logging.WARNING)
        self.texts = []

    def emit(self, record):
        self.texts.append(record.getMessage())


def t(*shape, dtype='float32'):
    return {'t': list(shape), 'dtype': dtype}


def s(value):
    return {'s': value}


def make(a, variables):
    if 't' in a:
        return tf.ones(a['t'], a['dtype'])
    if 'n' in a:
        return np.ones(a['n'], np.float32)
    if 's' in a:
        return a['s']
    if 'v' in a:
        return variables[a['v']]
    if 'l' in a:
        return [make(x, variables) for x in a['l']]
    return {k: make(x, variables) for k, x in a['d'].items()}


def spec(a):
    if 'l' in a:
        return [spec(x) for x in a['l']]
    if 'd' in a:
        return {k: spec(x) for k, x in a['d'].items()}
    return tf.TensorSpec(a['t'], a['dtype'])


def scenario(cases, log, name, what, calls, **options):
    """`calls` are lists of arguments."""
    if name in cases:
        raise KeyError(f'two scenarios are called {name}')
    variables = [tf.Variable(tf.ones([2])), tf.Variable(tf.ones([2])), tf.Variable(tf.ones([3]))]
    recorded = dict(options)
    if 'input_signature' in options:
        recorded['input_signature'] = options['input_signature']
        options['input_signature'] = [spec(a) for a in options['input_signature']]

    # TensorFlow counts for its warnings by the code's place and name: each scenario has its own.
    place = {}
    exec(compile(f'def {name}(*args):\n    return len(args)', name, 'exec'), place)
    f = tf.function(place[name], autograph=False, **options)
    log.texts.clear()
    results = []
    for args in calls:
        entry = {}
        try:
            f(*[make(a, variables) for a in args])
        except Exception as e:  # a refusal is a fact
            entry['error'] = encode_error(e)
        entry['count'] = f.experimental_get_tracing_count()
        results.append(entry)
    cases[name] = {
        'what': what, 'options': recorded, 'calls': calls, 'results': results, 'warnings': [w for w in log.texts if 'retracing' in w]}


def record(cases, log):
    add = lambda *args, **options: scenario(cases, log, *args, **options)
    add('shapes', 'each shape is a trace', [[t(1)], [t(2)], [t(1)], [t(2, 1)], [t()], [t(2)]])
    add('dtypes', 'each dtype is a trace', [[t(2)], [t(2, dtype='int32')], [t(2, dtype='float64')], [t(2)], [t(2, dtype='bool')]])
    add('numbers', 'each host value is a trace', [[s(1)], [s(2)], [s(1)], [s(2.5)], [s('a')], [s('b')], [s('a')]])
    add('booleans', 'true, false', [[s(True)], [s(False)], [s(True)]])
    add('equal_numbers', '1, 1.0 and True are one to Python', [[s(1)], [s(1.0)], [s(True)]])
    add('none', 'None is a value', [[s(None)], [s(1)], [s(None)]])
    add('mixed', 'tensors beside numbers', [[t(2), s(1)], [t(2), s(2)], [t(3), s(1)], [t(2), s(1)]])
    add('lists', 'structures', [[{'l': [t(1), t(2)]}], [{'l': [t(1), t(2)]}], [{'l': [t(1)]}], [{'l': [t(2), t(1)]}], [t(1)]])
    add('nested', 'structures of numbers', [[{'l': [s(1), t(1)]}], [{'l': [s(2), t(1)]}], [{'l': [s(1), t(1)]}]])
    add('dicts', 'keys', [[{'d': {'a': t(1), 'b': t(2)}}], [{'d': {'a': t(1), 'b': t(2)}}], [{'d': {'a': t(1)}}], [{'d': {'a': t(1), 'c': t(2)}}]])
    add('key_order', 'the order of keys does not count', [[{'d': {'a': t(1), 'b': t(2)}}], [{'d': {'b': t(2), 'a': t(1)}}]])
    add('numpy', 'NumPy arrays are tensors', [[{'n': [2]}], [{'n': [2]}], [t(2)], [{'n': [3]}]])
    add('variables', 'variables', [[{'v': 0}], [{'v': 0}], [{'v': 1}], [{'v': 2}]])
    add('same_variable', 'the same one twice, or two', [[{'v': 0}, {'v': 0}], [{'v': 0}, {'v': 1}], [{'v': 1}, {'v': 1}], [{'v': 1}, {'v': 0}]])
    add('number_of_arguments', 'more arguments', [[t(1)], [t(1), t(1)], [t(1)], []])
    lengths = [[t(n)] for n in (1, 2, 3, 4, 5, 6, 7)]
    add('relaxed', 'reduce_retracing: a dimension that varies', lengths, reduce_retracing=True)
    add('relaxed_ranks', 'ranks', [[t(1)], [t(1, 1)], [t(1, 1, 1)], [t()]], reduce_retracing=True)
    add('relaxed_two', 'two dimensions', [[t(1, 2)], [t(2, 2)], [t(3, 2)], [t(4, 2)], [t(2, 3)], [t(2, 4)], [t(1, 2)], [t(9, 9)]], reduce_retracing=True)
    add('relaxed_dtypes', 'dtypes', [[t(1)], [t(2, dtype='int32')], [t(3)], [t(3, dtype='int32')], [t(4)], [t(4, dtype='int32')]], reduce_retracing=True)
    add('relaxed_numbers', 'host values', [[s(1)], [s(2)], [s(3)], [s(1)]], reduce_retracing=True)
    add('relaxed_arguments', 'two arguments', [[t(1), t(1)], [t(2), t(1)], [t(3), t(1)], [t(3), t(2)], [t(4), t(5)], [t(1), t(1)]], reduce_retracing=True)
    add('relaxed_lists', 'structures', [[{'l': [t(1), t(2)]}], [{'l': [t(2), t(2)]}], [{'l': [t(3), t(2)]}], [{'l': [t(3), t(3)]}]], reduce_retracing=True)
    add('relaxed_mixed', 'numbers beside tensors', [[t(1), s(1)], [t(2), s(1)], [t(3), s(1)], [t(3), s(2)], [t(4), s(2)]], reduce_retracing=True)
    add('signature', 'null dimensions', lengths + [[t(2, 2)], [t(2, dtype='int32')], [t(2), t(2)], []],
        input_signature=[{'t': [None], 'dtype': 'float32'}])
    add('signature_matrix', 'a known dimension', [[t(1, 3)], [t(5, 3)], [t(5, 4)], [t(3)], [{'n': [2, 3]}]],
        input_signature=[{'t': [None, 3], 'dtype': 'float32'}])
    add('signature_any', 'any shape', [[t(1)], [t(2, 3)], [t()], [t(1, dtype='int32')]], input_signature=[{'t': None, 'dtype': 'float32'}])
    add('signature_numbers', 'numbers become tensors', [[s(1.5)], [s(2.5)], [{'l': [s(1.0), s(2.0)]}], [s('a')]],
        input_signature=[{'t': [], 'dtype': 'float32'}])
    add('signature_structure', 'a dict', [[{'d': {'a': t(1)}}], [{'d': {'a': t(2)}}], [{'d': {'b': t(2)}}]],
        input_signature=[{'d': {'a': {'t': [None], 'dtype': 'float32'}}}])
    add('warning', 'five traces in a row', [[t(n)] for n in range(1, 9)])
    add('warning_spread', 'two calls to a trace', [[t(n // 2)] for n in range(2, 20)])
    add('warning_seldom', 'many calls to a trace', [[t(n // 4)] for n in range(4, 32)])
    add('warning_late', 'calls, then traces', [[t(1)]] * 12 + [[t(n)] for n in range(2, 9)])


def first_calls(cases):
    """Variables that are made inside."""

    def note(name, what, calls, f):
        results = []
        for args in calls:
            entry = {}
            try:
                entry['value'] = float(f(*args))
            except Exception as e:
                entry['error'] = encode_error(e)
            entry['count'] = f.experimental_get_tracing_count()
            results.append(entry)
        cases[name] = {'what': what, 'results': results}

    kept = {}

    @tf.function(autograph=False)
    def once(x):
        if 'v' not in kept:
            kept['v'] = tf.Variable(1.0)
        kept['v'].assign_add(x)
        return kept['v'].read_value()

    note('made/once', 'a variable made on the first call', [[tf.constant(1.0)]] * 3 + [[tf.constant([1.0])]], once)

    @tf.function(autograph=False)
    def always(x):
        return tf.Variable(1.0) + x

    note('made/always', 'a variable made on every call', [[tf.constant(1.0)]] * 2, always)

    count = {'n': 0}

    @tf.function(autograph=False)
    def captured(x):
        return tf.reduce_sum(x) + float(count['n'])

    def bumped(x):
        count['n'] += 1
        return captured(x)

    bumped.experimental_get_tracing_count = captured.experimental_get_tracing_count
    note('made/closure', 'host values around it are those of the trace',
         [[tf.constant(1.0)], [tf.constant(1.0)], [tf.constant([1.0])], [tf.constant(1.0)]], bumped)


def main():
    one_thread()
    log = Warnings()
    logger = tf.get_logger()
    logger.handlers = [log]
    cases = {}
    record(cases, log)
    first_calls(cases)
    size = write_lines(os.path.join(FIXTURES, 'retracing.json'), {'versions': versions()}, 'cases', cases)
    print(f'{len(cases)} cases, {size} bytes')


if __name__ == '__main__':
    main()
