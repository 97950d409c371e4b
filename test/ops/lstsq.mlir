// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.lstsq %{{.+}}, %{{.+}} : (tensor<3x2xf64>, tensor<3x1xf64>) -> (tensor<2x1xf64>, tensor<i64>)
func.func @f(%a: tensor<3x2xf64>, %b: tensor<3x1xf64>) -> (tensor<2x1xf64>, tensor<i64>) {
  %y, %rank = tcc.lstsq %a, %b : (tensor<3x2xf64>, tensor<3x1xf64>) -> (tensor<2x1xf64>, tensor<i64>)
  return %y, %rank : tensor<2x1xf64>, tensor<i64>
}

// CHECK-LABEL: func.func @f_vjp(
// CHECK: tcc.pinv
// CHECK-NOT: tcc.svd
// CHECK: return

// (1, 2) fits but for (1, 1, -1), which is orthogonal to both columns. In hundredths.
// NUMBERS: {{\[\[}}100.]
// NUMBERS-NEXT: [200.]]
// NUMBERS-NEXT: 2
func.func @main() -> (tensor<2x1xf64>, tensor<i64>) {
  %a = tcc.constant dense<[[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]> : tensor<3x2xf64>
  %b = tcc.constant dense<[[2.0], [3.0], [2.0]]> : tensor<3x1xf64>
  %y, %rank = tcc.call @f(%a, %b) : (tensor<3x2xf64>, tensor<3x1xf64>) -> (tensor<2x1xf64>, tensor<i64>)
  %m = tcc.constant dense<100.0> : tensor<2x1xf64>
  %p = tcc.multiply %y, %m : tensor<2x1xf64>
  %r = tcc.round %p : tensor<2x1xf64>
  return %r, %rank : tensor<2x1xf64>, tensor<i64>
}
