// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.slice %{{.+}} {limits = array<i64: 6>, starts = array<i64: 1>, strides = array<i64: 2>}
func.func @f(%a: tensor<7xf64>) -> tensor<3xf64> {
  %y = tcc.slice %a {limits = array<i64: 6>, starts = array<i64: 1>, strides = array<i64: 2>}
      : tensor<7xf64> -> tensor<3xf64>
  return %y : tensor<3xf64>
}

// The adjoint puts dy back between zeros.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: tcc.pad %{{.+}}, %{{.+}} {high = array<i64: 1>, interior = array<i64: 1>, low = array<i64: 1>}

// NUMBERS: [1. 3. 5.]
func.func @main() -> tensor<3xf64> {
  %a = tcc.constant dense<[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]> : tensor<7xf64>
  %y = tcc.call @f(%a) : (tensor<7xf64>) -> tensor<3xf64>
  return %y : tensor<3xf64>
}
