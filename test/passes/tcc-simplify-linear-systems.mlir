// RUN: tcc-opt %s --pass-pipeline='builtin.module(func.func(tcc-simplify))' | FileCheck %s

!m = tensor<20x20xf64>
!b = tensor<20x3xf64>
!z = tensor<20x20xcomplex<f64>>

// Products with an inverse are solves, on either side and with its adjoint.
// CHECK-LABEL: func.func @inverse(
// CHECK-SAME: %[[A:.+]]: tensor<20x20xf64>, %[[B:.+]]: tensor<20x3xf64>)
// CHECK: %[[LU:.+]], %[[P:.+]] = tcc.lu %[[A]]
// CHECK-NOT: tcc.lu %
// CHECK: %[[X:.+]] = tcc.lu_solve %[[LU]], %[[P]], %[[B]] {adjoint = false}
// CHECK: %[[YT:.+]] = tcc.lu_solve %[[LU]], %[[P]], %[[B]] {adjoint = true}
// CHECK: %[[Y:.+]] = tcc.transpose %[[YT]]
// CHECK: %[[Z:.+]] = tcc.lu_solve %[[LU]], %[[P]], %[[B]] {adjoint = true}
// CHECK: return %[[X]], %[[Y]], %[[Z]]
func.func @inverse(%a: !m, %b: !b) -> (!b, tensor<3x20xf64>, !b) {
  %i = tcc.iota {axis = 0 : i64} : tensor<20x20xi64>
  %j = tcc.iota {axis = 1 : i64} : tensor<20x20xi64>
  %e = tcc.equal %j, %i : tensor<20x20xi64> -> tensor<20x20xi1>
  %one = tcc.cast %e : tensor<20x20xi1> -> !m
  %inv = tcc.solve %a, %one : (!m, !m) -> !m
  %x = tcc.dot_general %inv, %b {lhs_batch = array<i64>, rhs_batch = array<i64>, lhs_contract = array<i64: 1>, rhs_contract = array<i64: 0>} : (!m, !b) -> !b
  %bt = tcc.transpose %b {perm = array<i64: 1, 0>} : !b -> tensor<3x20xf64>
  %y = tcc.dot_general %bt, %inv {lhs_batch = array<i64>, rhs_batch = array<i64>, lhs_contract = array<i64: 1>, rhs_contract = array<i64: 0>} : (tensor<3x20xf64>, !m) -> tensor<3x20xf64>
  %t = tcc.transpose %inv {perm = array<i64: 1, 0>} : !m -> !m
  %z = tcc.dot_general %t, %b {lhs_batch = array<i64>, rhs_batch = array<i64>, lhs_contract = array<i64: 1>, rhs_contract = array<i64: 0>} : (!m, !b) -> !b
  return %x, %y, %z : !b, tensor<3x20xf64>, !b
}

// An inverse that is needed itself stays, and serves its product.
// CHECK-LABEL: func.func @needed_inverse(
// CHECK: tcc.solve
// CHECK: tcc.dot_general
func.func @needed_inverse(%a: !m, %b: !b) -> (!m, !b) {
  %i = tcc.iota {axis = 0 : i64} : tensor<20x20xi64>
  %j = tcc.iota {axis = 1 : i64} : tensor<20x20xi64>
  %e = tcc.equal %j, %i : tensor<20x20xi64> -> tensor<20x20xi1>
  %one = tcc.cast %e : tensor<20x20xi1> -> !m
  %inv = tcc.solve %a, %one : (!m, !m) -> !m
  %x = tcc.dot_general %inv, %b {lhs_batch = array<i64>, rhs_batch = array<i64>, lhs_contract = array<i64: 1>, rhs_contract = array<i64: 0>} : (!m, !b) -> !b
  return %inv, %x : !m, !b
}

// Triangles, unitary and diagonal matrices.
// CHECK-LABEL: func.func @structure(
// CHECK-NOT: tcc.solve
// CHECK: %[[L:.+]] = tcc.cholesky
// CHECK: tcc.triangular_solve %[[L]], %{{.+}} {adjoint = false, lower = true, unit_diagonal = false}
// CHECK: tcc.triangular_solve %[[L]], %{{.+}} {adjoint = true, lower = true, unit_diagonal = false}
// CHECK: %[[VH:.+]] = tcc.transpose
// CHECK: tcc.dot_general %[[VH]]
// CHECK: tcc.check
// CHECK: tcc.divide
// CHECK-NOT: tcc.solve
func.func @structure(%a: !m, %b: !b, %d: tensor<20xf64>) -> (!b, !b, !b, !b) {
  %l = tcc.cholesky %a : !m -> !m
  %x = tcc.solve %l, %b : (!m, !b) -> !b
  %u = tcc.transpose %l {perm = array<i64: 1, 0>} : !m -> !m
  %y = tcc.solve %u, %b : (!m, !b) -> !b
  %w, %v = tcc.eigh %a : !m -> tensor<20xf64>, !m
  %z = tcc.solve %v, %b : (!m, !b) -> !b
  %i = tcc.iota {axis = 0 : i64} : tensor<20x20xi64>
  %j = tcc.iota {axis = 1 : i64} : tensor<20x20xi64>
  %e = tcc.equal %j, %i : tensor<20x20xi64> -> tensor<20x20xi1>
  %zero = tcc.constant dense<0.0> : !m
  %rows = tcc.broadcast %d {dims = array<i64: 0>} : tensor<20xf64> -> !m
  %diagonal = tcc.select %e, %rows, %zero : !m
  %q = tcc.solve %diagonal, %b : (!m, !b) -> !b
  return %x, %y, %z, %q : !b, !b, !b, !b
}

// The determinant of a triangle is a product; an upper one is its own factor.
// CHECK-LABEL: func.func @determinants(
// CHECK-NOT: tcc.lu
// CHECK: tcc.reduce_prod
// CHECK-NOT: tcc.lu
func.func @determinants(%a: !m) -> (tensor<f64>, !m) {
  %q, %r = tcc.qr %a {full = false} : !m -> !m, !m
  %lu, %perm = tcc.lu %r : !m -> !m, tensor<20xi64>
  %y = tcc.det %r, %lu, %perm : (!m, !m, tensor<20xi64>) -> tensor<f64>
  return %y, %lu : tensor<f64>, !m
}

// One factorisation for a matrix, its adjoint and its determinant.
// CHECK-LABEL: func.func @shared(
// CHECK: %[[LU:.+]], %[[P:.+]] = tcc.lu
// CHECK-NOT: tcc.lu %
// CHECK: tcc.lu_solve %[[LU]], %[[P]], %{{.+}} {adjoint = false}
// CHECK: tcc.lu_solve %[[LU]], %[[P]], %{{.+}} {adjoint = true}
// CHECK: tcc.det %{{.+}}, %[[LU]], %[[P]]
func.func @shared(%a: !z, %b: !z) -> (!z, !z, tensor<complex<f64>>) {
  %x = tcc.solve %a, %b : (!z, !z) -> !z
  %t = tcc.transpose %a {perm = array<i64: 1, 0>} : !z -> !z
  %h = tcc.conj %t : !z
  %y = tcc.solve %h, %x : (!z, !z) -> !z
  %lu, %perm = tcc.lu %a : !z -> !z, tensor<20xi64>
  %d = tcc.det %a, %lu, %perm : (!z, !z, tensor<20xi64>) -> tensor<complex<f64>>
  return %x, %y, %d : !z, !z, tensor<complex<f64>>
}

// a a^H + 2 I, alone and beside its own Cholesky factor.
// CHECK-LABEL: func.func @positive(
// CHECK: tcc.positive_solve
func.func @positive(%a: !z, %b: !z) -> !z {
  %t = tcc.transpose %a {perm = array<i64: 1, 0>} : !z -> !z
  %h = tcc.conj %t : !z
  %aa = tcc.dot_general %a, %h {lhs_batch = array<i64>, rhs_batch = array<i64>, lhs_contract = array<i64: 1>, rhs_contract = array<i64: 0>} : (!z, !z) -> !z
  %i = tcc.iota {axis = 0 : i64} : tensor<20x20xi64>
  %j = tcc.iota {axis = 1 : i64} : tensor<20x20xi64>
  %e = tcc.equal %j, %i : tensor<20x20xi64> -> tensor<20x20xi1>
  %one = tcc.cast %e : tensor<20x20xi1> -> !z
  %two = tcc.constant dense<(2.0, 0.0)> : !z
  %shift = tcc.multiply %two, %one : !z
  %sum = tcc.add %aa, %shift : !z
  %x = tcc.solve %sum, %b : (!z, !z) -> !z
  return %x : !z
}

// CHECK-LABEL: func.func @known_factor(
// CHECK: %[[L:.+]] = tcc.cholesky
// CHECK: %[[Y:.+]] = tcc.triangular_solve %[[L]], %{{.+}} {adjoint = false, lower = true
// CHECK: tcc.triangular_solve %[[L]], %[[Y]] {adjoint = true, lower = true
func.func @known_factor(%a: !m, %b: !b) -> (!b, !m) {
  %t = tcc.transpose %a {perm = array<i64: 1, 0>} : !m -> !m
  %aa = tcc.dot_general %a, %t {lhs_batch = array<i64>, rhs_batch = array<i64>, lhs_contract = array<i64: 1>, rhs_contract = array<i64: 0>} : (!m, !m) -> !m
  %x = tcc.solve %aa, %b : (!m, !b) -> !b
  %l = tcc.cholesky %aa : !m -> !m
  return %x, %l : !b, !m
}

// Of 16 x 16 and less many are factored and solved at once, in registers.
// CHECK-LABEL: func.func @small(
// CHECK-COUNT-2: tcc.solve
func.func @small(%a: tensor<16x16xf64>, %b: tensor<16x3xf64>) -> tensor<16x3xf64> {
  %x = tcc.solve %a, %b : (tensor<16x16xf64>, tensor<16x3xf64>) -> tensor<16x3xf64>
  %y = tcc.solve %a, %x : (tensor<16x16xf64>, tensor<16x3xf64>) -> tensor<16x3xf64>
  return %y : tensor<16x3xf64>
}
