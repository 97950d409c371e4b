// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f wrt=1},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS
// RUN: tcc-opt %s --canonicalize | FileCheck %s --check-prefix=KNOWN
// RUN: %tcc-run %s --entry=other | FileCheck %s --check-prefix=OTHER

func.func private @triple(%x: tensor<f64>) -> tensor<f64> {
  %0 = tcc.constant dense<3.0> : tensor<f64>
  %1 = tcc.multiply %x, %0 : tensor<f64>
  return %1 : tensor<f64>
}
func.func private @negate(%x: tensor<f64>) -> tensor<f64> {
  %0 = tcc.neg %x : tensor<f64>
  return %0 : tensor<f64>
}

// CHECK-LABEL: func.func @f(
// CHECK: tcc.cond @triple, @negate if %{{.+}}(%{{.+}}) : (tensor<i1>, tensor<f64>) -> tensor<f64>
func.func @f(%p: tensor<i1>, %x: tensor<f64>) -> tensor<f64> {
  %0 = tcc.cond @triple, @negate if %p(%x) : (tensor<i1>, tensor<f64>) -> tensor<f64>
  return %0 : tensor<f64>
}

// CHECK-LABEL: func.func @f_vjp(
// CHECK-SAME: %[[P:.+]]: tensor<i1>, %[[X:.+]]: tensor<f64>, %[[DY:.+]]: tensor<f64>)
// CHECK-NEXT: %[[DX:.+]] = tcc.cond @triple_vjp, @negate_vjp if %[[P]](%[[X]], %[[DY]])
// CHECK-NEXT: return %[[DX]]

// NUMBERS: 6.0
// KNOWN-LABEL: func.func @main(
// KNOWN: tcc.call @f(
func.func @main() -> tensor<f64> {
  %p = tcc.constant dense<true> : tensor<i1>
  %x = tcc.constant dense<2.0> : tensor<f64>
  %0 = tcc.call @f(%p, %x) : (tensor<i1>, tensor<f64>) -> tensor<f64>
  return %0 : tensor<f64>
}

// OTHER: -2.0
// KNOWN-LABEL: func.func @other(
// KNOWN-NOT: tcc.cond
// KNOWN: tcc.call @negate(
func.func @other() -> tensor<f64> {
  %p = tcc.constant dense<false> : tensor<i1>
  %x = tcc.constant dense<2.0> : tensor<f64>
  %0 = tcc.cond @triple, @negate if %p(%x) : (tensor<i1>, tensor<f64>) -> tensor<f64>
  return %0 : tensor<f64>
}
