"""Facts about Variable and IndexedSlices."""

from common import np, tf
from semantics_common import c


def slices(indices, values, dense_shape=None, dtype=tf.float32, index_dtype=tf.int32):
    return tf.IndexedSlices(c(values, dtype), c(indices, index_dtype), None if dense_shape is None else c(dense_shape, tf.int32))


def record(case):
    construction(case)
    assignment(case)
    sliced(case)
    scatter(case)
    scatter_nd(case)
    batch_scatter(case)
    counting(case)
    indexed_slices(case)
    sparse_gradients(case)


def construction(case):
    def facts(v):
        return {'shape': v.shape, 'dtype': v.dtype, 'trainable': v.trainable, 'name': v.name, 'value': v.numpy(), 'str': str(v), 'repr': repr(v)}

    case('variable/float', 'Variable([[1, 2]], name w)', {}, lambda: facts(tf.Variable([[1.0, 2.0]], name='w')))
    case('variable/int', 'Variable([1, 2])', {}, lambda: facts(tf.Variable([1, 2])))
    case('variable/bool', 'Variable(true)', {}, lambda: facts(tf.Variable(True)))
    case('variable/dtype', 'Variable([1, 2], dtype float64)', {}, lambda: facts(tf.Variable([1, 2], dtype=tf.float64)))
    case('variable/callable', 'Variable(() => [1, 2])', {}, lambda: facts(tf.Variable(lambda: tf.constant([1.0, 2.0]))))
    case('variable/frozen', 'Variable(1, trainable false)', {}, lambda: facts(tf.Variable(1.0, trainable=False)))
    case('variable/no_value', 'Variable()', {}, lambda: tf.Variable())
    case('variable/null_value', 'Variable(None)', {}, lambda: tf.Variable(None))
    case('variable/dtype_mismatch', 'Variable(int32 tensor, dtype float32)', {}, lambda: tf.Variable(c([1, 2], tf.int32), dtype=tf.float32))
    case('variable/shape_mismatch', 'Variable([1, 2], shape [3])', {}, lambda: tf.Variable([1.0, 2.0], shape=[3]))

    def from_variable():
        v = tf.Variable([1.0, 2.0])
        w = tf.Variable(v)
        v.assign([5.0, 6.0])
        return w.numpy()

    case('variable/from_variable', 'Variable(v), then v.assign([5, 6])', {'v': [1.0, 2.0]}, from_variable)

    def unknown_shape():
        v = tf.Variable([1.0, 2.0], shape=tf.TensorShape([None]))
        v.assign([1.0, 2.0, 3.0])
        return {'value': v.numpy(), 'shape': v.shape, 'readShape': v.read_value().shape}

    case('variable/unknown_shape', 'Variable([1, 2], shape [None]).assign([1, 2, 3])', {}, unknown_shape)
    case('variable/unknown_shape_mismatch', 'shape [None], assign of rank 2', {},
         lambda: tf.Variable([1.0, 2.0], shape=tf.TensorShape([None])).assign([[1.0, 2.0]]))

    def constraint():
        v = tf.Variable([-1.0, 2.0], constraint=tf.nn.relu)
        v.assign([-5.0, 3.0])
        return v.numpy()

    case('variable/constraint', 'constraint relu, assign([-5, 3]): not applied by assign itself', {}, constraint)
    case('variable/len', 'len(v)', {}, lambda: len(tf.Variable([1.0, 2.0])))
    case('variable/hash', 'hash(v)', {}, lambda: hash(tf.Variable([1.0, 2.0])))
    case('variable/bool_many', 'bool(v) of two elements', {}, lambda: bool(tf.Variable([1.0, 2.0])))


def assignment(case):
    def after(method, value, start=(1.0, 2.0), **options):
        def run():
            v = tf.Variable(list(start) if isinstance(start, tuple) else start, name='b')
            returned = getattr(v, method)(value() if callable(value) else value, **options)
            return {'value': v.numpy(), 'returned': None if returned is None else returned.numpy(), 'sameObject': returned is v}

        return run

    case('assign/assign', 'assign([3, 4])', {'v': [1.0, 2.0]}, after('assign', [3.0, 4.0]))
    case('assign/add', 'assignAdd([3, 4])', {'v': [1.0, 2.0]}, after('assign_add', [3.0, 4.0]))
    case('assign/sub', 'assignSub([3, 4])', {'v': [1.0, 2.0]}, after('assign_sub', [3.0, 4.0]))
    case('assign/read_value_false', 'assign([3, 4], readValue false)', {'v': [1.0, 2.0]}, after('assign', [3.0, 4.0], read_value=False))
    case('assign/shape_mismatch', 'assign of shape [3] to [2]', {'v': [1.0, 2.0]}, after('assign', [1.0, 2.0, 3.0]))
    case('assign/scalar', 'assign(3): no broadcasting', {'v': [1.0, 2.0]}, after('assign', 3.0))
    case('assign/add_scalar', 'assignAdd(1): no broadcasting', {'v': [1.0, 2.0]}, after('assign_add', 1.0))
    case('assign/sub_scalar', 'assignSub(1): no broadcasting', {'v': [1.0, 2.0]}, after('assign_sub', 1.0))
    case('assign/add_shape', 'assignAdd of shape [3]', {'v': [1.0, 2.0]}, after('assign_add', [1.0, 2.0, 3.0]))
    case('assign/tensor_dtype', 'assign(int32 tensor)', {'v': [1.0, 2.0]}, after('assign', lambda: c([1, 2], tf.int32)))
    case('assign/add_tensor_dtype', 'assignAdd(int32 tensor)', {'v': [1.0, 2.0]}, after('assign_add', lambda: c([1, 2], tf.int32)))
    case('assign/host_ints', 'assign of host integers', {'v': [1.0, 2.0]}, after('assign', [3, 4]))
    case('assign/float_to_int', 'int32 variable, assign([1.5, 2.5])', {'v': [1, 2]}, after('assign', [1.5, 2.5], (1, 2)))
    case('assign/add_bool', 'bool variable, assignAdd(true)', {'v': True}, after('assign_add', True, True))
    case('assign/variable', 'assign(another variable)', {'v': [1.0, 2.0]}, after('assign', lambda: tf.Variable([7.0, 8.0])))
    case('assign/indexed_slices', 'assign(IndexedSlices [0, 2, 0] [1, 2, 4] of shape [3])', {'v': [1.0, 2.0, 3.0]},
         after('assign', lambda: slices([0, 2, 0], [1.0, 2.0, 4.0], [3]), (1.0, 2.0, 3.0)))
    case('assign/sub_indexed_slices', 'assignSub(IndexedSlices)', {'v': [1.0, 2.0, 3.0]},
         after('assign_sub', lambda: slices([0, 2, 0], [1.0, 2.0, 4.0], [3]), (1.0, 2.0, 3.0)))
    case('assign/add_indexed_slices', 'assignAdd(IndexedSlices)', {'v': [1.0, 2.0, 3.0]},
         after('assign_add', lambda: slices([0, 2, 0], [1.0, 2.0, 4.0], [3]), (1.0, 2.0, 3.0)))

    def old_values():
        v = tf.Variable([1.0, 2.0, 3.0])
        reads = [v.read_value()]
        v.assign_add([10.0, 10.0, 10.0])
        reads.append(v.value())
        v.scatter_update(slices([1], [99.0]))
        reads.append(v + 0.0)
        v[0:1].assign([-1.0])
        reads.append(v.read_value())
        v.assign_sub([1.0, 1.0, 1.0])
        return {'reads': reads, 'final': v.numpy()}

    case('assign/old_values_stay', 'read; assignAdd(10); read; scatterUpdate([1], 99); read; v[0:1].assign(-1); read; assignSub(1)',
         {'v': [1.0, 2.0, 3.0]}, old_values)

    def chained():
        v = tf.Variable([1.0, 2.0])
        v.assign([3.0, 4.0]).assign_add([1.0, 1.0])
        return v.numpy()

    case('assign/chained', 'assign([3, 4]).assignAdd([1, 1])', {'v': [1.0, 2.0]}, chained)

    def plus_equals():
        v = tf.Variable([1.0, 2.0])
        v += 1.0

    case('assign/plus_equals', 'v += 1', {'v': [1.0, 2.0]}, plus_equals)

    def self_assign():
        v = tf.Variable([1.0, 2.0])
        v.assign(v)
        v.assign_add(v)
        return v.numpy()

    case('assign/self', 'v.assign(v); v.assignAdd(v)', {'v': [1.0, 2.0]}, self_assign)

    def int_wrap():
        v = tf.Variable(np.int32(2**31 - 1))
        v.assign_add(1)
        return v.numpy()

    case('assign/int_wraps', 'int32 max, assignAdd(1)', {}, int_wrap)


def sliced(case):
    def run(index, value, start=(1.0, 2.0, 3.0, 4.0)):
        def go():
            v = tf.Variable(np.array(start, np.float32), name='v')
            v[index].assign(value)
            return v.numpy()

        return go

    s = slice
    grid = ((1.0, 2.0, 3.0), (4.0, 5.0, 6.0))
    case('sliced/range', 'v[1:3].assign([20, 30])', {'v': [1, 2, 3, 4]}, run(s(1, 3), [20.0, 30.0]))
    case('sliced/reversed', 'v[::-1].assign([1, 2, 3, 4]·10)', {'v': [1, 2, 3, 4]}, run(s(None, None, -1), [10.0, 20.0, 30.0, 40.0]))
    case('sliced/step', 'v[::2].assign([10, 30])', {'v': [1, 2, 3, 4]}, run(s(None, None, 2), [10.0, 30.0]))
    case('sliced/index', 'v[2].assign(30)', {'v': [1, 2, 3, 4]}, run(2, 30.0))
    case('sliced/negative_index', 'v[-1].assign(40)', {'v': [1, 2, 3, 4]}, run(-1, 40.0))
    case('sliced/scalar_broadcast', 'v[1:3].assign(7)', {'v': [1, 2, 3, 4]}, run(s(1, 3), 7.0))
    case('sliced/one_broadcast', 'v[1:3].assign([7])', {'v': [1, 2, 3, 4]}, run(s(1, 3), [7.0]))
    case('sliced/wrong_shape', 'v[1:3].assign([1, 2, 3])', {'v': [1, 2, 3, 4]}, run(s(1, 3), [1.0, 2.0, 3.0]))
    case('sliced/column', 'v[:, 1].assign([20, 50])', {'v': grid}, run((s(None), 1), [20.0, 50.0], grid))
    case('sliced/row', 'v[1].assign([7, 8, 9])', {'v': grid}, run(1, [7.0, 8.0, 9.0], grid))
    case('sliced/row_broadcast', 'v[:, 1:].assign([8, 9])', {'v': grid}, run((s(None), s(1, None)), [8.0, 9.0], grid))
    case('sliced/block', 'v[:, 1:].assign([[8, 9], [1, 2]])', {'v': grid}, run((s(None), s(1, None)), [[8.0, 9.0], [1.0, 2.0]], grid))
    case('sliced/ellipsis', 'v[..., 0].assign([10, 40])', {'v': grid}, run((Ellipsis, 0), [10.0, 40.0], grid))
    case('sliced/newaxis', 'v[None, 1].assign([[7, 8, 9]])', {'v': grid}, run((None, 1), [[7.0, 8.0, 9.0]], grid))
    case('sliced/empty', 'v[2:2].assign([])', {'v': [1, 2, 3, 4]}, run(s(2, 2), []))
    case('sliced/out_of_bounds', 'v[9].assign(1)', {'v': [1, 2, 3, 4]}, run(9, 1.0))
    case('sliced/clamped', 'v[2:99].assign([30, 40])', {'v': [1, 2, 3, 4]}, run(s(2, 99), [30.0, 40.0]))
    case('sliced/assign_add', 'v[1:3].assignAdd', {}, lambda: tf.Variable([1.0, 2.0, 3.0])[1:3].assign_add([1.0, 1.0]))

    def returned():
        v = tf.Variable([1.0, 2.0, 3.0, 4.0])
        return v[1:3].assign([20.0, 30.0]).numpy()

    case('sliced/returned', 'what v[1:3].assign([20, 30]) returns', {'v': [1, 2, 3, 4]}, returned)

    def reading():
        v = tf.Variable([1.0, 2.0, 3.0, 4.0])
        with tf.GradientTape() as t:
            y = v[1:3] * [10.0, 100.0]
        return t.gradient(y, v)

    case('sliced/gradient', 'gradient of v[1:3]·[10, 100] is dense', {'v': [1, 2, 3, 4]}, reading)


METHODS = ('scatter_update', 'scatter_add', 'scatter_sub', 'scatter_mul', 'scatter_div', 'scatter_min', 'scatter_max')


def scatter(case):
    def run(method, indices, values, start, dtype=tf.float32, index_dtype=tf.int32):
        def go():
            v = tf.Variable(start, dtype=dtype, name='v')
            getattr(v, method)(slices(indices, values, None, dtype, index_dtype))
            return v.numpy()

        return go

    one, rows = [1.0, 2.0, 3.0, 4.0], [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    for m in METHODS:
        case(f'{m}/duplicates', f'{m} indices [0,2,2], values [10,.5,2]', {'v': one, 'indices': [0, 2, 2], 'values': [10.0, 0.5, 2.0]},
             run(m, [0, 2, 2], [10.0, 0.5, 2.0], one))
        case(f'{m}/int64_indices', 'int64 indices', {'v': one, 'indices': [3, 1], 'values': [8.0, 5.0]},
             run(m, [3, 1], [8.0, 5.0], one, index_dtype=tf.int64))
        case(f'{m}/scalar', 'one value for three indices', {'v': one, 'indices': [0, 2, 2], 'values': 3.0}, run(m, [0, 2, 2], 3.0, one))
        case(f'{m}/scalar_index', 'scalar index and value', {'v': one, 'indices': 1, 'values': 5.0}, run(m, 1, 5.0, one))
        case(f'{m}/rows', 'rows of a matrix, duplicate', {'v': rows, 'indices': [2, 0, 2], 'values': [[1.0, 2.0], [3.0, 4.0], [5.0, 0.5]]},
             run(m, [2, 0, 2], [[1.0, 2.0], [3.0, 4.0], [5.0, 0.5]], rows))
        case(f'{m}/index_matrix', 'indices of shape [2,2]', {'v': one, 'indices': [[0, 1], [3, 0]], 'values': [[5.0, 6.0], [7.0, 8.0]]},
             run(m, [[0, 1], [3, 0]], [[5.0, 6.0], [7.0, 8.0]], one))
        case(f'{m}/empty', 'no indices', {'v': one, 'indices': [], 'values': []}, run(m, [], [], one))
        case(f'{m}/int', 'an int32 variable', {'v': [10, 20, 30], 'indices': [1, 1], 'values': [3, 4]}, run(m, [1, 1], [3, 4], [10, 20, 30], tf.int32))
        case(f'{m}/out_of_range', 'index 5 of 2', {'v': [1.0, 2.0], 'indices': [5], 'values': [1.0]}, run(m, [5], [1.0], [1.0, 2.0]))
        case(f'{m}/negative', 'index -1', {'v': [1.0, 2.0], 'indices': [0, -1], 'values': [1.0, 2.0]}, run(m, [0, -1], [1.0, 2.0], [1.0, 2.0]))
        case(f'{m}/wrong_values', 'three values for two indices', {'v': one, 'indices': [0, 1], 'values': [1.0, 2.0, 3.0]},
             run(m, [0, 1], [1.0, 2.0, 3.0], one))
        case(f'{m}/wrong_rows', 'rows of length 3 for a matrix of width 2: TensorFlow does not notice', {'v': rows}, run(m, [0], [[1.0, 2.0, 3.0]], rows))
        case(f'{m}/not_slices', 'a tensor where IndexedSlices are wanted', {'v': one},
             lambda m=m: getattr(tf.Variable(one), m)(c([1.0])))
        case(f'{m}/dtype', 'float64 values for a float32 variable', {'v': one},
             lambda m=m: getattr(tf.Variable(one), m)(slices([0], [1.0], None, tf.float64)))

    def partial():
        v = tf.Variable([1.0, 2.0])
        try:
            v.scatter_update(slices([0, 5], [10.0, 20.0]))
        except tf.errors.InvalidArgumentError:
            pass
        return v.numpy()

    case('scatter_update/after_error', 'indices [0, 5]: what a failed update leaves behind', {'v': [1.0, 2.0]}, partial)
    case('scatter_div/int_by_zero', 'int32 variable divided by 0', {'v': [10, 20]}, run('scatter_div', [0], [0], [10, 20], tf.int32))
    case('scatter_div/int_negative', 'int32: -7 / 2, 7 / -2', {'v': [-7, 7]}, run('scatter_div', [0, 1], [2, -2], [-7, 7], tf.int32))
    case('scatter_update/bool', 'bool variable', {'v': [True, True]}, run('scatter_update', [1], [False], [True, True], tf.bool))
    case('scatter_max/nan', 'NaN against numbers', {'v': ['NaN', 1.0], 'values': [1.0, 'NaN']}, run('scatter_max', [0, 1], [1.0, np.nan], [np.nan, 1.0]))
    case('scatter_min/nan', 'NaN against numbers', {'v': ['NaN', 1.0], 'values': [1.0, 'NaN']}, run('scatter_min', [0, 1], [1.0, np.nan], [np.nan, 1.0]))

    def returned():
        v = tf.Variable(one)
        r = v.scatter_add(slices([0], [1.0]))
        return {'returned': r.numpy(), 'sameObject': r is v}

    case('scatter_add/returned', 'what scatterAdd returns', {'v': one}, returned)


def scatter_nd(case):
    def run(method, indices, values, start, dtype=tf.float32):
        def go():
            v = tf.Variable(start, dtype=dtype, name='v')
            getattr(v, method)(c(indices, tf.int32), c(values, dtype))
            return v.numpy()

        return go

    eight = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]
    grid = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    for m in ('scatter_nd_update', 'scatter_nd_add', 'scatter_nd_sub', 'scatter_nd_min', 'scatter_nd_max'):
        case(f'{m}/elements', 'elements of a vector', {'v': eight, 'indices': [[4], [3], [1], [7]], 'values': [9.0, 10.0, 11.0, 12.0]},
             run(m, [[4], [3], [1], [7]], [9.0, 10.0, 11.0, 12.0], eight))
        case(f'{m}/duplicates', 'the same element twice', {'v': eight, 'indices': [[1], [1], [0]], 'values': [5.0, -3.0, 2.0]},
             run(m, [[1], [1], [0]], [5.0, -3.0, 2.0], eight))
        case(f'{m}/matrix', 'elements of a matrix', {'v': grid, 'indices': [[0, 2], [1, 0]], 'values': [9.0, -9.0]},
             run(m, [[0, 2], [1, 0]], [9.0, -9.0], grid))
        case(f'{m}/rows', 'rows of a matrix', {'v': grid, 'indices': [[1]], 'values': [[9.0, 0.0, -9.0]]}, run(m, [[1]], [[9.0, 0.0, -9.0]], grid))
        case(f'{m}/out_of_range', 'index 9 of 8', {'v': eight, 'indices': [[9]], 'values': [1.0]}, run(m, [[9]], [1.0], eight))
        case(f'{m}/negative', 'index -1', {'v': eight, 'indices': [[0], [-1]], 'values': [1.0, 2.0]}, run(m, [[0], [-1]], [1.0, 2.0], eight))
        case(f'{m}/wrong_values', 'two values for one index', {'v': eight, 'indices': [[0]], 'values': [1.0, 2.0]}, run(m, [[0]], [1.0, 2.0], eight))
        case(f'{m}/too_deep', 'index depth 3 for a matrix', {'v': grid, 'indices': [[0, 0, 0]], 'values': [1.0]}, run(m, [[0, 0, 0]], [1.0], grid))


def batch_scatter(case):
    def run(indices, values, start):
        def go():
            v = tf.Variable(start, name='v')
            v.batch_scatter_update(slices(indices, values))
            return v.numpy()

        return go

    grid = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    cube = [[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]
    case('batch_scatter_update/elements', 'indices [[0,1],[1,2]]', {'v': grid, 'indices': [[0, 1], [1, 2]], 'values': [[9.0, 8.0], [7.0, 6.0]]},
         run([[0, 1], [1, 2]], [[9.0, 8.0], [7.0, 6.0]], grid))
    case('batch_scatter_update/duplicates', 'indices [[0,0],[2,2]]: last wins', {'v': grid, 'indices': [[0, 0], [2, 2]], 'values': [[9.0, 8.0], [7.0, 6.0]]},
         run([[0, 0], [2, 2]], [[9.0, 8.0], [7.0, 6.0]], grid))
    case('batch_scatter_update/rows', 'rows within a batch', {'v': cube, 'indices': [[1], [0]], 'values': [[[30.0, 40.0]], [[50.0, 60.0]]]},
         run([[1], [0]], [[[30.0, 40.0]], [[50.0, 60.0]]], cube))
    case('batch_scatter_update/out_of_range', 'index 3 of 3', {'v': grid}, run([[0, 3], [1, 2]], [[9.0, 8.0], [7.0, 6.0]], grid))


def counting(case):
    def run(start, limit, times, dtype=tf.int32):
        def go():
            v = tf.Variable(start, dtype=dtype)
            return {'returned': [v.count_up_to(limit) for _ in range(times)], 'value': v.numpy()}

        return go

    case('count_up_to/twice', 'from 0, limit 2, twice', {}, run(0, 2, 2))
    case('count_up_to/limit', 'from 0, limit 2, three times', {}, run(0, 2, 3))
    case('count_up_to/int64', 'int64', {}, run(5, 7, 2, tf.int64))
    case('count_up_to/float', 'a float variable', {}, run(0.0, 2, 1, tf.float32))
    case('count_up_to/vector', 'a vector variable', {}, run([0, 1], 2, 1))

    def after_limit():
        v = tf.Variable(2)
        try:
            v.count_up_to(2)
        except tf.errors.OutOfRangeError:
            pass
        return v.numpy()

    case('count_up_to/value_after_error', 'the value after the limit was hit', {'v': 2}, after_limit)


def indexed_slices(case):
    s = slices([0, 2, 0], [1.0, 2.0, 4.0], [3])
    case('indexed_slices/fields', 'values, indices, denseShape', {}, lambda: s)
    case('indexed_slices/shape', 'shape and dtype', {}, lambda: {'shape': s.shape, 'dtype': s.dtype})
    case('indexed_slices/dense', 'convertToTensor sums duplicates', {}, lambda: tf.convert_to_tensor(s))
    case('indexed_slices/dense_rows', 'rows', {}, lambda: tf.convert_to_tensor(slices([1, 1], [[1.0, 2.0], [3.0, 4.0]], [3, 2])))
    case('indexed_slices/dense_no_shape', 'convertToTensor without denseShape', {}, lambda: tf.convert_to_tensor(slices([0], [1.0])))
    case('indexed_slices/negative', '-s', {}, lambda: -s)
    case('indexed_slices/scalar_mul', 'scalarMul(3, s)', {}, lambda: tf.math.scalar_mul(3.0, s))
    case('indexed_slices/plus', 's + s', {}, lambda: s + s)
    case('indexed_slices/times', 's * 2', {}, lambda: s * 2.0)
    case('indexed_slices/add_dense', 'tf.add(s, ones [3]) densifies', {}, lambda: tf.add(s, tf.ones([3])))
    case('indexed_slices/multiply', 'tf.multiply(s, 2) densifies', {}, lambda: tf.multiply(s, 2.0))
    case('indexed_slices/add_n', 'addN([s, s])', {}, lambda: tf.add_n([s, s]))
    case('indexed_slices/global_norm', 'globalNorm([s]): duplicates not summed', {}, lambda: tf.linalg.global_norm([s]))
    case('indexed_slices/clip_by_global_norm', 'clipByGlobalNorm([s], 1)', {}, lambda: list(tf.clip_by_global_norm([s], 1.0)))
    case('indexed_slices/clip_by_norm', 'clipByNorm(s, 1)', {}, lambda: tf.clip_by_norm(s, 1.0))
    case('indexed_slices/str', 'String(s) without addresses', {}, lambda: str(s))


def sparse_gradients(case):
    start = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]]

    def gradient(f, value=start, **options):
        def go():
            v = tf.Variable(value)
            with tf.GradientTape() as t:
                y = f(v)
            return t.gradient(y, v, **options)

        return go

    g = tf.gather
    case('gather/plain', 'gather(v, [3, 0])', {'v': start}, gradient(lambda v: g(v, [3, 0])))
    case('gather/duplicates', 'gather(v, [2, 0, 2])·[[1,2],[3,4],[5,6]]', {'v': start},
         gradient(lambda v: g(v, [2, 0, 2]) * [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]))
    case('gather/output_gradients', 'gather(v, [2, 0, 2]) with outputGradients', {'v': start},
         gradient(lambda v: g(v, [2, 0, 2]), output_gradients=c([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])))
    case('gather/index_matrix', 'gather(v, [[1, 0], [3, 1]])', {'v': start},
         gradient(lambda v: g(v, [[1, 0], [3, 1]]) * tf.reshape(tf.range(8.0), [2, 2, 2])))
    case('gather/scalar_index', 'gather(v, 2)', {'v': start}, gradient(lambda v: g(v, 2)))
    case('gather/int64', 'int64 indices', {'v': start}, gradient(lambda v: g(v, c([3, 0], tf.int64))))
    case('gather/vector', 'gather from a vector variable', {'v': [1.0, 2.0, 3.0]}, gradient(lambda v: g(v, [2, 2]) * [5.0, 7.0], [1.0, 2.0, 3.0]))
    case('gather/axis_1', 'gather(v, [1, 1], axis 1) is dense', {'v': start}, gradient(lambda v: g(v, [1, 1], axis=1)))
    case('gather/batch_dims', 'gather(v, [[1],[0],[1],[1]], batchDims 1) is dense', {'v': start},
         gradient(lambda v: g(v, [[1], [0], [1], [1]], batch_dims=1)))
    case('gather/two', 'gather(v, [3]) and gather(v, [0, 3]): concatenated', {'v': start},
         gradient(lambda v: tf.reduce_sum(g(v, [3])) * 2 + tf.reduce_sum(g(v, [0, 3])) * 3))
    case('gather/with_dense_use', 'gather(v, [3]) and Σv: dense', {'v': start},
         gradient(lambda v: tf.reduce_sum(g(v, [3])) * 2 + tf.reduce_sum(v)))
    case('gather/from_expression', 'gather(2v, [3, 3]): dense by the multiplication', {'v': start}, gradient(lambda v: g(2 * v, [3, 3])))
    case('gather/negative', 'gather(v, [-1])', {'v': start}, gradient(lambda v: g(v, [-1])))
    case('gather/out_of_range', 'gather(v, [4])', {'v': start}, gradient(lambda v: g(v, [4])))
    case('gather/empty', 'gather(v, [])', {'v': start}, gradient(lambda v: g(v, c([], tf.int32))))
    case('gather_nd/rows', 'gatherNd(v, [[3], [0], [3]])', {'v': start}, gradient(lambda v: tf.gather_nd(v, [[3], [0], [3]])))
    case('gather_nd/elements', 'gatherNd(v, [[3, 0], [0, 1], [3, 0]])', {'v': start}, gradient(lambda v: tf.gather_nd(v, [[3, 0], [0, 1], [3, 0]])))
    case('sparse_read', 'v.sparseRead([1, 1])', {'v': start}, gradient(lambda v: v.sparse_read([1, 1])))
    case('embedding_lookup/duplicates', 'embeddingLookup(v, [2, 0, 2])', {'v': start}, gradient(lambda v: tf.nn.embedding_lookup(v, [2, 0, 2])))
    case('embedding_lookup/value', 'embeddingLookup(v, [[2], [0]])', {'v': start}, lambda: tf.nn.embedding_lookup(tf.Variable(start), [[2], [0]]))
    case('embedding_lookup/max_norm', 'embeddingLookup(v, [0, 3], maxNorm 3)', {'v': start},
         lambda: tf.nn.embedding_lookup(tf.Variable(start), [0, 3], max_norm=3.0))
    case('embedding_lookup/max_norm_gradient', 'its gradient', {'v': start}, gradient(lambda v: tf.nn.embedding_lookup(v, [0, 3], max_norm=3.0)))

    def tensor_source():
        x = c(start)
        with tf.GradientTape() as t:
            t.watch(x)
            y = g(x, [2, 0, 2])
        return t.gradient(y, x)

    case('gather/tensor_source', 'gather from a watched tensor', {'x': start}, tensor_source)

    def sgd_by_hand():
        v = tf.Variable(start)
        with tf.GradientTape() as t:
            y = tf.reduce_sum(g(v, [2, 0, 2]) ** 2)
        s = t.gradient(y, v)
        v.scatter_sub(tf.IndexedSlices(s.values * 0.1, s.indices, s.dense_shape))
        return {'gradient': s, 'variable': v.numpy()}

    case('gather/sgd_by_hand', 'Σgather(v, [2, 0, 2])²; v.scatterSub(0.1·gradient)', {'v': start}, sgd_by_hand)

    def second_order():
        v = tf.Variable(start)
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                y = tf.reduce_sum(g(v, [2, 0, 2]) ** 3)
            s = inner.gradient(y, v)
            z = tf.reduce_sum(s.values)
        return outer.gradient(z, v)

    case('gather/second_order', 'gradient of Σ values of the gradient of Σgather(v, [2, 0, 2])³', {'v': start}, second_order)

    def two_variables():
        a, b = tf.Variable(start), tf.Variable(start)
        with tf.GradientTape() as t:
            y = tf.reduce_sum(g(a, [1]) * g(b, [2]))
        return t.gradient(y, [a, b])

    case('gather/two_variables', 'Σ gather(a, [1])·gather(b, [2])', {'a': start, 'b': start}, two_variables)

    def targets_sparse():
        v = tf.Variable(start)
        with tf.GradientTape() as t:
            ys = [g(v, [1]), g(v, [1, 3])]
        return t.gradient(ys, v)

    case('gather/two_targets', 'gradient([gather(v, [1]), gather(v, [1, 3])], v)', {'v': start}, targets_sparse)
