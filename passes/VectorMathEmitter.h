// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A small expression layer over OpBuilder in which the vector math is written: typed handles for floats, integers and
// masks of one shape, and the error-free transformations. Internal to passes/VectorMath*.cpp.

#ifndef TCC_PASSES_VECTORMATHEMITTER_H
#define TCC_PASSES_VECTORMATHEMITTER_H

#include "passes/VectorMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/APInt.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"

#include <type_traits>

namespace tcc::vecmath {

class Emitter;

/// A float value: scalar, or a vector of rank 1.
struct F {
  Emitter *e = nullptr;
  mlir::Value v;
};

/// An integer value of the same shape; of the float's width unless said otherwise.
struct I {
  Emitter *e = nullptr;
  mlir::Value v;
};

/// A boolean value of the same shape.
struct M {
  Emitter *e = nullptr;
  mlir::Value v;
};

/// An unevaluated sum hi + lo with |lo| <= ulp(hi) / 2.
struct Pair {
  F hi, lo;
};

/// An integral float and the same number as an integer.
struct Rounded {
  F value;
  I integer;
};

/// Emits arithmetic for one float type (f32 or f64, scalar or vector).
class Emitter {
public:
  Emitter(mlir::OpBuilder &builder, mlir::Location loc, mlir::Type type, const VectorMathOptions &options)
      : builder(builder), loc(loc), type(type), options(options) {}

  mlir::OpBuilder &builder;
  mlir::Location loc;
  mlir::Type type;
  VectorMathOptions options;

  unsigned width() const { return mlir::getElementTypeOrSelf(type).getIntOrFloatBitWidth(); }
  bool isDouble() const { return width() == 64; }
  /// Bits of the significand, the hidden one included.
  int precision() const { return isDouble() ? 53 : 24; }
  int bias() const { return isDouble() ? 1023 : 127; }
  int mantissaBits() const { return precision() - 1; }
  bool hasFma() const { return options.fma; }
  /// The value for the precision at hand.
  template <typename T>
    requires std::is_arithmetic_v<T>
  T pick(T single, T dbl) const {
    return isDouble() ? dbl : single;
  }
  template <size_t N, size_t K> llvm::ArrayRef<double> pick(const double (&single)[N], const double (&dbl)[K]) const {
    return isDouble() ? llvm::ArrayRef<double>(dbl) : llvm::ArrayRef<double>(single);
  }

  /// `type` with its element type replaced.
  mlir::Type typeOf(mlir::Type element) const;
  mlir::Type intType(unsigned bits) const;
  /// An emitter of the same shape in f64.
  Emitter wide() const;

  F value(mlir::Value v) { return {this, v}; }
  F constant(double c);
  I integer(int64_t c) { return integer(c, width()); }
  I integer(int64_t c, unsigned bits);

  /// a * b + c: one rounding with a hardware fma, two without. Never used where the difference would matter.
  F fma(F a, F b, F c);
  F select(M m, F a, F b);
  I select(M m, I a, I b);
  M both(M a, M b);
  M either(M a, M b);
  M negate(M a);

  F abs(F x);
  F sqrt(F x);
  F roundEven(F x);
  F floor(F x);
  F trunc(F x);
  /// |magnitude| with the sign of `sign`.
  F copySign(F magnitude, F sign);
  M isNan(F x);

  I bits(F x);
  F fromBits(I x);
  /// Signed integer of the float's width from an integral float with |x| < 2^(precision - 2).
  I toInt(F x);
  /// The integral float nearest to x * factor + offset, and the same as an integer; |result| < 2^(precision - 3).
  Rounded roundScaled(F x, double factor, double offset = 0);
  F toFloat(I x);
  I extend(I x, unsigned bits);
  I truncate(I x, unsigned bits);
  I shiftLeft(I x, int n);
  I shiftRight(I x, int n);
  I shiftRightLogical(I x, int n);

  /// 2^n for an integer -bias < n <= bias.
  F exp2i(I n);

  /// Horner's rule on even and odd halves (two independent chains), coefficients lowest first.
  F poly(F x, llvm::ArrayRef<double> c);
  /// Horner's rule in one chain, where the halves of an alternating series would cancel.
  F horner(F x, llvm::ArrayRef<double> c);

  /// hi + lo = a + b exactly (Knuth 1969), any magnitudes.
  Pair twoSum(F a, F b);
  /// hi + lo = a + b exactly if |a| >= |b| or a is 0 (Dekker 1971).
  Pair fastTwoSum(F a, F b);
  /// hi + lo = a * b exactly barring under- and overflow: by fma, or by Dekker's splitting without one.
  Pair twoProduct(F a, F b);

  /// Whether any lane of m is set, as an i1.
  mlir::Value anyLane(M m);
  /// `one` of each lane in a loop, for what is rare: its results, lane by lane, as values of this shape.
  llvm::SmallVector<mlir::Value> forEachLane(F x, mlir::TypeRange results,
                                             llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::Value)> one);
  /// `then()` in place of `otherwise` if any lane of `m` is set (a branch: the common path does not pay for it).
  llvm::SmallVector<F> ifAnyLane(M m, llvm::ArrayRef<F> otherwise, llvm::function_ref<llvm::SmallVector<F>()> then);
};

F operator+(F a, F b);
F operator-(F a, F b);
F operator*(F a, F b);
F operator/(F a, F b);
F operator-(F a);
inline F operator+(F a, double b) { return a + a.e->constant(b); }
inline F operator-(F a, double b) { return a - a.e->constant(b); }
inline F operator-(double a, F b) { return b.e->constant(a) - b; }
inline F operator*(F a, double b) { return a * a.e->constant(b); }
inline F operator/(double a, F b) { return b.e->constant(a) / b; }

/// Ordered comparisons: false on NaN (but `!=`, which is true).
M operator<(F a, F b);
M operator<=(F a, F b);
M operator>(F a, F b);
M operator>=(F a, F b);
M operator==(F a, F b);
M operator!=(F a, F b);
inline M operator<(F a, double b) { return a < a.e->constant(b); }
inline M operator<=(F a, double b) { return a <= a.e->constant(b); }
inline M operator>(F a, double b) { return a > a.e->constant(b); }
inline M operator>=(F a, double b) { return a >= a.e->constant(b); }
inline M operator==(F a, double b) { return a == a.e->constant(b); }
inline M operator!=(F a, double b) { return a != a.e->constant(b); }

/// Integers: signed, wrapping.
I operator+(I a, I b);
I operator-(I a, I b);
I operator*(I a, I b);
I operator&(I a, I b);
I operator|(I a, I b);
I operator^(I a, I b);
M operator<(I a, I b);
M operator==(I a, I b);
M operator!=(I a, I b);
I operator+(I a, int64_t b);
I operator-(I a, int64_t b);
I operator&(I a, int64_t b);
I operator^(I a, int64_t b);
M operator==(I a, int64_t b);
M operator!=(I a, int64_t b);
M operator<(I a, int64_t b);

inline M operator&(M a, M b) { return a.e->both(a, b); }
inline M operator|(M a, M b) { return a.e->either(a, b); }
inline M operator~(M a) { return a.e->negate(a); }

/// Conversions between the emitter of `x` and another of the same shape.
F convert(F x, Emitter &to);

// Cores shared between families (VectorMathExpLog.cpp unless said otherwise).

/// e^(hi + lo); lo may be null. Keeps NaN, saturates to 0 and inf.
F expOf(F hi, F lo);
/// x * 2^n for an n within the range exp can reach; correctly rounded also into the subnormals.
F scaleByPowerOfTwo(F x, Rounded n);

/// x = n ln 2 + r + lo with |r| <= ln(2) / 2 and n integral (x within exp's range).
struct ExpReduction {
  Rounded n;
  F r, lo;
};
ExpReduction reduceExp(F x);
/// (e^x - 1) / 2 within exp's range, but for the smallest |x|, where halving loses subnormals.
F halfExpm1(F x);

/// A positive finite x = (1 + f) 2^e with f in [sqrt(1/2) - 1, sqrt(2) - 1] and e integral.
struct Split {
  F e, f;
};
Split splitExponent(F x);
/// e ln 2 + ln(1 + f + lo) to about an ulp; lo may be null.
F logOfSplit(F e, F f, F lo);
/// ln(hi + lo) for normal positive hi; `lo` may be null.
F logOf(F hi, F lo);
/// ln(1 + hi + lo) for hi + lo > -1, accurate also near 0.
F log1pOf(F hi, F lo);

/// sin(pi r) and cot(pi r) for |r| <= 1/2 (VectorMathTrig.cpp).
F sinPi(F r);
F cotPi(F r);

} // namespace tcc::vecmath

#endif // TCC_PASSES_VECTORMATHEMITTER_H
