// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.polar %{{.+}} : tensor<2x2xf64> -> tensor<2x2xf64>
func.func @f(%a: tensor<2x2xf64>) -> tensor<2x2xf64> {
  %u = tcc.polar %a : tensor<2x2xf64> -> tensor<2x2xf64>
  return %u : tensor<2x2xf64>
}

// CHECK-LABEL: func.func @f_vjp(
// CHECK: tcc.polar
// CHECK: tcc.sylvester
// CHECK: return

// A quarter turn of diag(3, 2). In hundredths.
// NUMBERS: {{\[\[ *}}0.{{ +}}-100.]
// NUMBERS-NEXT: [{{ *}}100.{{ +}}0.]]
func.func @main() -> tensor<2x2xf64> {
  %a = tcc.constant dense<[[0.0, -2.0], [3.0, 0.0]]> : tensor<2x2xf64>
  %u = tcc.call @f(%a) : (tensor<2x2xf64>) -> tensor<2x2xf64>
  %m = tcc.constant dense<100.0> : tensor<2x2xf64>
  %p = tcc.multiply %u, %m : tensor<2x2xf64>
  %r = tcc.round %p : tensor<2x2xf64>
  %zero = tcc.constant dense<0.0> : tensor<2x2xf64>
  %positive = tcc.add %r, %zero : tensor<2x2xf64>
  return %positive : tensor<2x2xf64>
}
