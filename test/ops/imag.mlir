// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.imag %{{.+}} : tensor<3xcomplex<f64>> -> tensor<3xf64>
func.func @f(%x: tensor<3xcomplex<f64>>) -> tensor<3xf64> {
  %0 = tcc.imag %x : tensor<3xcomplex<f64>> -> tensor<3xf64>
  return %0 : tensor<3xf64>
}

// The cotangent is i dy.
// CHECK-LABEL: func.func @f_vjp(
// CHECK-SAME: %[[X:.+]]: tensor<3xcomplex<f64>>, %[[DY:.+]]: tensor<3xf64>)
// CHECK: %[[DX:.+]] = tcc.complex %{{.+}}, %[[DY]]
// CHECK: return %[[DX]]

// NUMBERS: [ 2.    0.25 -1.  ]
func.func @main() -> (tensor<3xf64>) {
  %x0 = tcc.constant dense<[(1.0,2.0), (-0.5,0.25), (-1.0,-1.0)]> : tensor<3xcomplex<f64>>
  %0 = tcc.imag %x0 : tensor<3xcomplex<f64>> -> tensor<3xf64>
  return %0 : tensor<3xf64>
}
