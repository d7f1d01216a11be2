"""Records files of arrays as NumPy, safetensors and Keras write them. Writes fixtures/io/.

  python generate_io.py            records
  python generate_io.py --check F  reads the .npy, .npz and .safetensors files that gradtape wrote in the folder F
"""

import json
import os
import struct
import sys

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "fixtures", "io")

DTYPES = ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"]


def values(code, shape):
    n = int(np.prod(shape))
    base = np.arange(n) % 2 if code == "b1" else np.arange(n) * 3 - (0 if code[0] == "u" else 5)
    return base.astype(code).reshape(shape)


def plain(array):
    return [str(v) if array.dtype.kind in "iu" else float(v) for v in array.reshape(-1)]


def npy_cases():
    for code in DTYPES:
        yield f"little_{code}", values(code, (2, 3)).astype("<" + code), None
        if code[1] != "1":
            yield f"big_{code}", values(code, (2, 3)).astype(">" + code), None
    yield "scalar", np.float32(2.5), None
    yield "vector", values("f4", (5,)), None
    yield "empty", np.zeros((0, 3), "f4"), None
    yield "fortran", np.asfortranarray(values("f8", (2, 3, 4))), None
    yield "version2", values("f4", (2, 2)), (2, 0)
    yield "version3", values("f4", (2, 2)), (3, 0)


def record():
    os.makedirs(OUT, exist_ok=True)
    cases = []
    for name, array, version in npy_cases():
        with open(os.path.join(OUT, f"{name}.npy"), "wb") as file:
            np.lib.format.write_array(file, np.asanyarray(array), version=version)
        array = np.asarray(array)
        cases.append({"name": name, "dtype": array.dtype.newbyteorder("=").name, "shape": list(array.shape), "values": plain(array)})
    np.savez(os.path.join(OUT, "stored.npz"), a=values("f4", (2, 3)), b=values("i8", (4,)))
    np.savez_compressed(os.path.join(OUT, "compressed.npz"), a=values("f4", (200, 3)), b=values("i8", (4,)))
    with open(os.path.join(OUT, "npy.json"), "w") as file:
        json.dump({"numpy": np.__version__, "cases": cases}, file, indent=1)
        file.write("\n")


def check(folder):
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if name.endswith(".npy"):
            array = np.load(path)
            print(name, array.dtype, array.shape)
        elif name.endswith(".npz"):
            with np.load(path) as arrays:
                print(name, {key: (arrays[key].dtype, arrays[key].shape) for key in arrays})
        elif name.endswith(".safetensors"):
            with open(path, "rb") as file:
                (length,) = struct.unpack("<Q", file.read(8))
                print(name, json.loads(file.read(length)))


if __name__ == "__main__":
    if "--check" in sys.argv:
        check(sys.argv[sys.argv.index("--check") + 1])
    else:
        record()
