// RUN: tcc-opt %s --split-input-file --verify-diagnostics --pass-pipeline='builtin.module(tcc-batch{entry=f slices=7 stacks=0})'

func.func @f(%x: tensor<?xf32>) -> tensor<?xf32> {
  // expected-error@+1 {{has sizes that are only known at run time, and cannot be batched}}
  %0 = tcc.exp %x : tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----
// expected-error@+1 {{has no argument 0 to stack}}
func.func @f() -> tensor<2xf32> {
  %0 = tcc.constant dense<1.0> : tensor<2xf32>
  return %0 : tensor<2xf32>
}
