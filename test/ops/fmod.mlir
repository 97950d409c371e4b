// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.fmod %{{.+}}, %{{.+}} : tensor<4xf64>
func.func @f(%a: tensor<4xf64>, %b: tensor<4xf64>) -> tensor<4xf64> {
  %0 = tcc.fmod %a, %b : tensor<4xf64>
  return %0 : tensor<4xf64>
}

// The result has the sign of a.
// CHECK-LABEL: func.func @f_vjp(
// CHECK-SAME: %[[A:.+]]: tensor<4xf64>, %[[B:.+]]: tensor<4xf64>, %[[DY:.+]]: tensor<4xf64>)
// CHECK: %[[Q:.+]] = tcc.divide %[[A]], %[[B]]
// CHECK: %[[T:.+]] = tcc.trunc %[[Q]]
// CHECK: %[[M:.+]] = tcc.multiply %[[DY]], %[[T]]
// CHECK: %[[DB:.+]] = tcc.neg %[[M]]
// CHECK: return %[[DY]], %[[DB]]

// NUMBERS: [ 1. -1.  1. -1. nan]
// NUMBERS-NEXT: [ 1 -1  1 -1  0  0]
// NUMBERS-NEXT: [ 1 15  0]
func.func @main() -> (tensor<5xf64>, tensor<6xi8>, tensor<3xui8>) {
  %a0 = tcc.constant dense<[7.0, -7.0, 7.0, -7.0, 1.0]> : tensor<5xf64>
  %b0 = tcc.constant dense<[2.0, 2.0, -2.0, -2.0, 0.0]> : tensor<5xf64>
  %0 = tcc.fmod %a0, %b0 : tensor<5xf64>
  %a1 = tcc.constant dense<[7, -7, 7, -7, 5, -128]> : tensor<6xi8>
  %b1 = tcc.constant dense<[2, 2, -2, -2, 0, -1]> : tensor<6xi8>
  %1 = tcc.fmod %a1, %b1 : tensor<6xi8>
  %a2 = tcc.constant dense<[7, 255, 9]> : tensor<3xui8>
  %b2 = tcc.constant dense<[2, 16, 0]> : tensor<3xui8>
  %2 = tcc.fmod %a2, %b2 : tensor<3xui8>
  return %0, %1, %2 : tensor<5xf64>, tensor<6xi8>, tensor<3xui8>
}
