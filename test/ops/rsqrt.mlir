// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.rsqrt %{{.+}} : tensor<4xf64>
func.func @f(%x: tensor<4xf64>) -> tensor<4xf64> {
  %0 = tcc.rsqrt %x : tensor<4xf64>
  return %0 : tensor<4xf64>
}

// CHECK-LABEL: func.func @f_vjp(
// CHECK-SAME: %[[X:.+]]: tensor<4xf64>, %[[DY:.+]]: tensor<4xf64>)
// CHECK: %[[Y:.+]] = tcc.rsqrt %[[X]]
// CHECK: %[[HALF:.+]] = tcc.multiply %[[DY]], %{{.+}}
// CHECK: %[[SQ:.+]] = tcc.square %[[Y]]
// CHECK: %[[CUBE:.+]] = tcc.multiply %[[Y]], %[[SQ]]
// CHECK: %[[DX:.+]] = tcc.multiply %[[HALF]], %[[CUBE]]
// CHECK: return %[[DX]]

// NUMBERS: [0.5        0.70710678        inf 0.        ]
// NUMBERS-NEXT: [0.56886448-0.35157758j 0.30729008-1.30170165j 0.32179713+0.77688699j]
func.func @main() -> (tensor<4xf64>, tensor<3xcomplex<f64>>) {
  %x0 = tcc.constant dense<[4.0, 2.0, 0.0, 0x7FF0000000000000]> : tensor<4xf64>
  %0 = tcc.rsqrt %x0 : tensor<4xf64>
  %x1 = tcc.constant dense<[(1.0,2.0), (-0.5,0.25), (-1.0,-1.0)]> : tensor<3xcomplex<f64>>
  %1 = tcc.rsqrt %x1 : tensor<3xcomplex<f64>>
  return %0, %1 : tensor<4xf64>, tensor<3xcomplex<f64>>
}
