// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.minimum %{{.+}}, %{{.+}} : tensor<4xf64>
func.func @f(%a: tensor<4xf64>, %b: tensor<4xf64>) -> tensor<4xf64> {
  %0 = tcc.minimum %a, %b : tensor<4xf64>
  return %0 : tensor<4xf64>
}

// Equal elements share the cotangent; NaN wins.
// CHECK-LABEL: func.func @f_vjp(
// CHECK-SAME: %[[A:.+]]: tensor<4xf64>, %[[B:.+]]: tensor<4xf64>, %[[DY:.+]]: tensor<4xf64>)
// CHECK: %[[TIE:.+]] = tcc.equal %[[A]], %[[B]]
// CHECK: %[[HALF:.+]] = tcc.multiply %[[DY]], %{{.+}}
// CHECK: %[[WINS:.+]] = tcc.less %[[A]], %[[B]]
// CHECK: %[[PICK:.+]] = tcc.select %[[WINS]], %[[DY]], %{{.+}}
// CHECK: %[[DA:.+]] = tcc.select %[[TIE]], %[[HALF]], %[[PICK]]
// CHECK: %[[DB:.+]] = tcc.subtract %[[DY]], %[[DA]]
// CHECK: return %[[DA]], %[[DB]]

// NUMBERS: [ 1. -2. nan nan]
// NUMBERS-NEXT: [-128   -7]
// NUMBERS-NEXT: [1 0]
// NUMBERS-NEXT: [ True False]
func.func @main() -> (tensor<4xf64>, tensor<2xi8>, tensor<2xui8>, tensor<2xi1>) {
  %a0 = tcc.constant dense<[1.0, 2.0, 0x7FF8000000000000, -1.0]> : tensor<4xf64>
  %b0 = tcc.constant dense<[1.0, -2.0, 0.0, 0x7FF8000000000000]> : tensor<4xf64>
  %0 = tcc.minimum %a0, %b0 : tensor<4xf64>
  %a1 = tcc.constant dense<[-128, 5]> : tensor<2xi8>
  %b1 = tcc.constant dense<[1, -7]> : tensor<2xi8>
  %1 = tcc.minimum %a1, %b1 : tensor<2xi8>
  %a2 = tcc.constant dense<[255, 0]> : tensor<2xui8>
  %b2 = tcc.constant dense<[1, 2]> : tensor<2xui8>
  %2 = tcc.minimum %a2, %b2 : tensor<2xui8>
  %a3 = tcc.constant dense<[true, true]> : tensor<2xi1>
  %b3 = tcc.constant dense<[true, false]> : tensor<2xi1>
  %3 = tcc.minimum %a3, %b3 : tensor<2xi1>
  return %0, %1, %2, %3 : tensor<4xf64>, tensor<2xi8>, tensor<2xui8>, tensor<2xi1>
}
