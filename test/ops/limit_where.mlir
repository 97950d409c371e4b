// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.limit_where
func.func @f(%near: tensor<1x2xi1>, %d: tensor<1x2xf64>, %limit: tensor<1x2xf64>, %q: tensor<1x2xf64>) -> tensor<1x2xf64> {
  %y = tcc.limit_where %near, %d, %limit, %q : tensor<1x2xi1>, tensor<1x2xf64>, tensor<1x2xf64>
  return %y : tensor<1x2xf64>
}

// Differentiated by the divisor, it asks whether a limit's derivative is needed.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: tcc.check %{{.+}}, %{{.+}} {reason = 1 : i64}

// NUMBERS: {{\[\[}}3. 6.]]
func.func @main() -> tensor<1x2xf64> {
  %zero = tcc.constant dense<0.0> : tensor<1x2xf64>
  %d = tcc.constant dense<[[0.0, 2.0]]> : tensor<1x2xf64>
  %limit = tcc.constant dense<[[3.0, 4.0]]> : tensor<1x2xf64>
  %q = tcc.constant dense<[[5.0, 6.0]]> : tensor<1x2xf64>
  %near = tcc.equal %d, %zero : tensor<1x2xf64> -> tensor<1x2xi1>
  %y = tcc.call @f(%near, %d, %limit, %q) : (tensor<1x2xi1>, tensor<1x2xf64>, tensor<1x2xf64>, tensor<1x2xf64>) -> tensor<1x2xf64>
  return %y : tensor<1x2xf64>
}
