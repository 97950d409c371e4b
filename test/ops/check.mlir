// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: not %tcc-run %s --entry=fails 2>&1 | FileCheck %s --check-prefix=ERROR

// CHECK-LABEL: func.func @f(
// CHECK: tcc.check %{{.+}}, %{{.+}} {reason = 0 : i64}
func.func @f(%x: tensor<2x1xf64>, %failed: tensor<2x2xi1>) -> tensor<2x1xf64> {
  %y = tcc.check %x, %failed {reason = 0 : i64} : (tensor<2x1xf64>, tensor<2x2xi1>) -> tensor<2x1xf64>
  return %y : tensor<2x1xf64>
}

// CHECK-LABEL: func.func @f_vjp(
// CHECK-SAME: %[[DY:[a-z0-9]+]]: tensor<2x1xf64>)
// CHECK: return %[[DY]]

// NUMBERS: {{\[\[}}1.]
// NUMBERS-NEXT: [2.]]
func.func @main() -> tensor<2x1xf64> {
  %x = tcc.constant dense<[[1.0], [2.0]]> : tensor<2x1xf64>
  %failed = tcc.constant dense<false> : tensor<2x2xi1>
  %y = tcc.call @f(%x, %failed) : (tensor<2x1xf64>, tensor<2x2xi1>) -> tensor<2x1xf64>
  return %y : tensor<2x1xf64>
}

// ERROR: does not depend on the choice of vectors of equal eigenvalues or singular values{{.*}}(vectors 1 and 0, batch index 0)
func.func @fails() -> tensor<2x1xf64> {
  %x = tcc.constant dense<[[1.0], [2.0]]> : tensor<2x1xf64>
  %failed = tcc.constant dense<[[false, false], [true, false]]> : tensor<2x2xi1>
  %y = tcc.call @f(%x, %failed) : (tensor<2x1xf64>, tensor<2x2xi1>) -> tensor<2x1xf64>
  return %y : tensor<2x1xf64>
}
