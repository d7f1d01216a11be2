"""Records what keras.random draws: fixtures/keras/random.json.

    python test/golden/keras/random_values.py
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from common import FIXTURES, encode, keras, np, one_thread, tf, versions, write_lines  # noqa: E402

R = keras.random
X = np.linspace(-2, 3, 24).astype("float32").reshape(4, 6)
LOGITS = np.array([[0.1, 2.0, -1.0], [1.0, 1.0, 1.0]], "float32")
# Name, arguments that come by position, options.
CALLS = [
    ("normal", [[3, 2]], {}),
    ("normal", [[5]], {"mean": 2.0, "stddev": 0.5, "dtype": "float64"}),
    ("normal", [[4]], {"dtype": "float16"}),
    ("normal", [[4]], {"dtype": "bfloat16"}),
    ("uniform", [[3, 2]], {}),
    ("uniform", [[5]], {"minval": -2.0, "maxval": 5.0}),
    ("uniform", [[4]], {"minval": -2.0, "maxval": 5.0, "dtype": "float64"}),
    ("uniform", [[4]], {"dtype": "bfloat16"}),
    ("truncated_normal", [[3, 3]], {"mean": 1.0, "stddev": 2.0}),
    ("truncated_normal", [[6]], {"dtype": "float64"}),
    ("randint", [[8], -5, 20], {}),
    ("randint", [[8], 0, 1000], {"dtype": "int64"}),
    ("randint", [[8], 0, 200], {"dtype": "uint8"}),
    ("categorical", [LOGITS, 7], {}),
    ("categorical", [LOGITS, 4], {"dtype": "int64"}),
    ("dropout", [X, 0.4], {}),
    ("dropout", [X, 0.4], {"noise_shape": [4, 1]}),
    ("dropout", [X, 0.5], {"noise_shape": [None, 1]}),
    ("dropout", [X, 0.0], {}),
    ("dropout", [X, 1.0], {}),
    ("shuffle", [X], {}),
    ("shuffle", [X], {"axis": 1}),
    ("gamma", [[5], 2.5], {}),
    ("gamma", [[3, 2], np.array([0.5, 4.0], "float32")], {}),
    ("gamma", [[4], 0.7], {"dtype": "float64"}),
    ("gamma", [[4], 2.0], {"dtype": "bfloat16"}),
    ("beta", [[5], 2.0, 3.0], {}),
    ("beta", [[3, 2], np.array([0.5, 4.0], "float32"), 1.5], {}),
    ("binomial", [[6], 10.0, 0.3], {}),
    ("binomial", [[3, 2], np.array([5.0, 100.0], "float32"), 0.7], {}),
    ("binomial", [[4], 10.0, 0.5], {"dtype": "float64"}),
]


def main():
    one_thread()
    keras.utils.set_random_seed(7)
    rows = []
    for index, (name, args, options) in enumerate(CALLS):
        for seed in (index + 3, 2**31 + 5, {"generator": 11}, None):
            if seed == 2**31 + 5 and index % 5 != 0:
                continue
            if isinstance(seed, dict):
                given = R.SeedGenerator(11)
            else:
                given = seed
            twice = [getattr(R, name)(*args, seed=given, **options) for _ in range(2)]
            rows.append({"name": name, "args": encode(args), "options": options, "seed": seed, "results": encode([tf.convert_to_tensor(t) for t in twice])})
    size = write_lines(os.path.join(FIXTURES, "keras", "random.json"), {"versions": versions(), "randomSeed": 7}, "cases", rows)
    print(f"{len(rows)} cases, {size} bytes")


if __name__ == "__main__":
    main()
