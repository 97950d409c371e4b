// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

func.func private @g(%x: tensor<2xf64>) -> tensor<2xf64> {
  %0 = tcc.sin %x : tensor<2xf64>
  %1 = tcc.square %0 : tensor<2xf64>
  return %1 : tensor<2xf64>
}

// CHECK-LABEL: func.func @f(
// CHECK: tcc.checkpoint @g(%{{.+}}) : (tensor<2xf64>) -> tensor<2xf64>
func.func @f(%x: tensor<2xf64>) -> tensor<2xf64> {
  %0 = tcc.checkpoint @g(%x) : (tensor<2xf64>) -> tensor<2xf64>
  return %0 : tensor<2xf64>
}

// The adjoint gets the operand alone, and runs as one, too.
// CHECK-LABEL: func.func @f_vjp(
// CHECK-SAME: %[[X:.+]]: tensor<2xf64>, %[[DY:.+]]: tensor<2xf64>)
// CHECK-NEXT: %[[DX:.+]] = tcc.checkpoint @g_vjp(%[[X]], %[[DY]])
// CHECK-NEXT: return %[[DX]]

// NUMBERS: [0.70807342 0.82682181]
func.func @main() -> tensor<2xf64> {
  %x = tcc.constant dense<[1.0, 2.0]> : tensor<2xf64>
  %0 = tcc.call @f(%x) : (tensor<2xf64>) -> tensor<2xf64>
  return %0 : tensor<2xf64>
}
