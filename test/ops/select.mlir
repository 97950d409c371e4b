// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f wrt=1,2},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.select %{{.+}}, %{{.+}}, %{{.+}}
func.func @f(%a: tensor<3xi1>, %b: tensor<3xf64>, %c: tensor<3xf64>) -> tensor<3xf64> {
  %y = tcc.select %a, %b, %c : tensor<3xf64>
  return %y : tensor<3xf64>
}

// What was not taken gets zeros.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: %[[DB:.+]] = tcc.select %[[CONDITION:.+]], %[[DY:.+]], %[[ZERO:.+]] :
// CHECK: %[[DC:.+]] = tcc.select %[[CONDITION]], %[[ZERO]], %[[DY]] :
// CHECK: return %[[DB]], %[[DC]]

// NUMBERS: [ 1. nan nan]
func.func @main() -> tensor<3xf64> {
  %a = tcc.constant dense<[true, false, true]> : tensor<3xi1>
  %b = tcc.constant dense<[1.0, 2.0, 0x7FF8000000000000]> : tensor<3xf64>
  %c = tcc.constant dense<[4.0, 0x7FF8000000000000, 6.0]> : tensor<3xf64>
  %y = tcc.call @f(%a, %b, %c) : (tensor<3xi1>, tensor<3xf64>, tensor<3xf64>) -> tensor<3xf64>
  return %y : tensor<3xf64>
}
