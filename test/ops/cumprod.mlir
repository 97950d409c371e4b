// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.cumprod %{{.+}} {axis = 0
func.func @f(%a: tensor<4xf64>) -> tensor<4xf64> {
  %y = tcc.cumprod %a {axis = 0 : i64, reverse = true} : tensor<4xf64> -> tensor<4xf64>
  return %y : tensor<4xf64>
}

// From behind. The adjoint sums in the other direction.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: tcc.cumsum %{{.+}} {axis = 0 : i64, reverse = false}

// NUMBERS: [24. 12.  4.  4.]
func.func @main() -> tensor<4xf64> {
  %a = tcc.constant dense<[2.0, 3.0, 1.0, 4.0]> : tensor<4xf64>
  %y = tcc.call @f(%a) : (tensor<4xf64>) -> tensor<4xf64>
  return %y : tensor<4xf64>
}
