// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.adjugate %{{.+}}, %{{.+}}, %{{.+}} : (tensor<2x2xf64>, tensor<2x2xf64>, tensor<2xi64>) -> tensor<2x2xf64>
func.func @f(%a: tensor<2x2xf64>) -> tensor<2x2xf64> {
  %lu, %perm = tcc.lu %a : tensor<2x2xf64> -> tensor<2x2xf64>, tensor<2xi64>
  %y = tcc.adjugate %a, %lu, %perm : (tensor<2x2xf64>, tensor<2x2xf64>, tensor<2xi64>) -> tensor<2x2xf64>
  return %y : tensor<2x2xf64>
}

// CHECK-LABEL: func.func @f_vjp(
// CHECK: tcc.adjugate_tangent

// In thousandths.
// NUMBERS: {{\[\[}}{{ *}}4000.{{ +}}-2000.]
// NUMBERS-NEXT: [{{ *}}-2000.{{ +}}1000.]]
func.func @main() -> tensor<2x2xf64> {
  %a = tcc.constant dense<[[1.0, 2.0], [2.0, 4.0]]> : tensor<2x2xf64>
  %y = tcc.call @f(%a) : (tensor<2x2xf64>) -> tensor<2x2xf64>
  %m = tcc.constant dense<1000.0> : tensor<2x2xf64>
  %p = tcc.multiply %y, %m : tensor<2x2xf64>
  %r = tcc.round %p : tensor<2x2xf64>
  return %r : tensor<2x2xf64>
}
