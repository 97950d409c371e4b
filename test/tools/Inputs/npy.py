# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes a .npy file without NumPy: npy.py FILE DTYPE SHAPE VALUE..., e.g. npy.py x.npy f4 2,3 0 1 2 3 4 5.

Complex dtypes (c8, c16) take two values for each element. "-" as shape is a single number.
"""
import struct
import sys

path, dtype, shape, *values = sys.argv[1:]
sizes = [] if shape == "-" else [int(size) for size in shape.split(",")]
code = {"f4": "f", "f8": "d", "c8": "f", "c16": "d", "i4": "i", "i8": "q", "b1": "B"}[dtype]
text = ", ".join(map(str, sizes)) + ("," if len(sizes) == 1 else "")
order = "|" if dtype == "b1" else "<"
header = f"{{'descr': '{order}{dtype}', 'fortran_order': False, 'shape': ({text}), }}"
header += " " * (-(len(header) + 11) % 64) + "\n"
number = int if code in "iqB" else float
with open(path, "wb") as file:
    file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
    file.write(struct.pack(f"<{len(values)}{code}", *map(number, values)))
