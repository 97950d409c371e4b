// RUN: tcc-opt %s | FileCheck %s
// RUN: not tcc-opt %s --tcc-differentiate=entry=f 2>&1 | FileCheck %s --check-prefix=ADJOINT
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// ADJOINT: error: {{.*}}made after differentiation

// CHECK-LABEL: func.func @f(
// CHECK: tcc.lu_solve %{{.+}}, %{{.+}}, %{{.+}} {adjoint = true}
func.func @f(%lu: tensor<2x2xf64>, %perm: tensor<2xi64>, %b: tensor<2x1xf64>) -> tensor<2x1xf64> {
  %y = tcc.lu_solve %lu, %perm, %b {adjoint = true} : (tensor<2x2xf64>, tensor<2xi64>, tensor<2x1xf64>) -> tensor<2x1xf64>
  return %y : tensor<2x1xf64>
}

// NUMBERS: {{\[\[}}2.]
// NUMBERS-NEXT: [2.]]
func.func @main() -> tensor<2x1xf64> {
  %a = tcc.constant dense<[[0.0, 4.0], [2.0, 1.0]]> : tensor<2x2xf64>
  %b = tcc.constant dense<[[4.0], [10.0]]> : tensor<2x1xf64>
  %lu, %perm = tcc.lu %a : tensor<2x2xf64> -> tensor<2x2xf64>, tensor<2xi64>
  %y = tcc.call @f(%lu, %perm, %b) : (tensor<2x2xf64>, tensor<2xi64>, tensor<2x1xf64>) -> tensor<2x1xf64>
  return %y : tensor<2x1xf64>
}
