// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f wrt=0,1},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.convolution %{{.+}}, %{{.+}} {
func.func @f(%x: tensor<1x2x5xf64>, %w: tensor<3x2x2xf64>) -> tensor<1x3x3xf64> {
  %y = tcc.convolution %x, %w
      {x_batch = array<i64>, w_batch = array<i64>, x_contract = array<i64: 1>, w_contract = array<i64: 1>,
       x_window = array<i64: 2>, w_window = array<i64: 2>, strides = array<i64: 2>, low = array<i64: 1>,
       high = array<i64: 0>, x_dilation = array<i64: 1>, w_dilation = array<i64: 1>, flip = false,
       perm = array<i64: 0, 1, 2>} : (tensor<1x2x5xf64>, tensor<3x2x2xf64>) -> tensor<1x3x3xf64>
  return %y : tensor<1x3x3xf64>
}

// The adjoint of x spreads dy by the stride and takes w backwards; that of w takes dy for the window, with the stride
// between its elements.
// CHECK-LABEL: func.func @f_vjp(
// CHECK-SAME: %[[X:.+]]: tensor<1x2x5xf64>, %[[W:.+]]: tensor<3x2x2xf64>, %[[DY:.+]]: tensor<1x3x3xf64>)
// CHECK-DAG: tcc.convolution %[[DY]], %[[W]] {flip = true, high = array<i64: 1>, low = array<i64: 0>, perm = array<i64: 0, 1, 2>, strides = array<i64: 1>, w_batch = array<i64>, w_contract = array<i64: 0>, w_dilation = array<i64: 1>, w_window = array<i64: 2>, x_batch = array<i64>, x_contract = array<i64: 1>, x_dilation = array<i64: 2>, x_window = array<i64: 2>}
// CHECK-DAG: tcc.convolution %[[X]], %[[DY]] {flip = false, high = array<i64: 0>, low = array<i64: 1>, perm = array<i64: 1, 0, 2>, strides = array<i64: 1>, w_batch = array<i64>, w_contract = array<i64: 0>, w_dilation = array<i64: 2>, w_window = array<i64: 2>, x_batch = array<i64>, x_contract = array<i64: 0>, x_dilation = array<i64: 1>, x_window = array<i64: 2>}

// NUMBERS: {{\[\[\[}} 1.  5.  9.]
// NUMBERS-NEXT: [ 0. -2. -4.]
// NUMBERS-NEXT: [-1.  0.  0.]]]
func.func @main() -> tensor<1x3x3xf64> {
  %x = tcc.constant dense<[[[1.0, 2.0, 3.0, 4.0, 5.0], [-1.0, 1.0, -1.0, 1.0, -1.0]]]> : tensor<1x2x5xf64>
  %w = tcc.constant dense<[[[1.0, 1.0], [0.0, 0.0]], [[-1.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [1.0, 1.0]]]>
      : tensor<3x2x2xf64>
  %y = tcc.call @f(%x, %w) : (tensor<1x2x5xf64>, tensor<3x2x2xf64>) -> tensor<1x3x3xf64>
  return %y : tensor<1x3x3xf64>
}
