// RUN: tcc-opt %s --pass-pipeline='builtin.module(func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s --entry=main --input=%S/Inputs/none.npy 2>&1 | FileCheck %s --check-prefix=NUMBERS
