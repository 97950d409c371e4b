// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.divide %{{.+}}, %{{.+}} : tensor<4xf64>
func.func @f(%a: tensor<4xf64>, %b: tensor<4xf64>) -> tensor<4xf64> {
  %0 = tcc.divide %a, %b : tensor<4xf64>
  return %0 : tensor<4xf64>
}

// db = -da y.
// CHECK-LABEL: func.func @f_vjp(
// CHECK-SAME: %[[A:.+]]: tensor<4xf64>, %[[B:.+]]: tensor<4xf64>, %[[DY:.+]]: tensor<4xf64>)
// CHECK: %[[Y:.+]] = tcc.divide %[[A]], %[[B]]
// CHECK: %[[DA:.+]] = tcc.divide %[[DY]], %[[B]]
// CHECK: %[[M:.+]] = tcc.multiply %[[DA]], %[[Y]]
// CHECK: %[[DB:.+]] = tcc.neg %[[M]]
// CHECK: return %[[DA]], %[[DB]]

// NUMBERS: [ inf -inf  nan -1.5]
// NUMBERS-NEXT: [0.   +1.j    0.125-0.375j]
func.func @main() -> (tensor<4xf64>, tensor<2xcomplex<f64>>) {
  %a0 = tcc.constant dense<[1.0, -1.0, 0.0, 3.0]> : tensor<4xf64>
  %b0 = tcc.constant dense<[0.0, 0.0, 0.0, -2.0]> : tensor<4xf64>
  %0 = tcc.divide %a0, %b0 : tensor<4xf64>
  %a1 = tcc.constant dense<[(1.0,2.0), (-0.5,0.25)]> : tensor<2xcomplex<f64>>
  %b1 = tcc.constant dense<[(2.0,-1.0), (-1.0,-1.0)]> : tensor<2xcomplex<f64>>
  %1 = tcc.divide %a1, %b1 : tensor<2xcomplex<f64>>
  return %0, %1 : tensor<4xf64>, tensor<2xcomplex<f64>>
}
