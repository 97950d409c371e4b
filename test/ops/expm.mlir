// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.expm %{{.+}} : tensor<2x2xf64> -> tensor<2x2xf64>
func.func @f(%a: tensor<2x2xf64>) -> tensor<2x2xf64> {
  %y = tcc.expm %a : tensor<2x2xf64> -> tensor<2x2xf64>
  return %y : tensor<2x2xf64>
}

// A block of the exponential of twice the size.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: tcc.concatenate
// CHECK: tcc.expm %{{.+}} : tensor<4x4xf64>

// In thousandths.
// NUMBERS: {{\[\[}}{{ *}}540.{{ +}}841.]
// NUMBERS-NEXT: [{{ *}}-841.{{ +}}540.]]
func.func @main() -> tensor<2x2xf64> {
  %a = tcc.constant dense<[[0.0, 1.0], [-1.0, 0.0]]> : tensor<2x2xf64>
  %y = tcc.call @f(%a) : (tensor<2x2xf64>) -> tensor<2x2xf64>
  %m = tcc.constant dense<1000.0> : tensor<2x2xf64>
  %p = tcc.multiply %y, %m : tensor<2x2xf64>
  %r = tcc.round %p : tensor<2x2xf64>
  return %r : tensor<2x2xf64>
}
