// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.schur %{{.+}} : tensor<2x2xf64> -> tensor<2x2xcomplex<f64>>, tensor<2x2xcomplex<f64>>
func.func @f(%a: tensor<2x2xf64>) -> (tensor<2x2xcomplex<f64>>, tensor<2x2xcomplex<f64>>) {
  %y:2 = tcc.schur %a : tensor<2x2xf64> -> tensor<2x2xcomplex<f64>>, tensor<2x2xcomplex<f64>>
  return %y#0, %y#1 : tensor<2x2xcomplex<f64>>, tensor<2x2xcomplex<f64>>
}

// The vectors turn by a triangular equation; their phases must not matter.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: tcc.check {{.*}}{reason = 0 : i64}
// CHECK: tcc.schur_solve {{.*}}{adjoint = true}

// A symmetric matrix has a diagonal t; below the diagonal there are zeros for any.
// NUMBERS: {{\[\[}}5. 0.]
// NUMBERS-NEXT: [0. 5.]]
func.func @main() -> tensor<2x2xf64> {
  %a = tcc.constant dense<[[3.0, 4.0], [4.0, -3.0]]> : tensor<2x2xf64>
  %y:2 = tcc.call @f(%a) : (tensor<2x2xf64>) -> (tensor<2x2xcomplex<f64>>, tensor<2x2xcomplex<f64>>)
  %t = tcc.abs %y#0 : tensor<2x2xcomplex<f64>> -> tensor<2x2xf64>
  %r = tcc.round %t : tensor<2x2xf64>
  return %r : tensor<2x2xf64>
}
