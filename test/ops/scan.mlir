// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f wrt=0,1,2},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --entry=backwards | FileCheck %s --check-prefix=BACKWARDS
// RUN: %tcc-run %s --entry=nothing | FileCheck %s --check-prefix=NOTHING

// k' = c k + x, y = k k'
func.func private @body(%i: tensor<i64>, %c: tensor<f64>, %k: tensor<f64>, %x: tensor<f64>) -> (tensor<f64>, tensor<f64>) {
  %0 = tcc.multiply %c, %k : tensor<f64>
  %1 = tcc.add %0, %x : tensor<f64>
  %2 = tcc.multiply %k, %1 : tensor<f64>
  return %1, %2 : tensor<f64>, tensor<f64>
}

// CHECK-LABEL: func.func @f(
// CHECK: tcc.scan @body captures(%{{.+}}) carries(%{{.+}}) over(%{{.+}}) {length = 3 : i64, reverse = false}
func.func @f(%c: tensor<f64>, %k: tensor<f64>, %xs: tensor<3xf64>) -> (tensor<f64>, tensor<3xf64>) {
  %0:2 = tcc.scan @body captures(%c) carries(%k) over(%xs) {length = 3 : i64, reverse = false}
    : (tensor<f64>, tensor<f64>, tensor<3xf64>) -> (tensor<f64>, tensor<3xf64>)
  return %0#0, %0#1 : tensor<f64>, tensor<3xf64>
}

// The carries are recorded, and a loop in the other direction reads them.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: %[[RECORD:.+]]:3 = tcc.scan @body_recorded
// CHECK: tcc.scan @body_step captures(%{{.+}}) carries({{.+}}) over(%[[RECORD]]#2,{{.+}} reverse = true}

// 1, 0.5 + 2 = 2.5, 1.25 + 1 = 2.25, 1.125 - 1 = 0.125
// NUMBERS: 0.125
// NUMBERS: [2.5 5.625 0.28125]
func.func @main() -> (tensor<f64>, tensor<3xf64>) {
  %c = tcc.constant dense<0.5> : tensor<f64>
  %k = tcc.constant dense<1.0> : tensor<f64>
  %xs = tcc.constant dense<[2.0, 1.0, -1.0]> : tensor<3xf64>
  %0:2 = tcc.call @f(%c, %k, %xs) : (tensor<f64>, tensor<f64>, tensor<3xf64>) -> (tensor<f64>, tensor<3xf64>)
  return %0#0, %0#1 : tensor<f64>, tensor<3xf64>
}
// The body's index counts down, and rows lie where they belong.
// BACKWARDS: -0.375
// BACKWARDS: [-0.375 0.25 1.5 ]
func.func @backwards() -> (tensor<f64>, tensor<3xf64>) {
  %c = tcc.constant dense<0.5> : tensor<f64>
  %k = tcc.constant dense<1.0> : tensor<f64>
  %xs = tcc.constant dense<[2.0, 1.0, -1.0]> : tensor<3xf64>
  %0:2 = tcc.scan @indexed captures(%c) carries(%k) over(%xs) {length = 3 : i64, reverse = true}
    : (tensor<f64>, tensor<f64>, tensor<3xf64>) -> (tensor<f64>, tensor<3xf64>)
  return %0#0, %0#1 : tensor<f64>, tensor<3xf64>
}
// k' = c k - 0.5 i, y = k' + i
func.func private @indexed(%i: tensor<i64>, %c: tensor<f64>, %k: tensor<f64>, %x: tensor<f64>) -> (tensor<f64>, tensor<f64>) {
  %0 = tcc.multiply %c, %k : tensor<f64>
  %1 = tcc.cast %i : tensor<i64> -> tensor<f64>
  %2 = tcc.multiply %c, %1 : tensor<f64>
  %3 = tcc.subtract %0, %2 : tensor<f64>
  %4 = tcc.add %3, %1 : tensor<f64>
  return %3, %4 : tensor<f64>, tensor<f64>
}

// NOTHING: 1.0
// NOTHING: []
func.func @nothing() -> (tensor<f64>, tensor<0xf64>) {
  %c = tcc.constant dense<0.5> : tensor<f64>
  %k = tcc.constant dense<1.0> : tensor<f64>
  %xs = tcc.constant dense<> : tensor<0xf64>
  %0:2 = tcc.scan @body captures(%c) carries(%k) over(%xs) {length = 0 : i64, reverse = false}
    : (tensor<f64>, tensor<f64>, tensor<0xf64>) -> (tensor<f64>, tensor<0xf64>)
  return %0#0, %0#1 : tensor<f64>, tensor<0xf64>
}
