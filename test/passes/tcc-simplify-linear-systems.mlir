// RUN: tcc-opt %s --pass-pipeline='builtin.module(func.func(tcc-simplify))' --split-input-file | FileCheck %s

!m = tensor<20x20xf64>
!b = tensor<20x3xf64>

// A product with an inverse is a solve.
// CHECK-LABEL: func.func @inverse(
// CHECK-SAME: %[[A:.+]]: tensor<20x20xf64>, %[[B:.+]]: tensor<20x3xf64>)
// CHECK-NEXT: %[[Y:.+]] = tcc.solve %[[A]], %[[B]]
// CHECK-NEXT: return %[[Y]]
func.func @inverse(%a: !m, %b: !b) -> !b {
  %i = tcc.iota {axis = 0 : i64} : tensor<20x20xi64>
  %j = tcc.iota {axis = 1 : i64} : tensor<20x20xi64>
  %e = tcc.equal %j, %i : tensor<20x20xi64> -> tensor<20x20xi1>
  %one = tcc.cast %e : tensor<20x20xi1> -> !m
  %inv = tcc.solve %a, %one : (!m, !m) -> !m
  %y = tcc.dot_general %inv, %b {lhs_batch = array<i64>, rhs_batch = array<i64>, lhs_contract = array<i64: 1>, rhs_contract = array<i64: 0>} : (!m, !b) -> !b
  return %y : !b
}

// A factor of Cholesky is a triangle, eigenvectors are unitary.
// CHECK-LABEL: func.func @structure(
// CHECK: tcc.triangular_solve %{{.+}}, %{{.+}} {adjoint = false, lower = true, unit_diagonal = false}
// CHECK: tcc.triangular_solve %{{.+}}, %{{.+}} {adjoint = false, lower = false, unit_diagonal = false}
// CHECK: %[[VH:.+]] = tcc.transpose
// CHECK: tcc.dot_general %[[VH]]
// CHECK-NOT: tcc.solve
func.func @structure(%a: !m, %b: !b) -> (!b, !b, !b) {
  %l = tcc.cholesky %a : !m -> !m
  %x = tcc.solve %l, %b : (!m, !b) -> !b
  %u = tcc.transpose %l {perm = array<i64: 1, 0>} : !m -> !m
  %y = tcc.solve %u, %b : (!m, !b) -> !b
  %w, %v = tcc.eigh %a : !m -> tensor<20xf64>, !m
  %z = tcc.solve %v, %b : (!m, !b) -> !b
  return %x, %y, %z : !b, !b, !b
}

// One factorisation for a matrix and its transpose.
// CHECK-LABEL: func.func @shared(
// CHECK: %[[LU:.+]], %[[P:.+]] = tcc.lu
// CHECK-NOT: tcc.lu %
// CHECK: tcc.lu_solve %[[LU]], %[[P]], %{{.+}} {adjoint = false}
// CHECK: tcc.lu_solve %[[LU]], %[[P]], %{{.+}} {adjoint = true}
func.func @shared(%a: !m, %b: !b) -> (!b, !b, !m) {
  %x = tcc.solve %a, %b : (!m, !b) -> !b
  %t = tcc.transpose %a {perm = array<i64: 1, 0>} : !m -> !m
  %y = tcc.solve %t, %x : (!m, !b) -> !b
  %lu, %perm = tcc.lu %a : !m -> !m, tensor<20xi64>
  return %x, %y, %lu : !b, !b, !m
}
