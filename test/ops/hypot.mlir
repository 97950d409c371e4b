// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.hypot %{{.+}}, %{{.+}}
func.func @f(%a: tensor<4xf32>, %b: tensor<4xf32>) -> tensor<4xf32> {
  %y = tcc.hypot %a, %b : tensor<4xf32>
  return %y : tensor<4xf32>
}

// No square overflows; infinity wins over NaN. The slope at (0, 0) is 0, not 0 / 0.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: tcc.equal
// CHECK: tcc.divide

// NUMBERS: [5.e+00 5.e+30    inf 0.e+00]
func.func @main() -> tensor<4xf32> {
  %a = tcc.constant dense<[3.0, 3.000000e+30, 0x7FC00000, 0.0]> : tensor<4xf32>
  %b = tcc.constant dense<[4.0, 4.000000e+30, 0x7F800000, -0.0]> : tensor<4xf32>
  %y = tcc.call @f(%a, %b) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}
