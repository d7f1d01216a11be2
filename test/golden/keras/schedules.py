"""Records Keras's learning rate schedules: fixtures/keras/schedules.json.

    python test/golden/keras/schedules.py
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from common import FIXTURES, encode, keras, np, one_thread, tf, versions, write_lines  # noqa: E402

S = keras.optimizers.schedules
STEPS = [0, 1, 2, 3, 5, 7, 8, 9, 10, 11, 16, 20, 25, 30, 39, 40, 41, 69, 70, 100, 1000]
CASES = [
    S.ExponentialDecay(0.1, 10, 0.9),
    S.ExponentialDecay(0.1, 3, 0.5, staircase=True, name="mine"),
    S.InverseTimeDecay(0.1, 10, 0.5),
    S.InverseTimeDecay(0.2, 4, 2.0, staircase=True),
    S.PolynomialDecay(0.1, 30),
    S.PolynomialDecay(0.1, 30, end_learning_rate=0.01, power=0.5),
    S.PolynomialDecay(0.5, 8, end_learning_rate=0.02, power=2.0, cycle=True),
    S.PiecewiseConstantDecay([2, 10, 40], [1.0, 0.5, 0.25, 0.1]),
    S.PiecewiseConstantDecay([7], [0.5, 0.1], name="mine"),
    S.CosineDecay(0.1, 40),
    S.CosineDecay(0.1, 40, alpha=0.2),
    S.CosineDecay(0.01, 30, alpha=0.1, warmup_target=0.2, warmup_steps=10),
    S.CosineDecayRestarts(0.1, 10),
    S.CosineDecayRestarts(0.1, 10, t_mul=1.0, m_mul=0.8, alpha=0.05),
    S.CosineDecayRestarts(0.3, 7, t_mul=1.5, m_mul=0.5),
]


def main():
    one_thread()
    cases = [
        {
            "config": keras.saving.serialize_keras_object(s),
            "values": encode(np.array([s(tf.constant(k, tf.int64)).numpy() for k in STEPS], np.float32))["values"],
        }
        for s in CASES
    ]
    size = write_lines(os.path.join(FIXTURES, "keras", "schedules.json"), {"versions": versions(), "steps": STEPS}, "cases", cases)
    print(f"{len(cases)} cases, {size} bytes")


if __name__ == "__main__":
    main()
