// RUN: tcc-opt %s | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.random_bits %{{.+}} : tensor<2xui32> -> tensor<1xui32>
func.func @f(%key: tensor<2xui32>) -> tensor<1xui32> {
  %y = tcc.random_bits %key : tensor<2xui32> -> tensor<1xui32>
  return %y : tensor<1xui32>
}

// The known answer of Threefry-2x32-20 for key 0 and counter 0 is 6b200159 99ba4efe: the first word (Random123's
// kat_vectors).
// NUMBERS: [1797259609]
func.func @main() -> tensor<1xui32> {
  %key = tcc.constant dense<0> : tensor<2xui32>
  %y = tcc.call @f(%key) : (tensor<2xui32>) -> tensor<1xui32>
  return %y : tensor<1xui32>
}
