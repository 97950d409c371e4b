// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f wrt=6},func.func(tcc-simplify))' | FileCheck %s

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
