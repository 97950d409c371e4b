// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.tanh %{{.+}} : tensor<4xf64>
func.func @f(%x: tensor<4xf64>) -> tensor<4xf64> {
  %0 = tcc.tanh %x : tensor<4xf64>
  return %0 : tensor<4xf64>
}

// 1 - y^2 as (1 - y)(1 + y) is exact near its zeros.
// CHECK-LABEL: func.func @f_vjp(
// CHECK-SAME: %[[X:.+]]: tensor<4xf64>, %[[DY:.+]]: tensor<4xf64>)
// CHECK: %[[Y:.+]] = tcc.tanh %[[X]]
// CHECK: %[[P:.+]] = tcc.subtract %{{.+}}, %[[Y]]
// CHECK: %[[Q:.+]] = tcc.add %[[Y]], %{{.+}}
// CHECK: %[[PQ:.+]] = tcc.multiply %[[P]], %[[Q]]
// CHECK: %[[DX:.+]] = tcc.multiply %[[DY]], %[[PQ]]
// CHECK: return %[[DX]]

// NUMBERS: [ 0.          0.76159416 -0.46211716  1.        ]
// NUMBERS-NEXT: [ 1.16673626-0.2434582j  -0.48548728+0.19805545j -1.08392333-0.27175259j]
func.func @main() -> (tensor<4xf64>, tensor<3xcomplex<f64>>) {
  %x0 = tcc.constant dense<[0.0, 1.0, -0.5, 0x7FF0000000000000]> : tensor<4xf64>
  %0 = tcc.tanh %x0 : tensor<4xf64>
  %x1 = tcc.constant dense<[(1.0,2.0), (-0.5,0.25), (-1.0,-1.0)]> : tensor<3xcomplex<f64>>
  %1 = tcc.tanh %x1 : tensor<3xcomplex<f64>>
  return %0, %1 : tensor<4xf64>, tensor<3xcomplex<f64>>
}
