// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f wrt=3},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// s' = s * s + c, whose adjoint is d = 2 s d.
func.func private @turn(%c: tensor<f64>, %s: tensor<f64>) -> tensor<f64> {
  %0 = tcc.square %s : tensor<f64>
  %1 = tcc.add %0, %c : tensor<f64>
  return %1 : tensor<f64>
}
func.func private @back(%c: tensor<f64>, %s: tensor<f64>, %d: tensor<f64>) -> tensor<f64> {
  %0 = tcc.add %s, %s : tensor<f64>
  %1 = tcc.multiply %0, %d : tensor<f64>
  return %1 : tensor<f64>
}

// CHECK-LABEL: func.func @f(
// CHECK: tcc.unwind @turn, @back count(%{{.+}}) captures(%{{.+}}) state(%{{.+}}) cotangents(%{{.+}})
func.func @f(%n: tensor<i64>, %c: tensor<f64>, %s: tensor<f64>, %d: tensor<f64>) -> tensor<f64> {
  %0 = tcc.unwind @turn, @back count(%n) captures(%c) state(%s) cotangents(%d)
    : (tensor<i64>, tensor<f64>, tensor<f64>, tensor<f64>) -> tensor<f64>
  return %0 : tensor<f64>
}

// Linear in the cotangents: what comes back to them runs forward with the states.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: tcc.while_loop @is_counting, @counted

// States 0.5, 0.75, 1.0625: 1 * 1.0625 * 2 * 0.75 * 2 * 0.5 * 2
// NUMBERS: 3.1875
// NUMBERS: 1.0
func.func @main() -> (tensor<f64>, tensor<f64>) {
  %n = tcc.constant dense<3> : tensor<i64>
  %none = tcc.constant dense<0> : tensor<i64>
  %c = tcc.constant dense<0.5> : tensor<f64>
  %d = tcc.constant dense<1.0> : tensor<f64>
  %0 = tcc.call @f(%n, %c, %c, %d) : (tensor<i64>, tensor<f64>, tensor<f64>, tensor<f64>) -> tensor<f64>
  %1 = tcc.call @f(%none, %c, %c, %d) : (tensor<i64>, tensor<f64>, tensor<f64>, tensor<f64>) -> tensor<f64>
  return %0, %1 : tensor<f64>, tensor<f64>
}
