"""Records Keras's STFT initializer: fixtures/keras/initializers.json.

    python test/golden/keras/initializers.py   (its windows need scipy)
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from common import FIXTURES, encode, keras, one_thread, tf, versions, write_lines  # noqa: E402

I = keras.initializers
WINDOWS = ["boxcar", "hamming", "blackman", "nuttall", "blackmanharris", "flattop", "bartlett", "cosine"]
CASES = [
    (I.STFT(), [8, 1, 5]),
    (I.STFT("imag", "hann", "spectrum", True), [7, 1, 5]),
    (I.STFT("real", None), [4, 1, 5]),
    (I.STFT("imag", [0.1, 0.5, 1.0, 0.3], None), [4, 1, 3]),
    *((I.STFT("real", w, "density", i % 2 == 0), [6, 1, 4]) for i, w in enumerate(WINDOWS)),
]


def main():
    one_thread()
    cases = [
        {"config": keras.saving.serialize_keras_object(i), "shape": shape, "values": encode(tf.convert_to_tensor(i(shape)))["values"]}
        for i, shape in CASES
    ]
    size = write_lines(os.path.join(FIXTURES, "keras", "initializers.json"), {"versions": versions()}, "cases", cases)
    print(f"{len(cases)} cases, {size} bytes")


if __name__ == "__main__":
    main()
