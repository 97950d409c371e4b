// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.atanh %{{.+}} : tensor<4xf64>
func.func @f(%x: tensor<4xf64>) -> tensor<4xf64> {
  %0 = tcc.atanh %x : tensor<4xf64>
  return %0 : tensor<4xf64>
}

// CHECK-LABEL: func.func @f_vjp(
// CHECK-SAME: %[[X:.+]]: tensor<4xf64>, %[[DY:.+]]: tensor<4xf64>)
// CHECK: %[[P:.+]] = tcc.subtract %{{.+}}, %[[X]]
// CHECK: %[[Q:.+]] = tcc.add %[[X]], %{{.+}}
// CHECK: %[[PQ:.+]] = tcc.multiply %[[P]], %[[Q]]
// CHECK: %[[DX:.+]] = tcc.divide %[[DY]], %[[PQ]]
// CHECK: return %[[DX]]

// NUMBERS: [0.         0.54930614       -inf        nan]
// NUMBERS-NEXT: [ 0.1732868 +1.17809725j -0.50037   +0.31439814j -0.40235948-1.01722197j]
func.func @main() -> (tensor<4xf64>, tensor<3xcomplex<f64>>) {
  %x0 = tcc.constant dense<[0.0, 0.5, -1.0, 1.5]> : tensor<4xf64>
  %0 = tcc.atanh %x0 : tensor<4xf64>
  %x1 = tcc.constant dense<[(1.0,2.0), (-0.5,0.25), (-1.0,-1.0)]> : tensor<3xcomplex<f64>>
  %1 = tcc.atanh %x1 : tensor<3xcomplex<f64>>
  return %0, %1 : tensor<4xf64>, tensor<3xcomplex<f64>>
}
