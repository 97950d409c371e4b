// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.sqrtm %{{.+}} : tensor<2x2xcomplex<f64>> -> tensor<2x2xcomplex<f64>>
func.func @f(%a: tensor<2x2xcomplex<f64>>) -> tensor<2x2xcomplex<f64>> {
  %y = tcc.sqrtm %a : tensor<2x2xcomplex<f64>> -> tensor<2x2xcomplex<f64>>
  return %y : tensor<2x2xcomplex<f64>>
}

// A Sylvester equation.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: %[[Y:.+]] = tcc.sqrtm
// CHECK: tcc.sylvester

// In thousandths.
// NUMBERS: {{\[\[}}{{ *}}2000.{{ +}}200.]
// NUMBERS-NEXT: [{{ *}}0.{{ +}}3000.]]
func.func @main() -> tensor<2x2xf64> {
  %a = tcc.constant dense<[[4.0, 1.0], [0.0, 9.0]]> : tensor<2x2xf64>
  %c = tcc.cast %a : tensor<2x2xf64> -> tensor<2x2xcomplex<f64>>
  %y = tcc.call @f(%c) : (tensor<2x2xcomplex<f64>>) -> tensor<2x2xcomplex<f64>>
  %s = tcc.real %y : tensor<2x2xcomplex<f64>> -> tensor<2x2xf64>
  %m = tcc.constant dense<1000.0> : tensor<2x2xf64>
  %p = tcc.multiply %s, %m : tensor<2x2xf64>
  %r = tcc.round %p : tensor<2x2xf64>
  return %r : tensor<2x2xf64>
}
