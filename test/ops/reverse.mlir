// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.reverse %{{.+}} {axes = array<i64: 1>}
func.func @f(%a: tensor<2x3xf64>) -> tensor<2x3xf64> {
  %y = tcc.reverse %a {axes = array<i64: 1>} : tensor<2x3xf64> -> tensor<2x3xf64>
  return %y : tensor<2x3xf64>
}

// Its own adjoint.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: tcc.reverse %{{.+}} {axes = array<i64: 1>}

// NUMBERS: {{\[\[}}3. 2. 1.]
// NUMBERS-NEXT: [6. 5. 4.]]
func.func @main() -> tensor<2x3xf64> {
  %a = tcc.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf64>
  %y = tcc.call @f(%a) : (tensor<2x3xf64>) -> tensor<2x3xf64>
  return %y : tensor<2x3xf64>
}
