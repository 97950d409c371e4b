// RUN: tcc-opt %s --tcc-expand-math | FileCheck %s
// RUN: tcc-opt %s --tcc-expand-math=fma=false | FileCheck %s --check-prefix=NOFMA

// Without a hardware fma none may appear: it would become a call for each lane.
// NOFMA-NOT: math.fma

// CHECK-LABEL: @every_unary_function_becomes_arithmetic
// CHECK-NOT: math.{{exp|log|sin|cos|tan|asin|acos|atan|erf|cbrt|rsqrt}}
// CHECK: math.fma {{.*}} : vector<16xf32>
// CHECK-NOT: math.{{exp|log|sin|cos|tan|asin|acos|atan|erf|cbrt|rsqrt}}
// CHECK: return
func.func @every_unary_function_becomes_arithmetic(%x: vector<16xf32>) -> vector<16xf32> {
  %0 = math.exp %x : vector<16xf32>
  %1 = math.exp2 %0 : vector<16xf32>
  %2 = math.expm1 %1 : vector<16xf32>
  %3 = math.log %2 : vector<16xf32>
  %4 = math.log2 %3 : vector<16xf32>
  %5 = math.log10 %4 : vector<16xf32>
  %6 = math.log1p %5 : vector<16xf32>
  %7 = math.sin %6 : vector<16xf32>
  %8 = math.cos %7 : vector<16xf32>
  %9 = math.tan %8 : vector<16xf32>
  %10 = math.asin %9 : vector<16xf32>
  %11 = math.acos %10 : vector<16xf32>
  %12 = math.atan %11 : vector<16xf32>
  %13 = math.sinh %12 : vector<16xf32>
  %14 = math.cosh %13 : vector<16xf32>
  %15 = math.tanh %14 : vector<16xf32>
  %16 = math.asinh %15 : vector<16xf32>
  %17 = math.acosh %16 : vector<16xf32>
  %18 = math.atanh %17 : vector<16xf32>
  %19 = math.cbrt %18 : vector<16xf32>
  %20 = math.rsqrt %19 : vector<16xf32>
  %21 = math.erf %20 : vector<16xf32>
  %22 = math.erfc %21 : vector<16xf32>
  return %22 : vector<16xf32>
}

// CHECK-LABEL: @scalars_and_nd_vectors_too
// CHECK-NOT: math.{{tanh|sincos|atan2|powf}}
// CHECK: vector.shape_cast {{.*}} : vector<2x4xf64> to vector<8xf64>
// CHECK-NOT: math.{{tanh|sincos|atan2|powf}}
// CHECK: return
func.func @scalars_and_nd_vectors_too(%x: f64, %y: f64, %v: vector<2x4xf64>) -> (f64, f64, f64, vector<2x4xf64>) {
  %0 = math.tanh %x : f64
  %1 = math.atan2 %0, %y : f64
  %s, %c = math.sincos %1 : f64
  %2 = math.powf %s, %c : f64
  %3 = math.tanh %v : vector<2x4xf64>
  return %2, %s, %c, %3 : f64, f64, f64, vector<2x4xf64>
}

// Half precision rounds once, at the end; bfloat16 by its bits, since the instruction for it flushes subnormal numbers.
// CHECK-LABEL: @half_precision_computes_in_f32
// CHECK: arith.extf %{{.*}} : vector<8xf16> to vector<8xf32>
// CHECK-NOT: math.exp
// CHECK: arith.truncf %{{.*}} : vector<8xf32> to vector<8xf16>
// CHECK: arith.extf %{{.*}} : bf16 to f32
// CHECK-NOT: math.log
// CHECK: arith.trunci %{{.*}} : i32 to i16
func.func @half_precision_computes_in_f32(%x: vector<8xf16>, %y: bf16) -> (vector<8xf16>, bf16) {
  %0 = math.exp %x : vector<8xf16>
  %1 = math.log %y : bf16
  return %0, %1 : vector<8xf16>, bf16
}

// CHECK-LABEL: @integer_powers
// CHECK-NOT: math.{{ipowi|fpowi}}
// CHECK: scf.while
// CHECK-NOT: math.{{ipowi|fpowi}}
// CHECK: return
func.func @integer_powers(%x: vector<4xf32>, %n: vector<4xi32>, %i: i64, %j: i64) -> (vector<4xf32>, i64) {
  %0 = math.fpowi %x, %n : vector<4xf32>, vector<4xi32>
  %1 = math.ipowi %i, %j : i64
  return %0, %1 : vector<4xf32>, i64
}

// What LLVM has as instructions, and what has no expansion, stays.
// CHECK-LABEL: @others_are_left
// CHECK: math.absf
// CHECK: math.fma
// CHECK: math.sqrt
// CHECK: math.ctlz
// CHECK: math.exp {{.*}} : tensor<4xf32>
// CHECK: math.exp {{.*}} : vector<[4]xf32>
// CHECK: math.sin {{.*}} : f128
// NOFMA-LABEL: @others_are_left
func.func @others_are_left(%x: vector<4xf32>, %i: vector<4xi32>, %t: tensor<4xf32>, %s: vector<[4]xf32>, %q: f128)
    -> (vector<4xf32>, vector<4xi32>, tensor<4xf32>, vector<[4]xf32>, f128) {
  %0 = math.absf %x : vector<4xf32>
  %1 = math.fma %0, %0, %0 : vector<4xf32>
  %2 = math.sqrt %1 : vector<4xf32>
  %3 = math.ctlz %i : vector<4xi32>
  %4 = math.exp %t : tensor<4xf32>
  %5 = math.exp %s : vector<[4]xf32>
  %6 = math.sin %q : f128
  return %2, %3, %4, %5, %6 : vector<4xf32>, vector<4xi32>, tensor<4xf32>, vector<[4]xf32>, f128
}
