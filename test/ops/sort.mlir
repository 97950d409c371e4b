// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.sort %{{.+}} {axis = 0
func.func @f(%a: tensor<5xf64>) -> tensor<5xf64> {
  %y = tcc.sort %a {axis = 0 : i64} : tensor<5xf64> -> tensor<5xf64>
  return %y : tensor<5xf64>
}

// NaN comes last. dy goes back to where each element came from.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: tcc.argsort
// CHECK: tcc.argsort
// CHECK: tcc.gather

// NUMBERS: [-1.   0.5  2.   inf  nan]
func.func @main() -> tensor<5xf64> {
  %a = tcc.constant dense<[2.0, 0x7FF8000000000000, -1.0, 0x7FF0000000000000, 0.5]> : tensor<5xf64>
  %y = tcc.call @f(%a) : (tensor<5xf64>) -> tensor<5xf64>
  return %y : tensor<5xf64>
}
