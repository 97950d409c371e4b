// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.transpose %{{.+}} {perm = array<i64: 2, 0, 1>}
func.func @f(%a: tensor<2x3x2xf64>) -> tensor<2x2x3xf64> {
  %y = tcc.transpose %a {perm = array<i64: 2, 0, 1>} : tensor<2x3x2xf64> -> tensor<2x2x3xf64>
  return %y : tensor<2x2x3xf64>
}

// The adjoint has the inverse permutation.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: tcc.transpose %{{.+}} {perm = array<i64: 1, 2, 0>}

// NUMBERS: {{\[\[\[}} 0.  2.  4.]
// NUMBERS-NEXT: [ 6.  8. 10.]]
// NUMBERS: {{\[\[}} 1.  3.  5.]
// NUMBERS-NEXT: [ 7.  9. 11.]]]
func.func @main() -> tensor<2x2x3xf64> {
  %a = tcc.constant dense<[[[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]], [[6.0, 7.0], [8.0, 9.0], [10.0, 11.0]]]>
      : tensor<2x3x2xf64>
  %y = tcc.call @f(%a) : (tensor<2x3x2xf64>) -> tensor<2x2x3xf64>
  return %y : tensor<2x2x3xf64>
}
