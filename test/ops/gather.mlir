// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f wrt=0},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.gather %{{.+}}, %{{.+}} {axes = array<i64: 0>}
func.func @f(%a: tensor<2x3xf64>, %b: tensor<3xi64>) -> tensor<3x3xf64> {
  %y = tcc.gather %a, %b {axes = array<i64: 0>} : (tensor<2x3xf64>, tensor<3xi64>) -> tensor<3x3xf64>
  return %y : tensor<3x3xf64>
}

// The adjoint adds: row 1 was read twice.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: tcc.scatter %{{.+}}, %{{.+}}, %{{.+}} {axes = array<i64: 0>, combine = "add"}

// NUMBERS: {{\[\[}}4. 5. 6.]
// NUMBERS-NEXT: [1. 2. 3.]
// NUMBERS-NEXT: [4. 5. 6.]]
func.func @main() -> tensor<3x3xf64> {
  %a = tcc.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf64>
  %b = tcc.constant dense<[1, 0, 1]> : tensor<3xi64>
  %y = tcc.call @f(%a, %b) : (tensor<2x3xf64>, tensor<3xi64>) -> tensor<3x3xf64>
  return %y : tensor<3x3xf64>
}
