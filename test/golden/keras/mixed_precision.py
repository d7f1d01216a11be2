"""Records training in mixed precision: fixtures/keras/mixed_precision.json.

    python test/golden/keras/mixed_precision.py
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from common import FIXTURES, encode, keras, np, one_thread, tf, versions, write_lines  # noqa: E402

from keras import layers  # noqa: E402

STEPS = 6


def record(policy, optimizer, big):
    keras.backend.clear_session()
    keras.utils.set_random_seed(5)
    keras.config.set_dtype_policy(policy)
    model = keras.Sequential([keras.Input([4]), layers.Dense(8, activation="relu"), layers.Dense(3), layers.Dense(2, dtype="float32")])
    keras.config.set_dtype_policy("float32")
    model.compile(optimizer=optimizer, loss="mse")
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(STEPS, 6, 4)).astype("float32"), rng.normal(size=(STEPS, 6, 2)).astype("float32")
    # Gradients of these overflow in float16.
    if big:
        y[2] *= 3e4
    start = [w.numpy() for w in model.weights]
    outputs = [layer(x[0]) for layer in model.layers[:1]] + [model(x[0])]
    steps = []
    for k in range(STEPS):
        loss = model.train_on_batch(x[k], y[k])
        optimizer_variables = [[v.path.split("/")[-1], encode(v.numpy()), keras.backend.standardize_dtype(v.dtype)] for v in model.optimizer.variables]
        steps.append({"loss": float(loss), "weights": encode([w.numpy() for w in model.weights]), "optimizer": optimizer_variables if k in (2, STEPS - 1) else None})
    return {
        "policy": policy,
        "optimizer": optimizer,
        "config": keras.saving.serialize_keras_object(model),
        "x": encode(x),
        "y": encode(y),
        "weights": encode(start),
        "outputs": encode([tf.convert_to_tensor(t) for t in outputs]),
        "steps": steps,
    }


def main():
    one_thread()
    cases = [record(*c) for c in (("mixed_float16", "sgd", False), ("mixed_float16", "adam", True), ("mixed_bfloat16", "sgd", False), ("float16", "sgd", False))]
    size = write_lines(os.path.join(FIXTURES, "keras", "mixed_precision.json"), {"versions": versions()}, "cases", cases)
    print(f"{len(cases)} cases, {size} bytes")


if __name__ == "__main__":
    main()
