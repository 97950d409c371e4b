# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Changes one byte of TEXT in the last place where it stands: damage.py FROM TO TEXT."""
import sys

source, target, text = sys.argv[1:]
data = bytearray(open(source, "rb").read())
at = data.rindex(text.encode()) + len(text)
data[at - 1] ^= 1
open(target, "wb").write(data)
