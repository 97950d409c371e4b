// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.sylvester %{{.+}}, %{{.+}}, %{{.+}}
func.func @f(%a: tensor<2x2xf64>, %b: tensor<1x1xf64>, %q: tensor<2x1xf64>) -> tensor<2x1xf64> {
  %y = tcc.sylvester %a, %b, %q : (tensor<2x2xf64>, tensor<1x1xf64>, tensor<2x1xf64>) -> tensor<2x1xf64>
  return %y : tensor<2x1xf64>
}

// The adjoint equation.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: tcc.transpose
// CHECK: tcc.sylvester
// CHECK: tcc.dot_general

// NUMBERS: {{\[\[}}1.]
// NUMBERS-NEXT: [3.]]
func.func @main() -> tensor<2x1xf64> {
  %a = tcc.constant dense<[[1.0, 1.0], [0.0, 2.0]]> : tensor<2x2xf64>
  %b = tcc.constant dense<1.0> : tensor<1x1xf64>
  %q = tcc.constant dense<[[5.0], [9.0]]> : tensor<2x1xf64>
  %y = tcc.call @f(%a, %b, %q) : (tensor<2x2xf64>, tensor<1x1xf64>, tensor<2x1xf64>) -> tensor<2x1xf64>
  return %y : tensor<2x1xf64>
}
