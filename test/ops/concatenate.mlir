// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.concatenate %{{.+}}, %{{.+}} {axis = 0
func.func @f(%a: tensor<2xf64>, %b: tensor<1xf64>) -> tensor<3xf64> {
  %y = tcc.concatenate %a, %b {axis = 0 : i64} : (tensor<2xf64>, tensor<1xf64>) -> tensor<3xf64>
  return %y : tensor<3xf64>
}

// Each operand gets its part.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: %[[DA:.+]] = tcc.slice %{{.+}} {limits = array<i64: 2>, starts = array<i64: 0>
// CHECK: %[[DB:.+]] = tcc.slice %{{.+}} {limits = array<i64: 3>, starts = array<i64: 2>
// CHECK: return %[[DA]], %[[DB]]

// NUMBERS: [1. 2. 3.]
func.func @main() -> tensor<3xf64> {
  %a = tcc.constant dense<[1.0, 2.0]> : tensor<2xf64>
  %b = tcc.constant dense<[3.0]> : tensor<1xf64>
  %y = tcc.call @f(%a, %b) : (tensor<2xf64>, tensor<1xf64>) -> tensor<3xf64>
  return %y : tensor<3xf64>
}
