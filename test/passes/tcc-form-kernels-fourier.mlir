// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=power},tcc-differentiate{entry=filter},func.func(tcc-simplify),tcc-form-kernels)' | FileCheck %s

// What is around Fourier transforms takes one pass between them: shifts are part of the kernel that reads or makes a
// spectrum, weights of half spectra are the transforms'.

// abs(fftshift(fft2(x)))
// CHECK-LABEL: func.func @shifted(
// CHECK-NEXT: %[[Y:.+]] = tcc.fft %arg0
// CHECK-NEXT: %[[Z:.+]] = tcc.launch @{{.+}}(%[[Y]])
// CHECK-NEXT: return %[[Z]]
func.func @shifted(%x: tensor<64x100xcomplex<f32>>) -> tensor<64x100xf32> {
  %0 = tcc.fft %x {axes = array<i64: 0, 1>, inverse = false, norm = 0 : i64} : tensor<64x100xcomplex<f32>> -> tensor<64x100xcomplex<f32>>
  %1 = tcc.slice %0 {limits = array<i64: 64, 100>, starts = array<i64: 32, 0>, strides = array<i64: 1, 1>} : tensor<64x100xcomplex<f32>> -> tensor<32x100xcomplex<f32>>
  %2 = tcc.slice %0 {limits = array<i64: 32, 100>, starts = array<i64: 0, 0>, strides = array<i64: 1, 1>} : tensor<64x100xcomplex<f32>> -> tensor<32x100xcomplex<f32>>
  %3 = tcc.concatenate %1, %2 {axis = 0 : i64} : (tensor<32x100xcomplex<f32>>, tensor<32x100xcomplex<f32>>) -> tensor<64x100xcomplex<f32>>
  %4 = tcc.slice %3 {limits = array<i64: 64, 100>, starts = array<i64: 0, 50>, strides = array<i64: 1, 1>} : tensor<64x100xcomplex<f32>> -> tensor<64x50xcomplex<f32>>
  %5 = tcc.slice %3 {limits = array<i64: 64, 50>, starts = array<i64: 0, 0>, strides = array<i64: 1, 1>} : tensor<64x100xcomplex<f32>> -> tensor<64x50xcomplex<f32>>
  %6 = tcc.concatenate %4, %5 {axis = 1 : i64} : (tensor<64x50xcomplex<f32>>, tensor<64x50xcomplex<f32>>) -> tensor<64x100xcomplex<f32>>
  %7 = tcc.abs %6 : tensor<64x100xcomplex<f32>> -> tensor<64x100xf32>
  return %7 : tensor<64x100xf32>
}

// The gradient of sum(abs(rfft(x))^2): a transform, a kernel, a transform.
// CHECK-LABEL: func.func @power_vjp(
// CHECK: %[[Y:.+]] = tcc.rfft
// CHECK-NEXT: %[[D:.+]] = tcc.launch @{{.+}}(%[[Y]]
// CHECK-NEXT: %[[X:.+]] = tcc.irfft %[[D]]
// CHECK-NEXT: return %[[X]]
func.func @power(%x: tensor<64x100xf32>) -> tensor<64x51xf32> {
  %0 = tcc.rfft %x {axes = array<i64: 1>, norm = 0 : i64} : tensor<64x100xf32> -> tensor<64x51xcomplex<f32>>
  %1 = tcc.abs %0 : tensor<64x51xcomplex<f32>> -> tensor<64x51xf32>
  %2 = tcc.square %1 : tensor<64x51xf32>
  return %2 : tensor<64x51xf32>
}

// The gradient of irfft(rfft(x) * h) by x: a kernel multiplies by conj h between the two transforms.
// CHECK-LABEL: func.func @filter_vjp(
// CHECK: %[[S:.+]] = tcc.rfft %arg{{.}} {axes = array<i64: 1>, norm = 2 : i64, pairs = 2.000000e+00 : f64}
// CHECK-NEXT: %[[D:.+]] = tcc.launch @{{.+}}(%[[S]]
// CHECK-NEXT: tcc.irfft %[[D]]
func.func @filter(%x: tensor<64x100xf32>) -> tensor<64x100xf32> {
  %h = tcc.constant dense<(2.0, 1.0)> : tensor<64x51xcomplex<f32>>
  %0 = tcc.rfft %x {axes = array<i64: 1>, norm = 0 : i64} : tensor<64x100xf32> -> tensor<64x51xcomplex<f32>>
  %1 = tcc.multiply %0, %h : tensor<64x51xcomplex<f32>>
  %2 = tcc.irfft %1 {axes = array<i64: 1>, n = 100 : i64, norm = 2 : i64} : tensor<64x51xcomplex<f32>> -> tensor<64x100xf32>
  return %2 : tensor<64x100xf32>
}
