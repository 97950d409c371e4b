// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.pinv %{{.+}} : tensor<3x2xf64> -> tensor<2x3xf64>
func.func @f(%a: tensor<3x2xf64>) -> tensor<2x3xf64> {
  %y = tcc.pinv %a : tensor<3x2xf64> -> tensor<2x3xf64>
  return %y : tensor<2x3xf64>
}

// Products with the result, no decomposition.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: tcc.pinv
// CHECK-NOT: tcc.svd
// CHECK: return

// Of rank 1. In hundredths.
// NUMBERS: {{\[\[ *}}4.{{ +}}0.{{ +}}8.]
// NUMBERS-NEXT: [{{ *}}8.{{ +}}0.{{ +}}16.]]
func.func @main() -> tensor<2x3xf64> {
  %a = tcc.constant dense<[[1.0, 2.0], [0.0, 0.0], [2.0, 4.0]]> : tensor<3x2xf64>
  %y = tcc.call @f(%a) : (tensor<3x2xf64>) -> tensor<2x3xf64>
  %m = tcc.constant dense<100.0> : tensor<2x3xf64>
  %p = tcc.multiply %y, %m : tensor<2x3xf64>
  %r = tcc.round %p : tensor<2x3xf64>
  %abs = tcc.abs %r : tensor<2x3xf64> -> tensor<2x3xf64>
  return %abs : tensor<2x3xf64>
}
