# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The reference cases, each a C++ expression in X, Y, Z and the NumPy or SciPy function of the same inputs.

Run `python cases.py` (NumPy 2.4, SciPy 1.17, mpmath 1.3, PyTorch 2.15) to write Expressions.inc, reference.txt and reference.bin anew.
"""
import os

import array_cases
import contract_cases
import learning_cases
import library_cases
import linalg_cases
import pointwise_cases
import reduce_cases
import spectral_cases
from reference import Writer

writer = Writer()
for part in (pointwise_cases, reduce_cases, array_cases, contract_cases, learning_cases, linalg_cases, spectral_cases, library_cases):
    part.write(writer.case)
writer.write(os.path.dirname(os.path.abspath(__file__)))
