# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""close.py EXPECTED ACTUAL: whether two files have the same numbers, one a line, to six significant digits."""
import math
import sys

expected, actual = ([float(line) for line in open(path)] for path in sys.argv[1:])
if len(expected) != len(actual):
    sys.exit(f"expected {len(expected)} numbers, got {len(actual)}")
scale = max(map(abs, expected))
for line, (a, b) in enumerate(zip(expected, actual), 1):
    if not math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-7 * scale):
        sys.exit(f"line {line}: expected {a}, got {b}")
print(f"{len(expected)} numbers agree")
