// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ops that compute each element of the result from the same element of the operands, and their adjoints.
#ifndef TCC_DIALECT_ELEMENTWISE
#define TCC_DIALECT_ELEMENTWISE

include "dialect/Base.td"

//===----------------------------------------------------------------------===//
// Unary, any number type
//===----------------------------------------------------------------------===//

let hasFolder = true in {
def NegOp : UnaryOp<"neg", "Negative of each element", NumberTensor, Keep,
                    Kernel<"arith::NegFOp", "complex::NegOp", "kernels::negInt">>;
def ConjOp : UnaryOp<"conj", "Complex conjugate of each element", AnyElementTensor, KeepReal,
                     Kernel<"kernels::same", "complex::ConjOp", "kernels::same", "kernels::same", "kernels::same">>;
} // hasFolder
def AbsOp : UnaryToOp<"abs", "Magnitude of each element; real for complex numbers", AnyElementTensor, OrderedTensor, Keep,
                      Kernel<"math::AbsFOp", "complex::AbsOp", "kernels::absInt", "kernels::same", "kernels::same">>;
def SignOp : UnaryOp<"sign", "-1, 0 or 1 as the sign of each element; z / |z| for complex numbers, 0 at 0",
                     NumberTensor, Keep,
                     Kernel<"kernels::signFloat", "complex::SignOp", "kernels::signInt", "kernels::signUnsigned">>;
def SquareOp : UnaryOp<"square", "Square of each element", NumberTensor, Keep,
                       Kernel<"kernels::squareFloat", "kernels::complexSquare", "kernels::squareInt">>;

//===----------------------------------------------------------------------===//
// Unary, floats and complex numbers
//===----------------------------------------------------------------------===//

class UnaryInexactOp<string mnemonic, string text, Kernel k, Domain d = Anywhere>
    : UnaryOp<mnemonic, text, InexactTensor, ToInexact, k, d>;

def ExpOp : UnaryInexactOp<"exp", "e to the power of each element", Kernel<"math::ExpOp", "complex::ExpOp">>;
def Expm1Op : UnaryInexactOp<"expm1", "exp(x) - 1, exact near 0", Kernel<"math::ExpM1Op", "complex::Expm1Op">>;
def LogOp : UnaryInexactOp<"log", "Natural logarithm of each element",
                           Kernel<"math::LogOp", "complex::LogOp">, Domain<"0.1", "4">>;
def Log1pOp : UnaryInexactOp<"log1p", "log(1 + x), exact near 0",
                             Kernel<"math::Log1pOp", "complex::Log1pOp">, Domain<"-0.9", "4">>;
def SqrtOp : UnaryInexactOp<"sqrt", "Square root of each element",
                            Kernel<"math::SqrtOp", "complex::SqrtOp">, Domain<"0.1", "4">>;
def RsqrtOp : UnaryInexactOp<"rsqrt", "1 / sqrt(x)", Kernel<"math::RsqrtOp", "complex::RsqrtOp">,
                             Domain<"0.1", "4">>;
def SinOp : UnaryInexactOp<"sin", "Sine of each element", Kernel<"math::SinOp", "complex::SinOp">>;
def CosOp : UnaryInexactOp<"cos", "Cosine of each element", Kernel<"math::CosOp", "complex::CosOp">>;
def TanOp : UnaryInexactOp<"tan", "Tangent of each element", Kernel<"math::TanOp", "complex::TanOp">,
                           Domain<"-1.2", "1.2">>;
def AsinOp : UnaryInexactOp<"asin", "Inverse sine of each element", Kernel<"math::AsinOp", "kernels::complexAsin">,
                            Domain<"-0.9", "0.9">>;
def AcosOp : UnaryInexactOp<"acos", "Inverse cosine of each element", Kernel<"math::AcosOp", "kernels::complexAcos">,
                            Domain<"-0.9", "0.9">>;
def AtanOp : UnaryInexactOp<"atan", "Inverse tangent of each element", Kernel<"math::AtanOp", "kernels::complexAtan">,
                            Domain<"-0.9", "0.9">>;
def SinhOp : UnaryInexactOp<"sinh", "Hyperbolic sine of each element", Kernel<"math::SinhOp", "kernels::complexSinh">>;
def CoshOp : UnaryInexactOp<"cosh", "Hyperbolic cosine of each element",
                            Kernel<"math::CoshOp", "kernels::complexCosh">>;
def TanhOp : UnaryInexactOp<"tanh", "Hyperbolic tangent of each element",
                            Kernel<"math::TanhOp", "complex::TanhOp">, Domain<"-1.2", "1.2">>;
def AsinhOp : UnaryInexactOp<"asinh", "Inverse hyperbolic sine of each element",
                             Kernel<"math::AsinhOp", "kernels::complexAsinh">, Domain<"-0.9", "0.9">>;
def AcoshOp : UnaryInexactOp<"acosh", "Inverse hyperbolic cosine of each element",
                             Kernel<"math::AcoshOp", "kernels::complexAcosh">, Domain<"1.1", "4">>;
def AtanhOp : UnaryInexactOp<"atanh", "Inverse hyperbolic tangent of each element",
                             Kernel<"math::AtanhOp", "kernels::complexAtanh">, Domain<"-0.9", "0.9">>;

//===----------------------------------------------------------------------===//
// Unary, floats
//===----------------------------------------------------------------------===//

class UnaryFloatOp<string mnemonic, string text, string kernelName, Domain d = Anywhere>
    : UnaryOp<mnemonic, text, FloatTensor, ToInexact, Kernel<kernelName>, d>;

let promote = NoFunction in { // of complex numbers they are products with log 2 and log 10
def Exp2Op : UnaryFloatOp<"exp2", "2 to the power of each element", "math::Exp2Op">;
def Log2Op : UnaryFloatOp<"log2", "Logarithm to base 2 of each element", "math::Log2Op", Domain<"0.1", "4">>;
def Log10Op : UnaryFloatOp<"log10", "Logarithm to base 10 of each element", "math::Log10Op", Domain<"0.1", "4">>;
}
def CbrtOp : UnaryFloatOp<"cbrt", "Cube root of each element", "math::CbrtOp", Domain<"0.1", "4">>;
def ErfOp : UnaryFloatOp<"erf", "Error function of each element", "math::ErfOp">;
def ErfcOp : UnaryFloatOp<"erfc", "1 - erf(x), exact where erf is near 1", "math::ErfcOp">;
def ErfinvOp : UnaryFloatOp<"erfinv", "Inverse error function of each element", "kernels::special(op)", Domain<"-0.9", "0.9">>;
def LgammaOp : UnaryFloatOp<"lgamma", "Logarithm of the magnitude of the gamma function of each element", "kernels::special(op)",
                            Domain<"0.3", "4">>;
def DigammaOp : UnaryFloatOp<"digamma", "Derivative of lgamma of each element", "kernels::special(op)", Domain<"0.3", "4">>;
def PolygammaOp : SummaryOp<"polygamma", "Derivative of digamma, taken `order` times",
                            [Pure, ElementwiseTrait, AllTypesMatch<["x", "y"]>]> {
  let description = "C1: order is at least 1.";
  let arguments = (ins FloatTensor:$x, ConfinedAttr<I64Attr, [IntPositive]>:$order);
  let results = (outs FloatTensor:$y);
  let assemblyFormat = "$x attr-dict `:` type($x)";
  let batching = Stacked<>;
  let kernel = Kernel<"kernels::special(op)">;
  let domain = Domain<"0.3", "4">;
}

class RoundingOp<string mnemonic, string text, string kernelName, Promote how = KeepExact>
    : UnaryOp<mnemonic, text, FloatTensor, how, Kernel<kernelName>>;

def FloorOp : RoundingOp<"floor", "Largest integer not above each element", "math::FloorOp">;
def CeilOp : RoundingOp<"ceil", "Smallest integer not below each element", "math::CeilOp">;
def RoundOp : RoundingOp<"round", "Nearest integer of each element, half to even", "math::RoundEvenOp">;
def TruncOp : RoundingOp<"trunc", "Each element without its fraction", "math::TruncOp">;

//===----------------------------------------------------------------------===//
// Unary, other
//===----------------------------------------------------------------------===//

def BitwiseNotOp : UnaryOp<"bitwise_not", "Complement of the bits of each element; not for bool", BitsTensor, Keep,
                           Kernel<"", "", "kernels::notInt", "kernels::notInt", "kernels::notInt">>;
let hasFolder = true in {
def RealOp : UnaryToOp<"real", "Real part of each element", ComplexTensor, WideFloatTensor, KeepReal,
                       Kernel<"", "complex::ReOp">>;
def ImagOp : UnaryToOp<"imag", "Imaginary part of each element", ComplexTensor, WideFloatTensor, ZeroReal,
                       Kernel<"", "complex::ImOp">>;
def CastOp : SummaryOp<"cast", "Each element as another type", [Pure, ElementwiseTrait]> {
  let description = [{
    Floats to integers truncate and saturate, NaN gives 0; anything to bool is `!= 0`; complex to real takes the real
    part; between integers the low bits are kept.
    C1: x and y have the same shape.
  }];
  let arguments = (ins AnyElementTensor:$x);
  let results = (outs AnyElementTensor:$y);
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type($y)";
  let hasVerifier = true;
  let batching = Stacked<>;
  let kernel = AnyKernel<"kernels::cast(op)">;
}
} // hasFolder

//===----------------------------------------------------------------------===//
// Binary
//===----------------------------------------------------------------------===//

let hasFolder = true in {
def AddOp : BinaryOp<"add", "Sum of each pair of elements; or for bool", AnyElementTensor, Keep,
                     Kernel<"arith::AddFOp", "complex::AddOp", "arith::AddIOp", "arith::AddIOp", "arith::OrIOp">,
                     Anywhere, [Commutative]>;
def SubtractOp : BinaryOp<"subtract", "Difference of each pair of elements", NumberTensor, Keep,
                          Kernel<"arith::SubFOp", "complex::SubOp", "arith::SubIOp">>;
def MultiplyOp : BinaryOp<"multiply", "Product of each pair of elements; and for bool", AnyElementTensor, Keep,
                          Kernel<"arith::MulFOp", "complex::MulOp", "arith::MulIOp", "arith::MulIOp",
                                 "arith::AndIOp">, Anywhere, [Commutative]>;
def DivideOp : BinaryOp<"divide", "Quotient of each pair of elements", InexactTensor, NoFunction,
                        Kernel<"arith::DivFOp", "complex::DivOp">, Domain<"0.5", "4">>;
} // hasFolder
def PowerOp : BinaryOp<"power", "a to the power of b; negative powers of integers truncate", NumberTensor, NoFunction,
                       Kernel<"math::PowFOp", "complex::PowOp", "kernels::powSigned", "kernels::powUnsigned">,
                       Domain<"0.3", "2">>;
def MaximumOp : BinaryOp<"maximum", "Larger of each pair of elements; NaN wins", OrderedTensor, NoFunction,
                         Kernel<"arith::MaximumFOp", "", "arith::MaxSIOp", "arith::MaxUIOp", "arith::OrIOp">, Anywhere,
                         [Commutative]>;
def MinimumOp : BinaryOp<"minimum", "Smaller of each pair of elements; NaN wins", OrderedTensor, NoFunction,
                         Kernel<"arith::MinimumFOp", "", "arith::MinSIOp", "arith::MinUIOp", "arith::AndIOp">, Anywhere,
                         [Commutative]>;
def FloorDivideOp : BinaryOp<"floor_divide", "Floor of the quotient of each pair; integers by 0 give 0", RealTensor, NoFunction,
                             Kernel<"kernels::floorDivFloat", "", "kernels::floorDivSigned",
                                    "kernels::floorDivUnsigned">, Domain<"0.5", "4">>;
def RemainderOp : BinaryOp<"remainder", "a - b * floor(a / b), with the sign of b; integers by 0 give 0", RealTensor, NoFunction,
                           Kernel<"kernels::remainderFloat", "", "kernels::remainderSigned",
                                  "kernels::remainderUnsigned">, Domain<"0.5", "4">>;
def FmodOp : BinaryOp<"fmod", "a - b * trunc(a / b), with the sign of a; integers by 0 give 0", RealTensor, NoFunction,
                      Kernel<"arith::RemFOp", "", "kernels::fmodSigned", "kernels::remainderUnsigned">,
                      Domain<"0.5", "4">>;
def Atan2Op : BinaryOp<"atan2", "Angle of the point (b, a), a being its ordinate", FloatTensor, ToInexact,
                       Kernel<"math::Atan2Op">, Domain<"0.3", "2">>;
def HypotOp : BinaryOp<"hypot", "sqrt(a * a + b * b) without overflow", FloatTensor, ToInexact,
                       Kernel<"kernels::hypot">, Domain<"0.3", "2">, [Commutative]>;

def CopysignOp : BinaryOp<"copysign", "Magnitude of a with the sign of b, that of zeros and NaN included", FloatTensor,
                          ToInexact, Kernel<"math::CopySignOp">, Domain<"0.3", "2">>;

let hasFolder = true in
def WithGradientOp : BinaryOp<"with_gradient", "a, differentiated as if it were b", InexactTensor, NoFunction,
                              Kernel<"kernels::first", "kernels::first">>;

class BitwiseOp<string mnemonic, string text, string kernelName>
    : BinaryOp<mnemonic, text, BitsTensor, Keep, Kernel<"", "", kernelName, kernelName, kernelName>, Anywhere,
               [Commutative]>;
def BitwiseAndOp : BitwiseOp<"bitwise_and", "And of the bits of each pair of elements", "arith::AndIOp">;
def BitwiseOrOp : BitwiseOp<"bitwise_or", "Or of the bits of each pair of elements", "arith::OrIOp">;
def BitwiseXorOp : BitwiseOp<"bitwise_xor", "Exclusive or of the bits of each pair of elements", "arith::XOrIOp">;
def LeftShiftOp : BinaryOp<"left_shift", "a with its bits shifted up by b; past the width gives 0", IntTensor, Keep,
                           Kernel<"", "", "kernels::shiftLeft">>;
def RightShiftOp : BinaryOp<"right_shift", "a with its bits shifted down by b, keeping the sign", IntTensor, Keep,
                            Kernel<"", "", "kernels::shiftRightSigned", "kernels::shiftRightUnsigned">>;

let hasFolder = true in
def ComplexOp : SummaryOp<"complex", "Complex numbers from real and imaginary parts",
                          [Pure, ElementwiseTrait, AllTypesMatch<["re", "im"]>, InferTypeOpAdaptor]> {
  let arguments = (ins WideFloatTensor:$re, WideFloatTensor:$im);
  let results = (outs ComplexTensor:$y);
  let assemblyFormat = "$re `,` $im attr-dict `:` type($re) `->` type($y)";
  let batching = Stacked<>;
  let kernel = Kernel<"kernels::makeComplex">;
  let promote = ToParts;
}

//===----------------------------------------------------------------------===//
// Comparisons
//===----------------------------------------------------------------------===//

def EqualOp : CompareOp<"equal", "Whether the elements of each pair are equal", AnyElementTensor,
                        Kernel<"kernels::equalFloat", "complex::EqualOp", "kernels::equalInt", "kernels::equalInt",
                               "kernels::equalInt">, [Commutative]>;
def NotEqualOp : CompareOp<"not_equal", "Whether the elements of each pair differ; NaN differs from all", AnyElementTensor,
                           Kernel<"kernels::notEqualFloat", "complex::NotEqualOp", "kernels::notEqualInt",
                                  "kernels::notEqualInt", "kernels::notEqualInt">, [Commutative]>;

class OrderOp<string mnemonic, string text, string stem>
    : CompareOp<mnemonic, text, OrderedTensor,
                Kernel<stem # "Float", "", stem # "Signed", stem # "Unsigned", stem # "Unsigned">>;
def LessOp : OrderOp<"less", "Whether a < b", "kernels::less">;
def LessEqualOp : OrderOp<"less_equal", "Whether a <= b", "kernels::lessEqual">;
def GreaterOp : OrderOp<"greater", "Whether a > b", "kernels::greater">;
def GreaterEqualOp : OrderOp<"greater_equal", "Whether a >= b", "kernels::greaterEqual">;

//===----------------------------------------------------------------------===//
// Ternary
//===----------------------------------------------------------------------===//

let hasFolder = true in
def SelectOp : SummaryOp<"select", "a where the condition holds, b elsewhere",
                         [Pure, ElementwiseTrait, AllTypesMatch<["a", "b", "y"]>,
                          TypesMatchWith<"the condition is bool of the shape of a", "a", "condition", [{
                            ::llvm::cast<::mlir::RankedTensorType>($_self).clone(
                                ::mlir::IntegerType::get($_self.getContext(), 1))}]>]> {
  let arguments = (ins BoolTensor:$condition, AnyElementTensor:$a, AnyElementTensor:$b);
  let results = (outs AnyElementTensor:$y);
  let assemblyFormat = "$condition `,` $a `,` $b attr-dict `:` type($a)";
  let batching = Stacked<>;
  let kernel = AnyKernel<"kernels::select">;
}

//===----------------------------------------------------------------------===//
// Adjoints
//===----------------------------------------------------------------------===//

// Cotangents follow the steepest ascent: for y = f(x) holomorphic dx = dy conj(f'(x)) (docs/adjoints.md).
def : Adjoint<NegOp, (pullback (NegOp $dy):$dx)>;
def : Adjoint<ConjOp, (pullback (ConjOp $dy):$dx)>;
def : Adjoint<AbsOp, (pullback (MultiplyOp (CastLike $dy, $x), (SignOp $x)):$dx)>; // 0 at 0, as sign
def : CustomAdjoint<SignOp, "0 for real numbers; (dy - y Re(conj(y) dy)) / |x| for complex ones">;
def : Adjoint<SquareOp, (pullback (MultiplyOp $dy, (MultiplyOp (Splat<"2.0"> $x), (ConjOp $x))):$dx)>;
def : Adjoint<ExpOp, (pullback (MultiplyOp $dy, (ConjOp $y)):$dx)>;
def : Adjoint<Expm1Op, (pullback (MultiplyOp $dy, (ConjOp (ExpOp $x))):$dx)>;
def : Adjoint<LogOp, (pullback (DivideOp $dy, (ConjOp $x)):$dx)>;
def : Adjoint<Log1pOp, (pullback (DivideOp $dy, (ConjOp (AddOp (Splat<"1.0"> $x), $x))):$dx)>;
def : Adjoint<SqrtOp, (pullback (DivideOp $dy, (MultiplyOp (Splat<"2.0"> $y), (ConjOp $y))):$dx)>;
def : Adjoint<RsqrtOp, (pullback (MultiplyOp (MultiplyOp (Splat<"-0.5"> $x), $dy),
                                             (ConjOp (MultiplyOp $y, (SquareOp $y)))):$dx)>;
def : Adjoint<SinOp, (pullback (MultiplyOp $dy, (ConjOp (CosOp $x))):$dx)>;
def : Adjoint<CosOp, (pullback (NegOp (MultiplyOp $dy, (ConjOp (SinOp $x)))):$dx)>;
def : Adjoint<TanOp, (pullback (MultiplyOp $dy, (ConjOp (AddOp (Splat<"1.0"> $y), (SquareOp $y)))):$dx)>;
// 1 - x^2 as (1 - x)(1 + x), which is exact near its zeros.
def : Adjoint<AsinOp, (pullback (DivideOp $dy, (ConjOp (SqrtOp (MultiplyOp (SubtractOp (Splat<"1.0"> $x), $x),
                                                                           (AddOp (Splat<"1.0"> $x), $x))))):$dx)>;
def : Adjoint<AcosOp, (pullback (DivideOp (NegOp $dy), (ConjOp (SqrtOp (MultiplyOp (SubtractOp (Splat<"1.0"> $x), $x),
                                                                       (AddOp (Splat<"1.0"> $x), $x))))):$dx)>;
def : Adjoint<AtanOp, (pullback (DivideOp $dy, (ConjOp (AddOp (Splat<"1.0"> $x), (SquareOp $x)))):$dx)>;
def : Adjoint<SinhOp, (pullback (MultiplyOp $dy, (ConjOp (CoshOp $x))):$dx)>;
def : Adjoint<CoshOp, (pullback (MultiplyOp $dy, (ConjOp (SinhOp $x))):$dx)>;
def : Adjoint<TanhOp, (pullback (MultiplyOp $dy, (ConjOp (MultiplyOp (SubtractOp (Splat<"1.0"> $y), $y),
                                                                     (AddOp (Splat<"1.0"> $y), $y)))):$dx)>;
def : Adjoint<AsinhOp, (pullback (DivideOp $dy, (ConjOp (SqrtOp (AddOp (Splat<"1.0"> $x), (SquareOp $x))))):$dx)>;
// Two roots instead of sqrt(x^2 - 1): the right branch for complex x.
def : Adjoint<AcoshOp, (pullback (DivideOp $dy, (ConjOp (MultiplyOp (SqrtOp (SubtractOp $x, (Splat<"1.0"> $x))),
                                                                    (SqrtOp (AddOp (Splat<"1.0"> $x), $x))))):$dx)>;
def : Adjoint<AtanhOp, (pullback (DivideOp $dy, (ConjOp (MultiplyOp (SubtractOp (Splat<"1.0"> $x), $x),
                                                                    (AddOp (Splat<"1.0"> $x), $x)))):$dx)>;
// ln 2, 1 / ln 2, 1 / ln 10
def : Adjoint<Exp2Op, (pullback (MultiplyOp $dy, (MultiplyOp (Splat<"0.69314718055994530942"> $y), $y)):$dx)>;
def : Adjoint<Log2Op, (pullback (DivideOp (MultiplyOp (Splat<"1.44269504088896340736"> $x), $dy), $x):$dx)>;
def : Adjoint<Log10Op, (pullback (DivideOp (MultiplyOp (Splat<"0.43429448190325182765"> $x), $dy), $x):$dx)>;
def : Adjoint<CbrtOp, (pullback (DivideOp $dy, (MultiplyOp (Splat<"3.0"> $y), (SquareOp $y))):$dx)>;
// 2 / sqrt(pi), sqrt(pi) / 2
def : Adjoint<ErfOp, (pullback (MultiplyOp $dy, (MultiplyOp (Splat<"1.12837916709551257390"> $x),
                                                            (ExpOp (NegOp (SquareOp $x))))):$dx)>;
def : Adjoint<ErfcOp, (pullback (MultiplyOp $dy, (MultiplyOp (Splat<"-1.12837916709551257390"> $x),
                                                             (ExpOp (NegOp (SquareOp $x))))):$dx)>;
def : Adjoint<ErfinvOp, (pullback (MultiplyOp $dy, (MultiplyOp (Splat<"0.88622692545275801365"> $y),
                                                               (ExpOp (SquareOp $y)))):$dx)>;
def : Adjoint<LgammaOp, (pullback (MultiplyOp $dy, (DigammaOp $x)):$dx)>;
def : Adjoint<DigammaOp, (pullback (MultiplyOp $dy, (PolygammaOp $x, 1)):$dx)>;
def : Adjoint<PolygammaOp, (pullback (MultiplyOp $dy, (PolygammaOp $x, (Successor $order))):$dx)>;
def : NoAdjoint<FloorOp, "piecewise constant">;
def : NoAdjoint<CeilOp, "piecewise constant">;
def : NoAdjoint<RoundOp, "piecewise constant">;
def : NoAdjoint<TruncOp, "piecewise constant">;
def : NoAdjoint<BitwiseNotOp, "integers">;
def : Adjoint<RealOp, (pullback (CastLike $dy, $x):$dx)>;
def : Adjoint<ImagOp, (pullback (ComplexOp (Splat<"0.0"> $dy), $dy):$dx)>;
def : Adjoint<CastOp, (pullback (CastLike $dy, $x):$dx)>;
def : Adjoint<ComplexOp, (pullback (RealOp $dy):$dre, (ImagOp $dy):$dim)>;

def : Adjoint<AddOp, (pullback (Same $dy):$da, (Same $dy):$db)>;
def : Adjoint<SubtractOp, (pullback (Same $dy):$da, (NegOp $dy):$db)>;
def : Adjoint<MultiplyOp, (pullback (MultiplyOp $dy, (ConjOp $b)):$da, (MultiplyOp $dy, (ConjOp $a)):$db)>;
def : Adjoint<DivideOp, (pullback (DivideOp $dy, (ConjOp $b)):$da, (NegOp (MultiplyOp $da, (ConjOp $y))):$db)>;
def : CustomAdjoint<PowerOp, "da = dy conj(b a^(b-1)), db = dy conj(y log a); 0 where a (for db) or b (for da) is 0">;
// Equal elements share the cotangent.
def : Adjoint<MaximumOp, (pullback
    (SelectOp (EqualOp $a, $b), (MultiplyOp (Splat<"0.5"> $dy), $dy),
              (SelectOp (GreaterOp $a, $b), $dy, (Splat<"0.0"> $dy))):$da, (SubtractOp $dy, $da):$db)>;
def : Adjoint<MinimumOp, (pullback
    (SelectOp (EqualOp $a, $b), (MultiplyOp (Splat<"0.5"> $dy), $dy),
              (SelectOp (LessOp $a, $b), $dy, (Splat<"0.0"> $dy))):$da, (SubtractOp $dy, $da):$db)>;
def : NoAdjoint<FloorDivideOp, "piecewise constant">;
def : Adjoint<RemainderOp, (pullback (Same $dy):$da, (NegOp (MultiplyOp $dy, (FloorDivideOp $a, $b))):$db)>;
def : Adjoint<FmodOp, (pullback (Same $dy):$da, (NegOp (MultiplyOp $dy, (TruncOp (DivideOp $a, $b)))):$db)>;
def : Adjoint<Atan2Op, (pullback
    (MultiplyOp $dy, (DivideOp $b, (AddOp (SquareOp $a), (SquareOp $b)))):$da,
    (NegOp (MultiplyOp $dy, (DivideOp $a, (AddOp (SquareOp $a), (SquareOp $b))))):$db)>;
def : Adjoint<HypotOp, (pullback (MultiplyOp $dy, (DivideOrZero $a, $y)):$da,
                                 (MultiplyOp $dy, (DivideOrZero $b, $y)):$db)>;
// The slope in a is 1 where the signs agree, -1 where they differ, and 0 at a = 0, as of abs.
def : Adjoint<CopysignOp, (pullback
    (MultiplyOp $dy, (MultiplyOp (SignOp $a), (CopysignOp (Splat<"1.0"> $a), $b))):$da, (zero):$db)>;
def : Adjoint<WithGradientOp, (pullback (zero):$da, (Same $dy):$db)>;
def : NoAdjoint<BitwiseAndOp, "integers">;
def : NoAdjoint<BitwiseOrOp, "integers">;
def : NoAdjoint<BitwiseXorOp, "integers">;
def : NoAdjoint<LeftShiftOp, "integers">;
def : NoAdjoint<RightShiftOp, "integers">;
def : NoAdjoint<EqualOp, "piecewise constant">;
def : NoAdjoint<NotEqualOp, "piecewise constant">;
def : NoAdjoint<LessOp, "piecewise constant">;
def : NoAdjoint<LessEqualOp, "piecewise constant">;
def : NoAdjoint<GreaterOp, "piecewise constant">;
def : NoAdjoint<GreaterEqualOp, "piecewise constant">;
// Each branch sees zero where the other was taken, so that what was not taken cannot leak a NaN.
def : Adjoint<SelectOp, (pullback (zero):$dcondition, (SelectOp $condition, $dy, (Splat<"0.0"> $dy)):$da,
                                  (SelectOp $condition, (Splat<"0.0"> $dy), $dy):$db)>;

#endif // TCC_DIALECT_ELEMENTWISE
