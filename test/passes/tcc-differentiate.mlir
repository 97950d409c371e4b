// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f wrt=0,1},tcc-differentiate{entry=caller},func.func(tcc-simplify))' | FileCheck %s
// RUN: not tcc-opt %s --tcc-differentiate="entry=nobody" 2>&1 | FileCheck %s --check-prefix=NOBODY
// RUN: not tcc-opt %s --tcc-differentiate="entry=f wrt=2" 2>&1 | FileCheck %s --check-prefix=INTEGER

// NOBODY: error: no function 'nobody'; it has '
// INTEGER: error: 'func.func' op cannot be differentiated by argument 2 of type 'tensor<3xi64>'

func.func @f(%x: tensor<2x3xf32>, %w: tensor<3xf32>, %i: tensor<3xi64>) -> tensor<f32> {
  %0 = tcc.broadcast %w {dims = array<i64: 1>} : tensor<3xf32> -> tensor<2x3xf32>
  %1 = tcc.multiply %x, %0 : tensor<2x3xf32>
  %2 = tcc.sin %1 : tensor<2x3xf32>
  %3 = tcc.reduce_sum %2 {axes = array<i64: 0, 1>} : tensor<2x3xf32> -> tensor<f32>
  return %3 : tensor<f32>
}

// The adjoint of a broadcast is a sum, of a sum a broadcast; the sine itself is not needed.
// CHECK-LABEL: func.func @f_vjp
// CHECK-SAME: (%[[X:.+]]: tensor<2x3xf32>, %[[W:.+]]: tensor<3xf32>, %{{.+}}: tensor<3xi64>, %[[DY:.+]]: tensor<f32>) -> (tensor<2x3xf32>, tensor<3xf32>)
// CHECK-NOT: tcc.sin
// CHECK: %[[REPEATED:.+]] = tcc.broadcast %[[DY]]
// CHECK: %[[COS:.+]] = tcc.cos
// CHECK: %[[INNER:.+]] = tcc.multiply %[[REPEATED]], %[[COS]]
// CHECK: %[[DX:.+]] = tcc.multiply %[[INNER]]
// CHECK: %[[PRODUCT:.+]] = tcc.multiply %[[INNER]], %[[X]]
// CHECK: %[[DW:.+]] = tcc.reduce_sum %[[PRODUCT]] {axes = array<i64: 0>}
// CHECK: return %[[DX]], %[[DW]]

func.func @g(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = tcc.exp %x : tensor<2xf32>
  return %0 : tensor<2xf32>
}
// A call's adjoint is a call of the callee's adjoint.
// CHECK-LABEL: func.func @g_vjp
// CHECK-LABEL: func.func @caller_vjp
// CHECK: tcc.call @g_vjp(%{{.+}}, %{{.+}}) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
func.func @caller(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = tcc.call @g(%x) : (tensor<2xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}
