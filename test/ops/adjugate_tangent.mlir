// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.adjugate_tangent %{{.+}}, %{{.+}}, %{{.+}}, %{{.+}} :
func.func @f(%a: tensor<3x3xf64>, %e: tensor<3x3xf64>) -> tensor<3x3xf64> {
  %lu, %perm = tcc.lu %a : tensor<3x3xf64> -> tensor<3x3xf64>, tensor<3xi64>
  %y = tcc.adjugate_tangent %a, %lu, %perm, %e
      : (tensor<3x3xf64>, tensor<3x3xf64>, tensor<3xi64>, tensor<3x3xf64>) -> tensor<3x3xf64>
  return %y : tensor<3x3xf64>
}

// By the direction it is its own adjoint.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: tcc.adjugate_tangent

// Of diag(2, 0, 0) along diag(1, 3, 5): diag(0, 10, 6). In thousandths.
// NUMBERS: {{\[\[ *}}0.{{ +}}0.{{ +}}0.]
// NUMBERS-NEXT: [{{ *}}0.{{ +}}10000.{{ +}}0.]
// NUMBERS-NEXT: [{{ *}}0.{{ +}}0.{{ +}}6000.]]
func.func @main() -> tensor<3x3xf64> {
  %a = tcc.constant dense<[[2.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]> : tensor<3x3xf64>
  %e = tcc.constant dense<[[1.0, 0.0, 0.0], [0.0, 3.0, 0.0], [0.0, 0.0, 5.0]]> : tensor<3x3xf64>
  %y = tcc.call @f(%a, %e) : (tensor<3x3xf64>, tensor<3x3xf64>) -> tensor<3x3xf64>
  %m = tcc.constant dense<1000.0> : tensor<3x3xf64>
  %p = tcc.multiply %y, %m : tensor<3x3xf64>
  %r = tcc.round %p : tensor<3x3xf64>
  %abs = tcc.abs %r : tensor<3x3xf64> -> tensor<3x3xf64>
  return %abs : tensor<3x3xf64>
}
