// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.complex %{{.+}}, %{{.+}}
func.func @f(%a: tensor<2xf64>, %b: tensor<2xf64>) -> tensor<2xcomplex<f64>> {
  %y = tcc.complex %a, %b : tensor<2xf64> -> tensor<2xcomplex<f64>>
  return %y : tensor<2xcomplex<f64>>
}

// The parts of the cotangent.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: %[[DRE:.+]] = tcc.real
// CHECK: %[[DIM:.+]] = tcc.imag
// CHECK: return %[[DRE]], %[[DIM]]

// NUMBERS: [ 1.+0.5j -2.-0.j ]
func.func @main() -> tensor<2xcomplex<f64>> {
  %a = tcc.constant dense<[1.0, -2.0]> : tensor<2xf64>
  %b = tcc.constant dense<[0.5, -0.0]> : tensor<2xf64>
  %y = tcc.call @f(%a, %b) : (tensor<2xf64>, tensor<2xf64>) -> tensor<2xcomplex<f64>>
  return %y : tensor<2xcomplex<f64>>
}
