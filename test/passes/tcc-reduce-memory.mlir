// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The order of steps, and what is computed again for a budget. Each tensor takes 32 KiB.
// RUN: %tcc-opt %s --tcc-reduce-memory | FileCheck %s
// RUN: %tcc-opt %s --tcc-reduce-memory=budget=131072 | FileCheck %s --check-prefix=FOUR
// RUN: %tcc-opt %s --tcc-reduce-memory=budget=98304 | FileCheck %s --check-prefix=THREE

// One factor lies in memory at a time, not four.
// CHECK-LABEL: func.func @early
// CHECK: %[[L0:.+]] = tcc.cholesky %arg0
// CHECK-NEXT: %[[R0:.+]] = tcc.cholesky %[[L0]]
// CHECK-NEXT: %[[L1:.+]] = tcc.cholesky %arg1
// CHECK-NEXT: %[[R1:.+]] = tcc.cholesky %[[L1]]
// CHECK-NEXT: %[[L2:.+]] = tcc.cholesky %arg2
// CHECK-NEXT: %[[R2:.+]] = tcc.cholesky %[[L2]]
// CHECK-NEXT: %[[L3:.+]] = tcc.cholesky %arg3
// CHECK-NEXT: %[[R3:.+]] = tcc.cholesky %[[L3]]
// CHECK-NEXT: return %[[R0]], %[[R1]], %[[R2]], %[[R3]]
func.func @early(%a: tensor<64x64xf64>, %b: tensor<64x64xf64>, %c: tensor<64x64xf64>, %d: tensor<64x64xf64>) -> (tensor<64x64xf64>, tensor<64x64xf64>, tensor<64x64xf64>, tensor<64x64xf64>) {
  %0 = tcc.cholesky %a : tensor<64x64xf64> -> tensor<64x64xf64>
  %1 = tcc.cholesky %b : tensor<64x64xf64> -> tensor<64x64xf64>
  %2 = tcc.cholesky %c : tensor<64x64xf64> -> tensor<64x64xf64>
  %3 = tcc.cholesky %d : tensor<64x64xf64> -> tensor<64x64xf64>
  %4 = tcc.cholesky %0 : tensor<64x64xf64> -> tensor<64x64xf64>
  %5 = tcc.cholesky %1 : tensor<64x64xf64> -> tensor<64x64xf64>
  %6 = tcc.cholesky %2 : tensor<64x64xf64> -> tensor<64x64xf64>
  %7 = tcc.cholesky %3 : tensor<64x64xf64> -> tensor<64x64xf64>
  return %4, %5, %6, %7 : tensor<64x64xf64>, tensor<64x64xf64>, tensor<64x64xf64>, tensor<64x64xf64>
}

// All factors are kept without a budget. With room for four tensors, results included, the first one, which waits longest,
// is computed again; with room for three the first two, and the first one a second time.
// CHECK-LABEL: func.func @chain
// CHECK-COUNT-4: tcc.cholesky
// CHECK-NOT: tcc.cholesky
// FOUR-LABEL: func.func @chain
// FOUR-COUNT-4: tcc.cholesky
// FOUR-NEXT: tcc.dot_general
// FOUR-NEXT: %[[P:.+]] = tcc.dot_general
// FOUR-NEXT: %[[L1:.+]] = tcc.cholesky %arg0
// FOUR-NEXT: tcc.dot_general %[[P]], %[[L1]]
// FOUR-NOT: tcc.cholesky
// THREE-LABEL: func.func @chain
// THREE-COUNT-4: tcc.cholesky
// THREE-NEXT: %[[P:.+]] = tcc.dot_general
// THREE-NEXT: %[[L1:.+]] = tcc.cholesky %arg0
// THREE-NEXT: %[[L2:.+]] = tcc.cholesky %[[L1]]
// THREE-NEXT: %[[Q:.+]] = tcc.dot_general %[[P]], %[[L2]]
// THREE-NEXT: %[[AGAIN:.+]] = tcc.cholesky %arg0
// THREE-NEXT: tcc.dot_general %[[Q]], %[[AGAIN]]
// THREE-NOT: tcc.cholesky
func.func @chain(%x: tensor<64x64xf64>) -> tensor<64x64xf64> {
  %1 = tcc.cholesky %x : tensor<64x64xf64> -> tensor<64x64xf64>
  %2 = tcc.cholesky %1 : tensor<64x64xf64> -> tensor<64x64xf64>
  %3 = tcc.cholesky %2 : tensor<64x64xf64> -> tensor<64x64xf64>
  %4 = tcc.cholesky %3 : tensor<64x64xf64> -> tensor<64x64xf64>
  %5 = tcc.dot_general %4, %3 {lhs_batch = array<i64>, rhs_batch = array<i64>, lhs_contract = array<i64: 1>,
    rhs_contract = array<i64: 0>} : (tensor<64x64xf64>, tensor<64x64xf64>) -> tensor<64x64xf64>
  %6 = tcc.dot_general %5, %2 {lhs_batch = array<i64>, rhs_batch = array<i64>, lhs_contract = array<i64: 1>,
    rhs_contract = array<i64: 0>} : (tensor<64x64xf64>, tensor<64x64xf64>) -> tensor<64x64xf64>
  %7 = tcc.dot_general %6, %1 {lhs_batch = array<i64>, rhs_batch = array<i64>, lhs_contract = array<i64: 1>,
    rhs_contract = array<i64: 0>} : (tensor<64x64xf64>, tensor<64x64xf64>) -> tensor<64x64xf64>
  %8 = tcc.dot_general %7, %7 {lhs_batch = array<i64>, rhs_batch = array<i64>, lhs_contract = array<i64: 1>,
    rhs_contract = array<i64: 0>} : (tensor<64x64xf64>, tensor<64x64xf64>) -> tensor<64x64xf64>
  return %8 : tensor<64x64xf64>
}
