// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.cbrt %{{.+}} : tensor<4xf64>
func.func @f(%x: tensor<4xf64>) -> tensor<4xf64> {
  %0 = tcc.cbrt %x : tensor<4xf64>
  return %0 : tensor<4xf64>
}

// The slope is 1 / (3 y^2), also for negative x.
// CHECK-LABEL: func.func @f_vjp(
// CHECK-SAME: %[[X:.+]]: tensor<4xf64>, %[[DY:.+]]: tensor<4xf64>)
// CHECK: %[[Y:.+]] = tcc.cbrt %[[X]]
// CHECK: %[[DX:.+]] = tcc.divide %[[DY]], %{{.+}}
// CHECK: return %[[DX]]

// NUMBERS: [ 3.         -2.          0.79370053 -0.        ]
func.func @main() -> (tensor<4xf64>) {
  %x0 = tcc.constant dense<[27.0, -8.0, 0.5, -0.0]> : tensor<4xf64>
  %0 = tcc.cbrt %x0 : tensor<4xf64>
  return %0 : tensor<4xf64>
}
