// RUN: tcc-opt %s --pass-pipeline='builtin.module(func.func(tcc-simplify))' | FileCheck %s
// RUN: rm -rf %t && mkdir %t && %python %S/../tools/Inputs/npy.py %t/x.npy f4 2,3 0 1 2 3 4 5
// RUN: %python %S/../tools/Inputs/npy.py %t/none.npy f4 0,3
// RUN: %tcc-run %s --in=%t/x.npy | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --in=%t/x.npy --reference | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --in=%t/none.npy | FileCheck %s --check-prefix=NONE

// A known size is a constant.
// CHECK-LABEL: func.func @known(
// CHECK: tcc.constant dense<3> : tensor<i64>
// CHECK-NOT: tcc.extent
func.func @known(%x: tensor<?x3xf32>) -> tensor<i64> {
  %n = tcc.extent %x {axes = array<i64: 1>} : tensor<?x3xf32> -> tensor<i64>
  return %n : tensor<i64>
}

// CHECK-LABEL: func.func @main(
// CHECK: tcc.extent %arg0 {axes = array<i64: 0, 1>}
// NUMBERS: [6 2]
// NONE: [0 0]
func.func @main(%x: tensor<?x3xf32>) -> tensor<2xi64> {
  %all = tcc.extent %x {axes = array<i64: 0, 1>} : tensor<?x3xf32> -> tensor<i64>
  %rows = tcc.extent %x {axes = array<i64: 0>} : tensor<?x3xf32> -> tensor<i64>
  %a = tcc.reshape %all : tensor<i64> -> tensor<1xi64>
  %b = tcc.reshape %rows : tensor<i64> -> tensor<1xi64>
  %y = tcc.concatenate %a, %b {axis = 0 : i64} : (tensor<1xi64>, tensor<1xi64>) -> tensor<2xi64>
  return %y : tensor<2xi64>
}
