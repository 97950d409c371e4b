// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.logm %{{.+}} : tensor<2x2xcomplex<f64>> -> tensor<2x2xcomplex<f64>>
func.func @f(%a: tensor<2x2xcomplex<f64>>) -> tensor<2x2xcomplex<f64>> {
  %y = tcc.logm %a : tensor<2x2xcomplex<f64>> -> tensor<2x2xcomplex<f64>>
  return %y : tensor<2x2xcomplex<f64>>
}

// A block of the logarithm of twice the size.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: tcc.concatenate
// CHECK: tcc.logm %{{.+}} : tensor<4x4xcomplex<f64>>

// In thousandths.
// NUMBERS: {{\[\[}}{{ *}}0.{{ +}}1000.]
// NUMBERS-NEXT: [{{ *}}0.{{ +}}0.]]
func.func @main() -> tensor<2x2xf64> {
  %a = tcc.constant dense<[[1.0, 1.0], [0.0, 1.0]]> : tensor<2x2xf64>
  %c = tcc.cast %a : tensor<2x2xf64> -> tensor<2x2xcomplex<f64>>
  %y = tcc.call @f(%c) : (tensor<2x2xcomplex<f64>>) -> tensor<2x2xcomplex<f64>>
  %s = tcc.real %y : tensor<2x2xcomplex<f64>> -> tensor<2x2xf64>
  %m = tcc.constant dense<1000.0> : tensor<2x2xf64>
  %p = tcc.multiply %s, %m : tensor<2x2xf64>
  %r = tcc.round %p : tensor<2x2xf64>
  return %r : tensor<2x2xf64>
}
