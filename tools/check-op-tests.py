#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Fails unless every op of the generated table has its file test/ops/<mnemonic>.mlir, and every file its op.

Usage: check-op-tests.py OPTABLE FOLDER
"""
import os
import re
import sys

table, folder = sys.argv[1:]
ops = set(re.findall(r"^TCC_OP\((\w+),", open(table).read(), re.M))
files = {name[: -len(".mlir")] for name in os.listdir(folder) if name.endswith(".mlir")}
if not ops:
    sys.exit(f"{table}: no op found")
for op in sorted(ops - files):
    print(f"{folder}/{op}.mlir is missing: every op has a test of its text, adjoint and numbers")
for name in sorted(files - ops):
    print(f"{folder}/{name}.mlir tests no op of the dialect")
sys.exit(1 if ops ^ files else 0)
