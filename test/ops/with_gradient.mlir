// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f wrt=0,1},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// The value is the first operand's; nothing of the second is computed.
// CHECK-LABEL: func.func @f(
// CHECK-SAME: %[[A:.+]]: tensor<4xf64>, %{{.+}}: tensor<4xf64>)
// CHECK-NOT: tcc.exp
// CHECK: return %[[A]]
func.func @f(%a: tensor<4xf64>, %b: tensor<4xf64>) -> tensor<4xf64> {
  %e = tcc.exp %b : tensor<4xf64>
  %0 = tcc.with_gradient %a, %e : tensor<4xf64>
  return %0 : tensor<4xf64>
}

// The derivative is the second's.
// CHECK-LABEL: func.func @f_vjp(
// CHECK-SAME: %{{.+}}: tensor<4xf64>, %[[B:.+]]: tensor<4xf64>, %[[DY:.+]]: tensor<4xf64>)
// CHECK-DAG: %[[ZERO:.+]] = tcc.constant dense<0.0{{.*}}>
// CHECK-DAG: %[[EXP:.+]] = tcc.exp %[[B]]
// CHECK: %[[DB:.+]] = tcc.multiply %[[DY]], %[[EXP]]
// CHECK: return %[[ZERO]], %[[DB]]

// NUMBERS: [1.5 2. ]
func.func @main() -> tensor<2xf64> {
  %a = tcc.constant dense<[1.5, 2.0]> : tensor<2xf64>
  %b = tcc.constant dense<[-3.0, 0.0]> : tensor<2xf64>
  %0 = tcc.with_gradient %a, %b : tensor<2xf64>
  return %0 : tensor<2xf64>
}
