// RUN: tcc-opt %s --pass-pipeline='builtin.module(func.func(tcc-simplify))' | FileCheck %s

// CHECK-LABEL: @plus_zero_keeps_the_sign_of_zero
// CHECK-SAME: (%[[X:.+]]: tensor<2xf32>, %[[N:.+]]: tensor<2xi32>)
func.func @plus_zero_keeps_the_sign_of_zero(%x: tensor<2xf32>, %n: tensor<2xi32>) -> (tensor<2xf32>, tensor<2xf32>, tensor<2xi32>) {
  %pos = tcc.constant dense<0.0> : tensor<2xf32>
  %neg = tcc.constant dense<-0.0> : tensor<2xf32>
  %zero = tcc.constant dense<0> : tensor<2xi32>
  // CHECK: %[[SUM:.+]] = tcc.add %[[X]]
  %0 = tcc.add %x, %pos : tensor<2xf32>
  %1 = tcc.add %x, %neg : tensor<2xf32>
  %2 = tcc.add %n, %zero : tensor<2xi32>
  // CHECK: return %[[SUM]], %[[X]], %[[N]]
  return %0, %1, %2 : tensor<2xf32>, tensor<2xf32>, tensor<2xi32>
}

// CHECK-LABEL: @inverse_pairs_cancel
// CHECK-SAME: (%[[X:.+]]: tensor<2xf32>, %[[Z:.+]]: tensor<2xcomplex<f32>>)
func.func @inverse_pairs_cancel(%x: tensor<2xf32>, %z: tensor<2xcomplex<f32>>) -> (tensor<2xf32>, tensor<2xcomplex<f32>>, tensor<2xf32>, tensor<2xcomplex<f32>>) {
  %0 = tcc.neg %x : tensor<2xf32>
  %1 = tcc.neg %0 : tensor<2xf32>
  %2 = tcc.conj %z : tensor<2xcomplex<f32>>
  %3 = tcc.conj %2 : tensor<2xcomplex<f32>>
  %4 = tcc.conj %x : tensor<2xf32>
  %5 = tcc.real %z : tensor<2xcomplex<f32>> -> tensor<2xf32>
  %6 = tcc.imag %z : tensor<2xcomplex<f32>> -> tensor<2xf32>
  %7 = tcc.complex %5, %6 : tensor<2xf32> -> tensor<2xcomplex<f32>>
  // CHECK-NEXT: return %[[X]], %[[Z]], %[[X]], %[[Z]]
  return %1, %3, %4, %7 : tensor<2xf32>, tensor<2xcomplex<f32>>, tensor<2xf32>, tensor<2xcomplex<f32>>
}

// CHECK-LABEL: @cast_back_only_where_nothing_is_lost
// CHECK-SAME: (%[[X:.+]]: tensor<2xf32>)
func.func @cast_back_only_where_nothing_is_lost(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
  %0 = tcc.cast %x : tensor<2xf32> -> tensor<2xf64>
  %1 = tcc.cast %0 : tensor<2xf64> -> tensor<2xf32>
  // CHECK: tcc.cast {{.*}} -> tensor<2xf16>
  // CHECK: %[[LOSSY:.+]] = tcc.cast {{.*}} -> tensor<2xf32>
  %2 = tcc.cast %x : tensor<2xf32> -> tensor<2xf16>
  %3 = tcc.cast %2 : tensor<2xf16> -> tensor<2xf32>
  // CHECK: return %[[X]], %[[LOSSY]]
  return %1, %3 : tensor<2xf32>, tensor<2xf32>
}
