# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes test/reference/files/: tensors as NumPy writes them, and a .safetensors file after its specification. The elements
are those of test/unit/ReferenceFilesTest.cpp. Run `python files.py` (NumPy 2.4)."""
import json
import os
import struct

import numpy as np

DTYPES = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint32", "float16", "float32", "float64", "complex64", "complex128"]
NAMES = {"bool": "BOOL", "int8": "I8", "int16": "I16", "int32": "I32", "int64": "I64", "uint8": "U8", "uint32": "U32",
         "float16": "F16", "float32": "F32", "float64": "F64", "complex64": "C64"}


def numbers(dtype, shape=(2, 3)):
    n = np.arange(np.prod(shape, dtype=int)).reshape(shape)
    if dtype == "bool":
        return n % 2 == 1
    return (n * (3 + 1j if dtype.startswith("complex") else 3)).astype(dtype)


def safetensors(path, tensors):
    header, data = {"__metadata__": {"made by": "files.py"}}, b""
    for name, x in tensors.items():
        raw = np.ascontiguousarray(x).tobytes()
        kind = "BF16" if name == "bfloat16" else NAMES[x.dtype.name]
        header[name] = {"dtype": kind, "shape": list(x.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as out:
        out.write(struct.pack("<Q", len(text)) + text + data)


def main():
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "files")
    os.makedirs(folder, exist_ok=True)
    at = lambda name: os.path.join(folder, name)
    tensors = {d: numbers(d) for d in DTYPES}
    tensors.update(scalar=np.array(2.5), empty=np.zeros((0, 3)), zeros=np.zeros((20, 50)), line=numbers("float64", (7,)))
    for name in ("scalar", "line", "float32"):
        np.save(at(name + ".npy"), tensors[name])
    np.save(at("fortran.npy"), np.asfortranarray(numbers("float64", (2, 3, 4))))
    np.save(at("big_endian.npy"), numbers("complex128", (2, 3)).astype(">c16"))
    with open(at("version2.npy"), "wb") as out:
        np.lib.format.write_array(out, numbers("int32"), version=(2, 0))
    np.savez(at("stored.npz"), **tensors)
    np.savez_compressed(at("compressed.npz"), **tensors)
    plain = {d: tensors[d] for d in NAMES}
    plain.update(scalar=tensors["scalar"], empty=tensors["empty"])
    plain["bfloat16"] = (numbers("float32").view(np.uint32) >> 16).astype(np.uint16)  # its numbers have few digits
    safetensors(at("written.safetensors"), plain)


main()
