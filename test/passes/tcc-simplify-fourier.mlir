// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=back},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS

// Factors and conjugates of what a transform reads and makes are its attributes.

!z = tensor<4xcomplex<f64>>
!h = tensor<3xcomplex<f64>>
!r = tensor<4xf64>

// Real factors of results, whatever their type; F conj(x) = conj(F^-1 x).
// CHECK-LABEL: func.func @factors(
// CHECK-SAME: %[[X:.+]]: tensor<4xcomplex<f64>>, %[[A:.+]]: tensor<4xf64>, %[[H:.+]]: tensor<3xcomplex<f64>>)
// CHECK-NEXT: %[[Y:.+]] = tcc.fft %[[X]] {axes = array<i64: 0>, inverse = false, norm = 2 : i64, scale = -1.500000e+00 : f64}
// CHECK-NEXT: %[[S:.+]] = tcc.rfft %[[A]] {axes = array<i64: 0>, conjugate = true, norm = 0 : i64, scale = 2.500000e-01 : f64}
// CHECK-NEXT: %[[B:.+]] = tcc.irfft %[[H]] {axes = array<i64: 0>, conjugate = true, n = 4 : i64, norm = 2 : i64, scale = 2.000000e+00 : f64}
// CHECK-NEXT: return %[[Y]], %[[S]], %[[B]]
func.func @factors(%x: !z, %a: !r, %h: !h) -> (!z, !h, !r) {
  %c0 = tcc.constant dense<(1.5, 0.0)> : !z
  %c1 = tcc.constant dense<(4.0, 0.0)> : !h
  %c2 = tcc.constant dense<2.0> : !r
  %0 = tcc.conj %x : !z
  %1 = tcc.fft %0 {axes = array<i64: 0>, inverse = true, norm = 2 : i64} : !z -> !z
  %2 = tcc.conj %1 : !z
  %3 = tcc.multiply %c0, %2 : !z
  %4 = tcc.neg %3 : !z
  %5 = tcc.rfft %a {axes = array<i64: 0>, norm = 0 : i64} : !r -> !h
  %6 = tcc.divide %5, %c1 : !h
  %7 = tcc.conj %6 : !h
  %8 = tcc.conj %h : !h
  %9 = tcc.irfft %8 {axes = array<i64: 0>, n = 4 : i64, norm = 2 : i64} : !h -> !r
  %10 = tcc.multiply %9, %c2 : !r
  return %4, %7, %10 : !z, !h, !r
}

// Factors of inputs, complex ones, what else reads the transform's result, and numbers that are lost in single precision.
// CHECK-LABEL: func.func @others(
// CHECK: %[[M:.+]] = tcc.multiply
// CHECK: %[[F:.+]] = tcc.fft %[[M]] {axes = array<i64: 0>, inverse = false, norm = 0 : i64} :
// CHECK: tcc.multiply %[[F]]
// CHECK: %[[G:.+]] = tcc.fft %{{.+}} {axes = array<i64: 0>, inverse = true, norm = 0 : i64} :
// CHECK: %[[K:.+]] = tcc.multiply %[[G]]
// CHECK: %[[I:.+]] = tcc.irfft %{{.+}} {axes = array<i64: 0>, n = 4 : i64, norm = 0 : i64} :
// CHECK: tcc.multiply %[[I]]
func.func @others(%x: !z, %h: !h) -> (!z, !z, !z, !r) {
  %c = tcc.constant dense<(2.0, 0.0)> : !z
  %i = tcc.constant dense<(0.0, 1.0)> : !z
  %tiny = tcc.constant dense<1.0e-30> : !r
  %0 = tcc.multiply %x, %c : !z
  %1 = tcc.fft %0 {axes = array<i64: 0>, inverse = false, norm = 0 : i64} : !z -> !z
  %2 = tcc.multiply %1, %i : !z
  %3 = tcc.fft %x {axes = array<i64: 0>, inverse = true, norm = 0 : i64} : !z -> !z
  %4 = tcc.multiply %3, %c : !z
  %5 = tcc.irfft %h {axes = array<i64: 0>, n = 4 : i64, norm = 0 : i64} : !h -> !r
  %6 = tcc.multiply %5, %tiny : !r
  return %2, %3, %4, %6 : !z, !z, !z, !r
}

// The gradient of a constant times irfft is one transform.
// CHECK-LABEL: func.func @back(
// CHECK-LABEL: func.func @back_vjp(
// CHECK-SAME: %[[DY:[a-z0-9]+]]: tensor<4xf64>) ->
// CHECK-NEXT: %[[D:.+]] = tcc.rfft %[[DY]] {axes = array<i64: 0>, conjugate = true, norm = 2 : i64, pairs = 2.000000e+00 : f64}
// CHECK-NEXT: return %[[D]]
func.func @back(%h: !h) -> !r {
  %0 = tcc.conj %h : !h
  %1 = tcc.irfft %0 {axes = array<i64: 0>, n = 4 : i64, norm = 2 : i64} : !h -> !r
  return %1 : !r
}

// NUMBERS: [4.5-1.5j 3. +3.j 1.5-1.5j 3. -6.j ]
func.func @main() -> !z {
  %x = tcc.constant dense<[(2.0, 1.0), (2.0, 0.0), (0.0, 0.0), (-1.0, 0.0)]> : !z
  %c = tcc.constant dense<(1.5, 0.0)> : !z
  %0 = tcc.conj %x : !z
  %1 = tcc.fft %0 {axes = array<i64: 0>, inverse = true, norm = 0 : i64} : !z -> !z
  %2 = tcc.multiply %1, %c : !z
  return %2 : !z
}
