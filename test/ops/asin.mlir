// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.asin %{{.+}} : tensor<4xf64>
func.func @f(%x: tensor<4xf64>) -> tensor<4xf64> {
  %0 = tcc.asin %x : tensor<4xf64>
  return %0 : tensor<4xf64>
}

// 1 - x^2 as (1 - x)(1 + x) has no cancellation near its zeros.
// CHECK-LABEL: func.func @f_vjp(
// CHECK-SAME: %[[X:.+]]: tensor<4xf64>, %[[DY:.+]]: tensor<4xf64>)
// CHECK: %[[P:.+]] = tcc.subtract %{{.+}}, %[[X]]
// CHECK: %[[Q:.+]] = tcc.add %[[X]], %{{.+}}
// CHECK: %[[PQ:.+]] = tcc.multiply %[[P]], %[[Q]]
// CHECK: %[[ROOT:.+]] = tcc.sqrt %[[PQ]]
// CHECK: %[[DX:.+]] = tcc.divide %[[DY]], %[[ROOT]]
// CHECK: return %[[DX]]

// NUMBERS: [ 0.          1.57079633 -0.52359878         nan]
// NUMBERS-NEXT: [ 0.42707859+1.52857092j -0.50160885+0.28139606j -0.66623943-1.06127506j]
func.func @main() -> (tensor<4xf64>, tensor<3xcomplex<f64>>) {
  %x0 = tcc.constant dense<[0.0, 1.0, -0.5, 1.5]> : tensor<4xf64>
  %0 = tcc.asin %x0 : tensor<4xf64>
  %x1 = tcc.constant dense<[(1.0,2.0), (-0.5,0.25), (-1.0,-1.0)]> : tensor<3xcomplex<f64>>
  %1 = tcc.asin %x1 : tensor<3xcomplex<f64>>
  return %0, %1 : tensor<4xf64>, tensor<3xcomplex<f64>>
}
