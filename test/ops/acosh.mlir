// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.acosh %{{.+}} : tensor<4xf64>
func.func @f(%x: tensor<4xf64>) -> tensor<4xf64> {
  %0 = tcc.acosh %x : tensor<4xf64>
  return %0 : tensor<4xf64>
}

// Two roots, not sqrt(x^2 - 1): the right branch for complex x.
// CHECK-LABEL: func.func @f_vjp(
// CHECK-SAME: %[[X:.+]]: tensor<4xf64>, %[[DY:.+]]: tensor<4xf64>)
// CHECK: %[[P:.+]] = tcc.subtract %[[X]], %{{.+}}
// CHECK: %[[RP:.+]] = tcc.sqrt %[[P]]
// CHECK: %[[Q:.+]] = tcc.add %[[X]], %{{.+}}
// CHECK: %[[RQ:.+]] = tcc.sqrt %[[Q]]
// CHECK: %[[S:.+]] = tcc.multiply %[[RP]], %[[RQ]]
// CHECK: %[[DX:.+]] = tcc.divide %[[DY]], %[[S]]
// CHECK: return %[[DX]]

// NUMBERS: [  0.           1.3169579           nan 691.46867508]
// NUMBERS-NEXT: [1.52857092+1.14371774j 0.28139606+2.07240518j 1.06127506-2.23703576j]
func.func @main() -> (tensor<4xf64>, tensor<3xcomplex<f64>>) {
  %x0 = tcc.constant dense<[1.0, 2.0, 0.5, 1.000000e+300]> : tensor<4xf64>
  %0 = tcc.acosh %x0 : tensor<4xf64>
  %x1 = tcc.constant dense<[(1.0,2.0), (-0.5,0.25), (-1.0,-1.0)]> : tensor<3xcomplex<f64>>
  %1 = tcc.acosh %x1 : tensor<3xcomplex<f64>>
  return %0, %1 : tensor<4xf64>, tensor<3xcomplex<f64>>
}
