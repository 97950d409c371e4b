// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.power %{{.+}}, %{{.+}}
func.func @f(%a: tensor<4xf64>, %b: tensor<4xf64>) -> tensor<4xf64> {
  %y = tcc.power %a, %b : tensor<4xf64>
  return %y : tensor<4xf64>
}

// 0^0 is 1; a negative number to a fraction is NaN. db = dy y log a, where a is not 0.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: %[[Y:.+]] = tcc.power
// CHECK: tcc.log

// NUMBERS: [ 1.41421356 -8.          1.                 nan]
func.func @main() -> tensor<4xf64> {
  %a = tcc.constant dense<[2.0, -2.0, 0.0, -8.0]> : tensor<4xf64>
  %b = tcc.constant dense<[0.5, 3.0, 0.0, 0.5]> : tensor<4xf64>
  %y = tcc.call @f(%a, %b) : (tensor<4xf64>, tensor<4xf64>) -> tensor<4xf64>
  return %y : tensor<4xf64>
}
