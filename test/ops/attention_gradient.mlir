// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f wrt=0,5},func.func(tcc-simplify))' | FileCheck %s

// CHECK-LABEL: func.func @f(
// CHECK: tcc.attention_gradient
func.func @f(%q: tensor<3x4xf64>, %k: tensor<5x4xf64>, %v: tensor<5x6xf64>, %logsumexp: tensor<3xf64>, %delta: tensor<3xf64>, %dy: tensor<3x6xf64>, %mask: tensor<3x1xi1>) -> (tensor<3x4xf64>, tensor<5x4xf64>, tensor<5x6xf64>) {
  %dq, %dk, %dv = tcc.attention_gradient %q, %k, %v, %logsumexp, %delta, %dy, %mask {causal = true, scale = 0.5} : (tensor<3x4xf64>, tensor<5x4xf64>, tensor<5x6xf64>, tensor<3xf64>, tensor<3xf64>, tensor<3x6xf64>, tensor<3x1xi1>) -> (tensor<3x4xf64>, tensor<5x4xf64>, tensor<5x6xf64>)
  return %dq, %dk, %dv : tensor<3x4xf64>, tensor<5x4xf64>, tensor<5x6xf64>
}

// The second derivative is that of the formula.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: tcc.dot_general
// CHECK: tcc.select
// CHECK: tcc.exp
// CHECK-NOT: tcc.attention_gradient
