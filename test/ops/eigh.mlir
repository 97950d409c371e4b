// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.eigh %{{.+}} : tensor<2x2xf64> -> tensor<2xf64>, tensor<2x2xf64>
func.func @f(%a: tensor<2x2xf64>) -> (tensor<2xf64>, tensor<2x2xf64>) {
  %y:2 = tcc.eigh %a : tensor<2x2xf64> -> tensor<2xf64>, tensor<2x2xf64>
  return %y#0, %y#1 : tensor<2xf64>, tensor<2x2xf64>
}

// Reads the lower triangle; w ascending, columns of v of norm 1.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: tcc.eigh
// CHECK: tcc.dot_general

// NUMBERS: [-5.  5.]
// NUMBERS-NEXT: {{\[\[}}0.2 0.8]
// NUMBERS-NEXT: [0.8 0.2]]
func.func @main() -> (tensor<2xf64>, tensor<2x2xf64>) {
  %a = tcc.constant dense<[[3.0, 99.0], [4.0, -3.0]]> : tensor<2x2xf64>
  %y:2 = tcc.call @f(%a) : (tensor<2x2xf64>) -> (tensor<2xf64>, tensor<2x2xf64>)
  %v2 = tcc.square %y#1 : tensor<2x2xf64>
  return %y#0, %v2 : tensor<2xf64>, tensor<2x2xf64>
}
