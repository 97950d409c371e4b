// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.scatter %{{.+}}, %{{.+}}, %{{.+}} {axes = array<i64: 0>, combine = "add"}
func.func @f(%a: tensor<3xf64>, %b: tensor<3xf64>, %c: tensor<3xi64>) -> tensor<3xf64> {
  %y = tcc.scatter %a, %b, %c {axes = array<i64: 0>, combine = "add"}
      : (tensor<3xf64>, tensor<3xf64>, tensor<3xi64>) -> tensor<3xf64>
  return %y : tensor<3xf64>
}

// Duplicates add up. x gets dy itself, updates what stands at their places.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: %[[DU:.+]] = tcc.gather %[[DY:.+]], %{{.+}} {axes = array<i64: 0>}
// CHECK: return %[[DY]], %[[DU]]

// NUMBERS: [21.  2. 53.]
func.func @main() -> tensor<3xf64> {
  %a = tcc.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf64>
  %b = tcc.constant dense<[10.0, 20.0, 40.0]> : tensor<3xf64>
  %c = tcc.constant dense<[2, 0, 2]> : tensor<3xi64>
  %y = tcc.call @f(%a, %b, %c) : (tensor<3xf64>, tensor<3xf64>, tensor<3xi64>) -> tensor<3xf64>
  return %y : tensor<3xf64>
}
