// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.stop_gradient %{{.+}} : tensor<4xf64>
func.func @f(%x: tensor<4xf64>) -> tensor<4xf64> {
  %0 = tcc.stop_gradient %x : tensor<4xf64>
  return %0 : tensor<4xf64>
}

// Nothing flows back.
// CHECK-LABEL: func.func @f_vjp(
// CHECK-SAME: %[[X:.+]]: tensor<4xf64>, %[[DY:.+]]: tensor<4xf64>)
// CHECK: %[[ZERO:.+]] = tcc.constant
// CHECK: return %[[ZERO]]

// NUMBERS: [ 1.5 -2. ]
// NUMBERS-NEXT: [ True False]
func.func @main() -> (tensor<2xf64>, tensor<2xi1>) {
  %x0 = tcc.constant dense<[1.5, -2.0]> : tensor<2xf64>
  %0 = tcc.stop_gradient %x0 : tensor<2xf64>
  %x1 = tcc.constant dense<[true, false]> : tensor<2xi1>
  %1 = tcc.stop_gradient %x1 : tensor<2xi1>
  return %0, %1 : tensor<2xf64>, tensor<2xi1>
}
