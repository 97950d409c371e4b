// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.pad %{{.+}}, %{{.+}} {high = array<i64: 2>, interior = array<i64: 1>, low = array<i64: 1>}
func.func @f(%a: tensor<3xf64>, %b: tensor<f64>) -> tensor<8xf64> {
  %y = tcc.pad %a, %b {high = array<i64: 2>, interior = array<i64: 1>, low = array<i64: 1>}
      : (tensor<3xf64>, tensor<f64>) -> tensor<8xf64>
  return %y : tensor<8xf64>
}

// x gets its places, the value the sum of the rest.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: %[[DX:.+]] = tcc.slice %{{.+}} {limits = array<i64: 6>, starts = array<i64: 1>, strides = array<i64: 2>}
// CHECK: tcc.reduce_sum
// CHECK: return %[[DX]],

// NUMBERS: [-1.  1. -1.  2. -1.  3. -1. -1.]
func.func @main() -> tensor<8xf64> {
  %a = tcc.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf64>
  %b = tcc.constant dense<-1.0> : tensor<f64>
  %y = tcc.call @f(%a, %b) : (tensor<3xf64>, tensor<f64>) -> tensor<8xf64>
  return %y : tensor<8xf64>
}
