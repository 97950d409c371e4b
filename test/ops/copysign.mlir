// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f wrt=0,1},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.copysign %{{.+}}, %{{.+}} : tensor<4xf64>
func.func @f(%a: tensor<4xf64>, %b: tensor<4xf64>) -> tensor<4xf64> {
  %0 = tcc.copysign %a, %b : tensor<4xf64>
  return %0 : tensor<4xf64>
}

// The sign of b has no derivative.
// CHECK-LABEL: func.func @f_vjp(
// CHECK-SAME: %[[A:.+]]: tensor<4xf64>, %[[B:.+]]: tensor<4xf64>, %[[DY:.+]]: tensor<4xf64>)
// CHECK-DAG: %[[ZERO:.+]] = tcc.constant dense<0.0{{.*}}>
// CHECK-DAG: %[[SIGN:.+]] = tcc.sign %[[A]]
// CHECK-DAG: %[[SIGN_OF_B:.+]] = tcc.copysign %{{.+}}, %[[B]]
// CHECK: %[[SLOPE:.+]] = tcc.multiply %[[SIGN]], %[[SIGN_OF_B]]
// CHECK: %[[DA:.+]] = tcc.multiply %[[DY]], %[[SLOPE]]
// CHECK: return %[[DA]], %[[ZERO]]

// NUMBERS: [-1.5 2. -0. inf]
func.func @main() -> tensor<4xf64> {
  %a = tcc.constant dense<[1.5, -2.0, 0.0, 0xFFF0000000000000]> : tensor<4xf64>
  %b = tcc.constant dense<[-3.0, 0.0, -0.0, 1.0]> : tensor<4xf64>
  %0 = tcc.call @f(%a, %b) : (tensor<4xf64>, tensor<4xf64>) -> tensor<4xf64>
  return %0 : tensor<4xf64>
}
