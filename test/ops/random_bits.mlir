// RUN: tcc-opt %s | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.random_bits %{{.+}} : tensor<2xui32> -> tensor<1xui32>
func.func @f(%key: tensor<2xui32>) -> tensor<1xui32> {
  %y = tcc.random_bits %key : tensor<2xui32> -> tensor<1xui32>
  return %y : tensor<1xui32>
}

// CHECK-LABEL: func.func @g(
// CHECK: tcc.random_bits %{{.+}} : tensor<3x2xui32> -> tensor<3x2x2xui32>
func.func @g(%keys: tensor<3x2xui32>) -> tensor<3x2x2xui32> {
  %y = tcc.random_bits %keys : tensor<3x2xui32> -> tensor<3x2x2xui32>
  return %y : tensor<3x2x2xui32>
}

// The known answer of Threefry-2x32-20 for key 0 and counter 0 is 6b200159 99ba4efe: the first word (Random123's
// kat_vectors).
// NUMBERS: [1797259609]
// Each key of a stack counts from 0.
// NUMBERS: {{\[}}{{\[}}[1797259609
// NUMBERS: {{\[}}[[A:\[ *[0-9]+ +[0-9]+\]]]
// NUMBERS: [[B:\[ *[0-9]+ +[0-9]+\]]]]
// NUMBERS: {{\[}}[[A]]
// NUMBERS: [[B]]]]
func.func @main() -> (tensor<1xui32>, tensor<3x2x2xui32>) {
  %key = tcc.constant dense<0> : tensor<2xui32>
  %y = tcc.call @f(%key) : (tensor<2xui32>) -> tensor<1xui32>
  %keys = tcc.constant dense<[[0, 0], [1, 2], [1, 2]]> : tensor<3x2xui32>
  %z = tcc.call @g(%keys) : (tensor<3x2xui32>) -> tensor<3x2x2xui32>
  return %y, %z : tensor<1xui32>, tensor<3x2x2xui32>
}
