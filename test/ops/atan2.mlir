// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.atan2 %{{.+}}, %{{.+}}
func.func @f(%a: tensor<4xf64>, %b: tensor<4xf64>) -> tensor<4xf64> {
  %y = tcc.atan2 %a, %b : tensor<4xf64>
  return %y : tensor<4xf64>
}

// Signs of zeros choose the side of the cut. da = dy b / (a^2 + b^2), db = -dy a / (a^2 + b^2).
// CHECK-LABEL: func.func @f_vjp(
// CHECK: tcc.square
// CHECK: tcc.square
// CHECK: tcc.add
// CHECK: tcc.divide
// CHECK: %[[DA:.+]] = tcc.multiply
// CHECK: tcc.divide
// CHECK: tcc.multiply
// CHECK: %[[DB:.+]] = tcc.neg
// CHECK: return %[[DA]], %[[DB]]

// NUMBERS: [ 2.35619449 -3.14159265  3.14159265 -0.        ]
func.func @main() -> tensor<4xf64> {
  %a = tcc.constant dense<[1.0, -0.0, 0.0, -1.0]> : tensor<4xf64>
  %b = tcc.constant dense<[-1.0, -1.0, -0.0, 0x7FF0000000000000]> : tensor<4xf64>
  %y = tcc.call @f(%a, %b) : (tensor<4xf64>, tensor<4xf64>) -> tensor<4xf64>
  return %y : tensor<4xf64>
}
