// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.reshape %{{.+}}
func.func @f(%a: tensor<2x3xf64>) -> tensor<3x2xf64> {
  %y = tcc.reshape %a : tensor<2x3xf64> -> tensor<3x2xf64>
  return %y : tensor<3x2xf64>
}

// The adjoint takes the elements back.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: %[[DX:.+]] = tcc.reshape %{{.+}} : tensor<3x2xf64> -> tensor<2x3xf64>
// CHECK: return %[[DX]]

// NUMBERS: {{\[\[}}1. 2.]
// NUMBERS-NEXT: [3. 4.]
// NUMBERS-NEXT: [5. 6.]]
func.func @main() -> tensor<3x2xf64> {
  %a = tcc.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf64>
  %y = tcc.call @f(%a) : (tensor<2x3xf64>) -> tensor<3x2xf64>
  return %y : tensor<3x2xf64>
}
