// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.reduce_min %{{.+}} {axes = array<i64: 1>}
func.func @f(%a: tensor<2x3xf64>) -> tensor<2xf64> {
  %y = tcc.reduce_min %a {axes = array<i64: 1>} : tensor<2x3xf64> -> tensor<2xf64>
  return %y : tensor<2xf64>
}

// NaN wins. Ties share the cotangent: it is divided by their number.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: tcc.equal
// CHECK: tcc.reduce_sum
// CHECK: tcc.divide

// NUMBERS: [ 1. nan]
func.func @main() -> tensor<2xf64> {
  %a = tcc.constant dense<[[1.0, 3.0, 3.0], [4.0, 0x7FF8000000000000, 6.0]]> : tensor<2x3xf64>
  %y = tcc.call @f(%a) : (tensor<2x3xf64>) -> tensor<2xf64>
  return %y : tensor<2xf64>
}
