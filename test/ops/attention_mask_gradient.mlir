// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f wrt=6},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.attention_mask_gradient
func.func @f(%q: tensor<3x4xf64>, %k: tensor<5x4xf64>, %v: tensor<5x6xf64>, %logsumexp: tensor<3xf64>, %delta: tensor<3xf64>, %dy: tensor<3x6xf64>, %mask: tensor<1x5xf64>) -> tensor<1x5xf64> {
  %dmask = tcc.attention_mask_gradient %q, %k, %v, %logsumexp, %delta, %dy, %mask {causal = false, scale = 0.5} : (tensor<3x4xf64>, tensor<5x4xf64>, tensor<5x6xf64>, tensor<3xf64>, tensor<3xf64>, tensor<3x6xf64>, tensor<1x5xf64>) -> tensor<1x5xf64>
  return %dmask : tensor<1x5xf64>
}

// The second derivative is that of the formula.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: tcc.exp
// CHECK: tcc.reduce_sum
// CHECK-NOT: tcc.attention_mask_gradient
// CHECK: return

// Weights w = (1/4, 3/4), dw = (0, 10), delta = 7.5: ds = (-15/8, 15/8).
// NUMBERS: {{\[\[}}-1.875  1.875]]
func.func @main() -> (tensor<1x2xf64>) {
  %q = tcc.constant dense<[[2.0]]> : tensor<1x1xf64>
  %k = tcc.constant dense<[[0.0], [1.0986122886681098]]> : tensor<2x1xf64>
  %v = tcc.constant dense<[[0.0], [10.0]]> : tensor<2x1xf64>
  %logsumexp = tcc.constant dense<1.3862943611198906> : tensor<1xf64>
  %delta = tcc.constant dense<7.5> : tensor<1xf64>
  %dy = tcc.constant dense<1.0> : tensor<1x1xf64>
  %mask = tcc.constant dense<0.0> : tensor<1x2xf64>
  %dmask = tcc.attention_mask_gradient %q, %k, %v, %logsumexp, %delta, %dy, %mask {causal = false, scale = 0.5} : (tensor<1x1xf64>, tensor<2x1xf64>, tensor<2x1xf64>, tensor<1xf64>, tensor<1xf64>, tensor<1x1xf64>, tensor<1x2xf64>) -> tensor<1x2xf64>
  return %dmask : tensor<1x2xf64>
}
