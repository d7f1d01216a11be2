"""Records keras.utils.image_dataset_from_directory and text_dataset_from_directory: fixtures/keras/directories.json.

    python test/golden/keras/directories.py
"""

import base64
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from common import FIXTURES, keras, np, one_thread, tf, versions, write_lines  # noqa: E402

FIXED = {"shuffle": False}
SPLIT = {"validation_split": 0.3, "seed": 7}
IMAGES = [
    FIXED,
    {**FIXED, "color_mode": "grayscale", "label_mode": "categorical"},
    {**FIXED, "color_mode": "rgba", "label_mode": "binary", "crop_to_aspect_ratio": True},
    {**FIXED, "pad_to_aspect_ratio": True, "interpolation": "nearest"},
    {**FIXED, "class_names": ["b", "a"], "validation_split": 0.3, "subset": "validation"},
    {**FIXED, "labels": None},
    {**SPLIT, "subset": "training"},
    {**SPLIT, "subset": "validation"},
]
TEXTS = [FIXED, {**FIXED, "max_length": 4, "labels": [5, 3, 5, 4], "batch_size": 2}, {**FIXED, "label_mode": "binary", "batch_size": None}]


def files():
    """Names and bytes: PNG images of all channels and of different sizes, and texts."""
    rng = np.random.RandomState(3)
    names = ["b/f0", "b/sub/f1", "b/F2", "b/f10", "a/f0", "a/f3", "a/sub/f1", "a/sub/x/f1"]
    for k, name in enumerate(names):
        pixels = rng.randint(0, 256, (3 + k % 3, 7 - k % 4, k % 4 + 1)).astype("uint8")
        yield f"{name}.png", tf.io.encode_png(pixels).numpy()
    yield "a/one.txt", "hällo".encode()
    yield "a/two.TXT", b""
    yield "b/three.txt", b"bye\n"
    yield ".hidden/four.txt", b"not read"


def plain(t):
    values = np.asarray(t.numpy(), object if t.dtype == tf.string else None)
    flat = [v.decode("latin1") for v in values.flatten()] if values.dtype == object else np.round(values.flatten().astype("float64"), 4).tolist()
    return {"shape": list(values.shape), "dtype": t.dtype.name, "values": flat}


def record(folder, kind, options):
    f = getattr(keras.utils, f"{kind}_dataset_from_directory")
    size = {"image_size": (3, 4)} if kind == "image" else {}
    given = {"batch_size": 3, **size, **options}
    dataset = f(folder, verbose=False, **given)
    batches = [[plain(t) for t in (b if isinstance(b, tuple) else (b,))] for b in dataset] if "seed" not in options else None
    paths = [os.path.relpath(file, folder) for file in dataset.file_paths] if kind == "image" else None
    return {"kind": kind, "options": given, "classNames": dataset.class_names, "files": paths, "batches": batches}


def main():
    one_thread()
    with tempfile.TemporaryDirectory() as folder:
        made = dict(files())
        for name, content in made.items():
            os.makedirs(os.path.dirname(os.path.join(folder, name)), exist_ok=True)
            with open(os.path.join(folder, name), "wb") as file:
                file.write(content)
        cases = [record(folder, "image", o) for o in IMAGES] + [record(folder, "text", o) for o in TEXTS]
    header = {"versions": versions(), "files": {name: base64.b64encode(content).decode() for name, content in made.items()}}
    size = write_lines(os.path.join(FIXTURES, "keras", "directories.json"), header, "cases", cases)
    print(f"{len(cases)} cases, {size} bytes")


if __name__ == "__main__":
    main()
