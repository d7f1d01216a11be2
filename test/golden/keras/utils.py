"""Records keras.utils: fixtures/keras/utils.json.

    python test/golden/keras/utils.py
"""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from common import FIXTURES, keras, np, one_thread, versions, write_lines  # noqa: E402

U = keras.utils
SERIES = [float(i) for i in range(20)]
PAIRS = [[i, -i] for i in range(13)]
RAGGED = [[1], [2, 3], [4, 5, 6], [7, 8, 9, 10], []]
VECTORS = [[3.0, 4.0, 0.0], [0.0, 0.0, 0.0], [-1.0, 2.0, 2.0], [0.5, -0.25, 8.0]]
CASES = [
    ("to_categorical", [[0, 2, 1, 2]], {}),
    ("to_categorical", [[[0], [3]]], {"num_classes": 5}),
    ("to_categorical", [[[0, 1], [2, 1]]], {}),
    ("to_categorical", [1], {"num_classes": 3}),
    ("normalize", [VECTORS], {}),
    *[("normalize", [VECTORS], {"axis": 1, "order": n}) for n in (1, 2, 3, 0)],
    ("pad_sequences", [RAGGED], {}),
    ("pad_sequences", [RAGGED], {"maxlen": 3}),
    ("pad_sequences", [RAGGED], {"maxlen": 2, "padding": "post", "truncating": "post", "value": -1}),
    ("pad_sequences", [RAGGED], {"maxlen": 6, "dtype": "float32", "padding": "post", "value": 0.5}),
    ("pad_sequences", [[[[1, 2]], [[3, 4], [5, 6]]]], {}),
    ("timeseries_dataset_from_array", [SERIES, None, 4], {}),
    ("timeseries_dataset_from_array", [SERIES, SERIES[5:], 3], {"sampling_rate": 2, "batch_size": 4}),
    ("timeseries_dataset_from_array", [PAIRS, SERIES, 2], {"sequence_stride": 3, "batch_size": 2, "start_index": 1, "end_index": 11}),
    ("timeseries_dataset_from_array", [SERIES, None, 6], {"sequence_stride": 6, "batch_size": None}),
    ("split_dataset", [SERIES], {"left_size": 0.8}),
    ("split_dataset", [SERIES], {"right_size": 3}),
    ("split_dataset", [SERIES], {"left_size": 0.25, "right_size": 0.125}),
    ("split_dataset", [SERIES], {"left_size": 4, "right_size": 4}),
]


def plain(value):
    if isinstance(value, tuple):
        return [plain(part) for part in value]
    return {"shape": list(np.shape(value)), "values": np.asarray(value, "float64").flatten().tolist()}


def record(name, args, options):
    def given(i, arg):
        is_data = isinstance(arg, list) and name != "pad_sequences"
        return np.array(arg) if is_data else arg

    result = getattr(U, name)(*[given(i, arg) for i, arg in enumerate(args)], **options)
    if name == "timeseries_dataset_from_array":
        result = [plain(batch if isinstance(batch, tuple) else batch.numpy()) for batch in result]
    elif name == "split_dataset":
        result = [plain(np.array([x.numpy() for x in part])) for part in result]
    else:
        result = plain(result)
    return {"name": name, "args": args, "options": {re.sub(r"_(\w)", lambda m: m.group(1).upper(), k): v for k, v in options.items()}, "result": result}


def main():
    one_thread()
    cases = [record(*case) for case in CASES]
    size = write_lines(os.path.join(FIXTURES, "keras", "utils.json"), {"versions": versions()}, "cases", cases)
    print(f"{len(cases)} cases, {size} bytes")


if __name__ == "__main__":
    main()
