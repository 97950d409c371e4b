// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

func.func @g(%x: tensor<2xf64>) -> tensor<2xf64> {
  %y = tcc.square %x : tensor<2xf64>
  return %y : tensor<2xf64>
}

// CHECK-LABEL: func.func @f(
// CHECK: tcc.call @g(%{{.+}}) : (tensor<2xf64>) -> tensor<2xf64>
func.func @f(%x: tensor<2xf64>) -> tensor<2xf64> {
  %y = tcc.call @g(%x) : (tensor<2xf64>) -> tensor<2xf64>
  return %y : tensor<2xf64>
}

// The adjoint of a call is a call of the adjoint.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: %[[DX:.+]] = tcc.call @g_vjp(
// CHECK: return %[[DX]]

// NUMBERS: [ 2.25 16.  ]
func.func @main() -> tensor<2xf64> {
  %x = tcc.constant dense<[-1.5, 4.0]> : tensor<2xf64>
  %y = tcc.call @f(%x) : (tensor<2xf64>) -> tensor<2xf64>
  return %y : tensor<2xf64>
}
