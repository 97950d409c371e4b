# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Changes one byte after the last place where TEXT stands: damage.py FROM TO TEXT."""
import sys

source, target, text = sys.argv[1:]
data = bytearray(open(source, "rb").read())
at = data.rindex(text.encode()) + len(text)
data[at + 8] ^= 1
open(target, "wb").write(data)
