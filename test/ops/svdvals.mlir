// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.svdvals %{{.+}}
func.func @f(%a: tensor<2x2xf64>) -> tensor<2xf64> {
  %y = tcc.svdvals %a : tensor<2x2xf64> -> tensor<2xf64>
  return %y : tensor<2xf64>
}

// Descending. The adjoint needs the vectors.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: tcc.svd %

// NUMBERS: [5. 2.]
func.func @main() -> tensor<2xf64> {
  %a = tcc.constant dense<[[0.0, 2.0], [-5.0, 0.0]]> : tensor<2x2xf64>
  %y = tcc.call @f(%a) : (tensor<2x2xf64>) -> tensor<2xf64>
  return %y : tensor<2xf64>
}
