// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The exponential's Taylor polynomials in few products of matrices: degree 8 in three, degree 18 in five, without a
// system to solve (Bader, Blanes and Casas 2019, "Computing the Matrix Exponential with an Optimized Taylor Polynomial
// Approximation"), and up to which norm they are exact in backward error.
#ifndef TCC_RUNTIME_TAYLOREXPONENTIAL_H
#define TCC_RUNTIME_TAYLOREXPONENTIAL_H

namespace tcc::runtime {

/// Degree 18 of x, from x, x^2, x^3 and x^6: with row r standing for b_r = sum of its numbers times 1, x, x^2, x^3,
/// x^6,
///   y = b_0 b_4 + b_3,   t_18 = b_1 + (b_2 + y) y.
/// A solution of the 19 equations for the coefficients 1 / k!, by Newton's method in 50 digits from the authors' one.
inline constexpr double taylor18[5][5] = {
    {0, -0.10036558103014462765, -0.0080292464824115702118, -0.00089213849804573002353, 0},
    {0, 0.39784974949964507615, 1.3678377846041171992, 0.49828962252538267756, -0.00063789819459472330924},
    {-10.967639605296206259, 1.6801581387890619718, 0.05717798464788655127, -0.0069821012248805208429,
     0.000033497501708607053831},
    {-0.090431683239081056197, -0.067640451907138190756, 0.067596130177045964608, 0.029555257042931552743,
     -0.000013918025751606070112},
    {0, 0, -0.092336461936711852254, -0.016936493900208170431, -0.000014008679818203614914}};
/// The same of degree 8 from 1, x, x^2: with y = x^2 (c_0 x + c_1 x^2), c = taylor8,
///   t_8 = 1 + x + c_7 x^2 + (c_2 x^2 + y) (c_3 + c_4 x + c_5 x^2 + c_6 y).
inline constexpr double taylor8[8] = {0.10836465678522781,  0.027091164196306952, 0.66666666666666667,
                                      0.54676145797072405,  0.16112557339541759,  0.014090917158378208,
                                      0.033792797010870504, 0.13549236135285063};

/// The largest norm at which log(exp(-x) t(x)), a series from x^(degree + 1) on, is at most u |x|: theta of Al-Mohy and
/// Higham 2009, section 2. In single precision that is 3.01 for degree 18, where rounding errors of exp(x) may show in
/// a result of exp(-x), 400 times smaller: at 1.75 it is 33 times. `rounding` bounds c |x|^degree for the first of the
/// coefficients, 1 / 19!.
struct TaylorBounds {
  double theta8, theta18, rounding;
};
template <class R>
inline constexpr TaylorBounds taylorBounds =
    sizeof(R) == 8 ? TaylorBounds{0.049912288711153227, 1.0908637192900362, 0x1p-53}
                   : TaylorBounds{0.58005246276887681, 1.75, 0x1p-24};
inline constexpr double firstOmitted = 1 / 121645100408832000.0;

} // namespace tcc::runtime
#endif
