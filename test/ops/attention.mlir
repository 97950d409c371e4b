// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f wrt=0,1,2,3},func.func(tcc-simplify))' | FileCheck %s

// CHECK-LABEL: func.func @f(
// CHECK: tcc.attention %{{.+}}, %{{.+}}, %{{.+}}, %{{.+}} {causal = false, scale = 5.000000e-01 : f64}
func.func @f(%q: tensor<2x3x4xf16>, %k: tensor<2x5x4xf16>, %v: tensor<2x5x6xf16>, %mask: tensor<1x3x5xf16>) -> tensor<2x3x6xf16> {
  %y, %logsumexp = tcc.attention %q, %k, %v, %mask {causal = false, scale = 0.5} : (tensor<2x3x4xf16>, tensor<2x5x4xf16>, tensor<2x5x6xf16>, tensor<1x3x5xf16>) -> (tensor<2x3x6xf16>, tensor<2x3xf32>)
  return %y : tensor<2x3x6xf16>
}

// Not more than the rows of y are stored for the gradient.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: %[[Y:.+]], %[[LOGSUMEXP:.+]] = tcc.attention
// CHECK: %[[DELTA:.+]] = tcc.reduce_sum
// CHECK: %[[D:.+]]:3 = tcc.attention_gradient %{{.+}}, %{{.+}}, %{{.+}}, %[[LOGSUMEXP]], %[[DELTA]], %{{.+}}, %{{.+}} {causal = false, scale = 5.000000e-01 : f64}
// CHECK: %[[DMASK:.+]] = tcc.attention_mask_gradient {{.*}} -> tensor<1x3x5xf16>
// CHECK: return %[[D]]#0, %[[D]]#1, %[[D]]#2, %[[DMASK]]
