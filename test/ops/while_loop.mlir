// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// Newton's square root of the capture.
func.func private @isFar(%a: tensor<f64>, %s: tensor<f64>) -> tensor<i1> {
  %0 = tcc.square %s : tensor<f64>
  %1 = tcc.subtract %0, %a : tensor<f64>
  %2 = tcc.abs %1 : tensor<f64> -> tensor<f64>
  %3 = tcc.constant dense<1.0e-12> : tensor<f64>
  %4 = tcc.greater %2, %3 : tensor<f64> -> tensor<i1>
  return %4 : tensor<i1>
}
func.func private @step(%a: tensor<f64>, %s: tensor<f64>) -> tensor<f64> {
  %0 = tcc.divide %a, %s : tensor<f64>
  %1 = tcc.add %s, %0 : tensor<f64>
  %2 = tcc.constant dense<0.5> : tensor<f64>
  %3 = tcc.multiply %1, %2 : tensor<f64>
  return %3 : tensor<f64>
}

// CHECK-LABEL: func.func @f(
// CHECK: tcc.while_loop @isFar, @step captures(%{{.+}}) state(%{{.+}}) : (tensor<f64>, tensor<f64>) -> (tensor<f64>, tensor<i64>)
func.func @f(%a: tensor<f64>, %s: tensor<f64>) -> (tensor<f64>, tensor<i64>) {
  %0:2 = tcc.while_loop @isFar, @step captures(%a) state(%s) : (tensor<f64>, tensor<f64>) -> (tensor<f64>, tensor<i64>)
  return %0#0, %0#1 : tensor<f64>, tensor<i64>
}

// As many turns are unwound as were taken.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: tcc.while_loop @isFar, @step
// CHECK: tcc.unwind @step, @step_step count(%count)

// NUMBERS: 2.0
// NUMBERS: 6
func.func @main() -> (tensor<f64>, tensor<i64>) {
  %a = tcc.constant dense<4.0> : tensor<f64>
  %s = tcc.constant dense<7.0> : tensor<f64>
  %0:2 = tcc.call @f(%a, %s) : (tensor<f64>, tensor<f64>) -> (tensor<f64>, tensor<i64>)
  return %0#0, %0#1 : tensor<f64>, tensor<i64>
}
