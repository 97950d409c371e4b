// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f wrt=0,1,2,3},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

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
// CHECK: %[[DQ:.+]], %[[DK:.+]], %[[DV:.+]] = tcc.attention_gradient %{{.+}}, %{{.+}}, %{{.+}}, %[[LOGSUMEXP]], %[[DELTA]], %{{.+}}, %{{.+}} {causal = false, scale = 5.000000e-01 : f64}
// CHECK: %[[DMASK:.+]] = tcc.attention_mask_gradient {{.*}} -> tensor<1x3x5xf16>
// CHECK: return %[[DQ]], %[[DK]], %[[DV]], %[[DMASK]]

// Weights 1/4 and 3/4; the second query may see nothing.
// NUMBERS: {{\[\[}}7.5]
// NUMBERS-NEXT: [0. ]]
// NUMBERS-NEXT: [1.38629436 inf]
func.func @main() -> (tensor<2x1xf64>, tensor<2xf64>) {
  %q = tcc.constant dense<[[2.0], [1.0]]> : tensor<2x1xf64>
  %k = tcc.constant dense<[[0.0], [1.0986122886681098]]> : tensor<2x1xf64>
  %v = tcc.constant dense<[[0.0], [10.0]]> : tensor<2x1xf64>
  %mask = tcc.constant dense<[[true], [false]]> : tensor<2x1xi1>
  %y, %logsumexp = tcc.attention %q, %k, %v, %mask {causal = false, scale = 0.5} : (tensor<2x1xf64>, tensor<2x1xf64>, tensor<2x1xf64>, tensor<2x1xi1>) -> (tensor<2x1xf64>, tensor<2xf64>)
  return %y, %logsumexp : tensor<2x1xf64>, tensor<2xf64>
}
