// RUN: tcc-opt %s | FileCheck %s
// RUN: not tcc-opt %s --tcc-differentiate=entry=f 2>&1 | FileCheck %s --check-prefix=ADJOINT
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// There is a derivative, but no rule: an error, never a silent zero.
// ADJOINT: error: {{.*}}schur has no adjoint

// CHECK-LABEL: func.func @f(
// CHECK: tcc.schur %{{.+}} : tensor<2x2xf64> -> tensor<2x2xcomplex<f64>>, tensor<2x2xcomplex<f64>>
func.func @f(%a: tensor<2x2xf64>) -> (tensor<2x2xcomplex<f64>>, tensor<2x2xcomplex<f64>>) {
  %y:2 = tcc.schur %a : tensor<2x2xf64> -> tensor<2x2xcomplex<f64>>, tensor<2x2xcomplex<f64>>
  return %y#0, %y#1 : tensor<2x2xcomplex<f64>>, tensor<2x2xcomplex<f64>>
}

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
