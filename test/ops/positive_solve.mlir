// RUN: tcc-opt %s | FileCheck %s
// RUN: not tcc-opt %s --tcc-differentiate=entry=f 2>&1 | FileCheck %s --check-prefix=ADJOINT
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// ADJOINT: error: {{.*}}made after differentiation

// CHECK-LABEL: func.func @f(
// CHECK: tcc.positive_solve %{{.+}}, %{{.+}} : (tensor<2x2xf64>, tensor<2x1xf64>) -> tensor<2x1xf64>
func.func @f(%a: tensor<2x2xf64>, %b: tensor<2x1xf64>) -> tensor<2x1xf64> {
  %y = tcc.positive_solve %a, %b : (tensor<2x2xf64>, tensor<2x1xf64>) -> tensor<2x1xf64>
  return %y : tensor<2x1xf64>
}

// NUMBERS: {{\[\[}}1.]
// NUMBERS-NEXT: [2.]]
func.func @main() -> tensor<2x1xf64> {
  %a = tcc.constant dense<[[4.0, 1.0], [1.0, 3.0]]> : tensor<2x2xf64>
  %b = tcc.constant dense<[[6.0], [7.0]]> : tensor<2x1xf64>
  %y = tcc.call @f(%a, %b) : (tensor<2x2xf64>, tensor<2x1xf64>) -> tensor<2x1xf64>
  return %y : tensor<2x1xf64>
}
