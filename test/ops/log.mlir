// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.log %{{.+}} : tensor<4xf64>
func.func @f(%x: tensor<4xf64>) -> tensor<4xf64> {
  %0 = tcc.log %x : tensor<4xf64>
  return %0 : tensor<4xf64>
}

// CHECK-LABEL: func.func @f_vjp(
// CHECK-SAME: %[[X:.+]]: tensor<4xf64>, %[[DY:.+]]: tensor<4xf64>)
// CHECK: %[[DX:.+]] = tcc.divide %[[DY]], %[[X]]
// CHECK: return %[[DX]]

// NUMBERS: [0.         0.91629073       -inf        nan        inf]
// NUMBERS-NEXT: [ 0.80471896+1.10714872j -0.5815754 +2.67794504j  0.34657359-2.35619449j]
func.func @main() -> (tensor<5xf64>, tensor<3xcomplex<f64>>) {
  %x0 = tcc.constant dense<[1.0, 2.5, 0.0, -1.0, 0x7FF0000000000000]> : tensor<5xf64>
  %0 = tcc.log %x0 : tensor<5xf64>
  %x1 = tcc.constant dense<[(1.0,2.0), (-0.5,0.25), (-1.0,-1.0)]> : tensor<3xcomplex<f64>>
  %1 = tcc.log %x1 : tensor<3xcomplex<f64>>
  return %0, %1 : tensor<5xf64>, tensor<3xcomplex<f64>>
}
