// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.polygamma %{{.+}} {order = 1 : i64} : tensor<4xf64>
func.func @f(%x: tensor<4xf64>) -> tensor<4xf64> {
  %0 = tcc.polygamma %x {order = 1 : i64} : tensor<4xf64>
  return %0 : tensor<4xf64>
}

// The slope is polygamma of the next order.
// CHECK-LABEL: func.func @f_vjp(
// CHECK-SAME: %[[X:.+]]: tensor<4xf64>, %[[DY:.+]]: tensor<4xf64>)
// CHECK: %[[NEXT:.+]] = tcc.polygamma %[[X]]
// CHECK: %[[DX:.+]] = tcc.multiply %[[DY]], %[[NEXT]]
// CHECK: return %[[DX]]

// NUMBERS: [1.64493407 4.9348022  0.22132296]
func.func @main() -> (tensor<3xf64>) {
  %x0 = tcc.constant dense<[1.0, 0.5, 5.0]> : tensor<3xf64>
  %0 = tcc.polygamma %x0 {order = 1 : i64} : tensor<3xf64>
  return %0 : tensor<3xf64>
}
