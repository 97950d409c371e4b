// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Discrete Fourier transforms and their adjoints, which are such transforms again.
#ifndef TCC_DIALECT_FFT
#define TCC_DIALECT_FFT

include "dialect/Base.td"

// Of N points, on the real side where there is one, the result is divided by N^(norm / 2): by 1, sqrt(N) or N. The other
// factors are there so that no pass over memory is needed for them: scale; conjugate, of the result or, where that is
// real, of x; and for half spectra pairs, by which frequencies that stand for two are multiplied (all but 0 and, of even
// n, n / 2).
class FourierOp<string mnemonic, string text, TccTensor from, TccTensor to, dag sizes, dag weights>
    : LibraryOp<mnemonic, text> {
  let arguments = !con((ins from:$x, DenseI64ArrayAttr:$axes, DefaultValuedAttr<BoolAttr, "false">:$conjugate), sizes,
                       (ins I64Attr:$norm), weights, (ins DefaultValuedAttr<F64Attr, "1.0">:$scale));
  let results = (outs to:$y);
  let batching = Stacked<["axes"]>;
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type($y)";
}
def FftOp : FourierOp<"fft", "Fourier transform over axes, exp(-2 pi i j k / n), or exp(+..) if inverse", ComplexTensor,
                      ComplexTensor, (ins BoolAttr:$inverse), (ins)> {
  let description = "C1: axes are distinct axes of x, at least one. C2: norm is 0, 1 or 2.";
}
class HalfSpectrumOp<string mnemonic, string text, TccTensor from, TccTensor to, dag sizes>
    : FourierOp<mnemonic, text, from, to, sizes, (ins DefaultValuedAttr<F64Attr, "1.0">:$pairs)>;
def RfftOp : HalfSpectrumOp<"rfft", "Forward transform of real x, frequencies 0 .. n/2 of the last of axes",
                            WideFloatTensor, ComplexTensor, (ins)> {
  let description = [{
    C1: axes are distinct axes of x, at least one. C2: the last of them is not empty. C3: norm is 0, 1 or 2.
  }];
}
def IrfftOp : HalfSpectrumOp<"irfft", "Inverse transform of the Hermitian signal of which x has frequencies 0 .. n/2",
                             ComplexTensor, WideFloatTensor, (ins I64Attr:$n)> {
  let description = [{
    Imaginary parts that a Hermitian signal does not have are ignored.
    C1: axes are distinct axes of x, at least one. C2: n is positive. C3: the last of axes has size n / 2 + 1.
    C4: norm is 0, 1 or 2.
  }];
}

//===----------------------------------------------------------------------===//
// Adjoints
//===----------------------------------------------------------------------===//

// The transform F is symmetric: the adjoint of x -> s F x is the conjugate one, that of x -> conj(s F x) itself.
def : Adjoint<FftOp,
              (pullback (FftOp $dy, $axes, $conjugate, (Coincide $inverse, $conjugate), $norm, $scale):$dx)>;
def : CustomAdjoint<RfftOp, "irfft of dy, halved where irfft counts a frequency twice">;
def : CustomAdjoint<IrfftOp, "rfft of dy, doubled where irfft counts a frequency twice">;

#endif // TCC_DIALECT_FFT
