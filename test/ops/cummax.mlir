// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.cummax %{{.+}} {axis = 0
func.func @f(%a: tensor<5xf64>) -> tensor<5xf64> {
  %y = tcc.cummax %a {axis = 0 : i64, reverse = false} : tensor<5xf64> -> tensor<5xf64>
  return %y : tensor<5xf64>
}

// NaN wins. dy is added where the maximum was attained.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: tcc.scatter %{{.+}} {{{.*}}combine = "add"}

// NUMBERS: [ 2.  3.  3. nan nan]
func.func @main() -> tensor<5xf64> {
  %a = tcc.constant dense<[2.0, 3.0, 1.0, 0x7FF8000000000000, 4.0]> : tensor<5xf64>
  %y = tcc.call @f(%a) : (tensor<5xf64>) -> tensor<5xf64>
  return %y : tensor<5xf64>
}
