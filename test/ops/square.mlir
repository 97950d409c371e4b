// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.square %{{.+}} : tensor<4xf64>
func.func @f(%x: tensor<4xf64>) -> tensor<4xf64> {
  %0 = tcc.square %x : tensor<4xf64>
  return %0 : tensor<4xf64>
}

// CHECK-LABEL: func.func @f_vjp(
// CHECK-SAME: %[[X:.+]]: tensor<4xf64>, %[[DY:.+]]: tensor<4xf64>)
// CHECK: %[[TWO:.+]] = tcc.constant
// CHECK: %[[S:.+]] = tcc.multiply %[[X]], %[[TWO]]
// CHECK: %[[DX:.+]] = tcc.multiply %[[DY]], %[[S]]
// CHECK: return %[[DX]]

// NUMBERS: [2.25 0.   9.  ]
// NUMBERS-NEXT: [-112    9    0]
// NUMBERS-NEXT: [-3.    +4.j    0.1875-0.25j]
func.func @main() -> (tensor<3xf64>, tensor<3xi8>, tensor<2xcomplex<f64>>) {
  %x0 = tcc.constant dense<[-1.5, 0.0, 3.0]> : tensor<3xf64>
  %0 = tcc.square %x0 : tensor<3xf64>
  %x1 = tcc.constant dense<[12, -3, 0]> : tensor<3xi8>
  %1 = tcc.square %x1 : tensor<3xi8>
  %x2 = tcc.constant dense<[(1.0,2.0), (-0.5,0.25)]> : tensor<2xcomplex<f64>>
  %2 = tcc.square %x2 : tensor<2xcomplex<f64>>
  return %0, %1, %2 : tensor<3xf64>, tensor<3xi8>, tensor<2xcomplex<f64>>
}
