// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Functions of matrices. Expected values are NumPy 2.4.6's and SciPy's.
#include "test/unit/Table.h"

TEST(Linalg, Systems) {
  ROW(linalg::solve(tensor({{1.0, 2.0, 0.0}, {-1.0, 1.0, 3.0}, {2.0, 0.0, 1.0}}), tensor({1.0, -2.0, 3.0})), float64,
      (Shape{3}), {1.5333333333333334, -0.26666666666666666, -0.06666666666666667});
  ROW(linalg::inv(tensor({{1.0, 2.0, 0.0}, {-1.0, 1.0, 3.0}, {2.0, 0.0, 1.0}})), float64, (Shape{3, 3}),
      {0.06666666666666667, -0.13333333333333333, 0.4, 0.4666666666666667, 0.06666666666666667, -0.2,
       -0.13333333333333333, 0.26666666666666666, 0.2});
  ROW(linalg::det(tensor({{1.0, 2.0, 0.0}, {-1.0, 1.0, 3.0}, {2.0, 0.0, 1.0}})), float64, (Shape{}), {15.0});
  ROW(linalg::slogdet(tensor({{1.0, 2.0, 0.0}, {-1.0, 1.0, 3.0}, {2.0, 0.0, 1.0}})).logabsdet, float64, (Shape{}),
      {2.70805020110221});
  ROW(linalg::slogdet(-tensor({{1.0, 2.0, 0.0}, {-1.0, 1.0, 3.0}, {2.0, 0.0, 1.0}})).sign, float64, (Shape{}), {-1.0});
  ROW(linalg::det(zeros({2, 2}, float64)), float64, (Shape{}), {0.0});
  ROW(linalg::cholesky(tensor({{4.0, 1.0, 0.5}, {1.0, 3.0, -1.0}, {0.5, -1.0, 5.0}})), float64, (Shape{3, 3}),
      {2.0, 0.0, 0.0, 0.5, 1.6583123951777, 0.0, 0.25, -0.6784005252999682, 2.1159566931467966});
  ROW(linalg::cholesky(tensor({{4.0, 1.0, 0.5}, {1.0, 3.0, -1.0}, {0.5, -1.0, 5.0}}), {.upper = true}), float64,
      (Shape{3, 3}), {2.0, 0.5, 0.25, 0.0, 1.6583123951777, -0.6784005252999682, 0.0, 0.0, 2.1159566931467966});
  ROW(linalg::cholesky_solve(linalg::cholesky(tensor({{4.0, 1.0, 0.5}, {1.0, 3.0, -1.0}, {0.5, -1.0, 5.0}})),
                             tensor({1.0, -2.0, 3.0})),
      float64, (Shape{3}), {0.3553299492385787, -0.6395939086294417, 0.4365482233502538});
  ROW(linalg::cholesky_solve(
          linalg::cholesky(tensor({{4.0, 1.0, 0.5}, {1.0, 3.0, -1.0}, {0.5, -1.0, 5.0}}), {.upper = true}),
          tensor({1.0, -2.0, 3.0}), {.upper = true}),
      float64, (Shape{3}), {0.3553299492385787, -0.6395939086294417, 0.4365482233502538});
  ROW(linalg::lu_solve(linalg::lu_factor(tensor({{1.0, 2.0, 0.0}, {-1.0, 1.0, 3.0}, {2.0, 0.0, 1.0}})),
                       tensor({1.0, -2.0, 3.0})),
      float64, (Shape{3}), {1.5333333333333334, -0.26666666666666666, -0.06666666666666667});
  ROW(linalg::lu(tensor({{1.0, 2.0, 0.0}, {-1.0, 1.0, 3.0}, {2.0, 0.0, 1.0}})).p, float64, (Shape{3, 3}),
      {0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0});
  ROW(linalg::lu(tensor({{1.0, 2.0, 0.0}, {-1.0, 1.0, 3.0}, {2.0, 0.0, 1.0}})).l, float64, (Shape{3, 3}),
      {1.0, 0.0, 0.0, 0.5, 1.0, 0.0, -0.5, 0.5, 1.0});
  ROW(linalg::lu(tensor({{1.0, 2.0}, {3.0, 4.0}, {5.0, 7.0}})).u, float64, (Shape{2, 2}),
      {5.0, 7.0, 0.0, 0.5999999999999999});
  ROW(linalg::solve_triangular(tensor({{4.0, 1.0, 0.5}, {1.0, 3.0, -1.0}, {0.5, -1.0, 5.0}}), tensor({1.0, -2.0, 3.0})),
      float64, (Shape{3}), {0.29166666666666663, -0.4666666666666666, 0.6});
  ROW(linalg::solve_triangular(tensor({{4.0, 1.0, 0.5}, {1.0, 3.0, -1.0}, {0.5, -1.0, 5.0}}), tensor({1.0, -2.0, 3.0}),
                               {.lower = true, .trans = true}),
      float64, (Shape{3}), {0.29166666666666663, -0.4666666666666666, 0.6});
  ROW(linalg::lstsq(tensor({{1.0, 2.0}, {3.0, 4.0}, {5.0, 7.0}}), tensor({1.0, -2.0, 3.0})).x, float64, (Shape{2}),
      {-3.2142857142857175, 2.500000000000002});
  ROW(linalg::lstsq(tensor({{1.0, 2.0}, {3.0, 4.0}, {5.0, 7.0}}), tensor({1.0, -2.0, 3.0})).residuals, float64,
      (Shape{1}), {8.642857142857133});
  ROW(linalg::pinv(tensor({{1.0, 2.0}, {3.0, 4.0}, {5.0, 7.0}})), float64, (Shape{2, 3}),
      {-2.0714285714285703, 0.7857142857142865, 0.14285714285714235, 1.4999999999999991, -0.5000000000000006,
       3.5214027980098014e-16});
}

TEST(Linalg, Functions) {
  ROW(linalg::svdvals(tensor({{1.0, 2.0, 0.0}, {-1.0, 1.0, 3.0}, {2.0, 0.0, 1.0}})), float64, (Shape{3}),
      {3.383709464889558, 2.5593964634688433, 1.7320508075688779});
  ROW(linalg::eigvalsh(tensor({{4.0, 1.0, 0.5}, {1.0, 3.0, -1.0}, {0.5, -1.0, 5.0}})), float64, (Shape{3}),
      {1.9719698468470055, 4.607419118127964, 5.420611035025032});
  ROW(linalg::expm(tensor({{1.0, 2.0, 0.0}, {-1.0, 1.0, 3.0}, {2.0, 0.0, 1.0}})), float64, (Shape{3, 3}),
      {5.348079195995349, 6.317196980328213, 8.420260746865225, 5.2616622567011175, 5.348079195995349, 9.47579547049232,
       6.317196980328214, 5.613507164576817, 8.154832778283758});
  ROW(linalg::expm(tensor({{1.0, 2.0, 0.0}, {-1.0, 1.0, 3.0}, {2.0, 0.0, 1.0}}) * 3.0), float64, (Shape{3, 3}),
      {2315.8439162092723, 2315.1172882038472, 3472.1227231624775, 2314.564079060553, 2315.8439162092723,
       3472.675932305771, 2315.1172882038472, 2314.748482108318, 3473.2181572634317});
  ROW(real(linalg::logm(tensor({{4.0, 1.0, 0.5}, {1.0, 3.0, -1.0}, {0.5, -1.0, 5.0}}))), float64, (Shape{3, 3}),
      {1.3314319927813536, 0.32481910057024316, 0.15355622203730715, 0.3248191005702432, 0.9977595639632953,
       -0.2894057875789847, 0.15355622203730715, -0.2894057875789845, 1.5677178108734509});
  ROW(real(linalg::sqrtm(tensor({{4.0, 1.0, 0.5}, {1.0, 3.0, -1.0}, {0.5, -1.0, 5.0}}))), float64, (Shape{3, 3}),
      {1.9751167125479017, 0.28296865203139643, 0.13726876477011438, 0.28296865203139654, 1.6879324992709206,
       -0.2661064070490599, 0.13726876477011432, -0.26610640704905975, 2.2159297521234573});
  ROW(linalg::solve_sylvester(tensor({{4.0, 1.0, 0.5}, {1.0, 3.0, -1.0}, {0.5, -1.0, 5.0}}),
                              tensor({{1.0, 2.0, 0.0}, {-1.0, 1.0, 3.0}, {2.0, 0.0, 1.0}}),
                              tensor({{1.0, 2.0, 0.0}, {-1.0, 1.0, 3.0}, {2.0, 0.0, 1.0}})),
      float64, (Shape{3, 3}),
      {0.3987277845603621, 0.1483964108800092, -0.2221634419081891, -0.46911840879726036, 0.4518275266121619,
       0.5329894693122574, 0.13640556138367402, 0.01746969973413497, 0.26527701517732466});
  ROW(linalg::polar(tensor({{1.0, 2.0, 0.0}, {-1.0, 1.0, 3.0}, {2.0, 0.0, 1.0}})).u, float64, (Shape{3, 3}),
      {0.3037299116225242, 0.9399048937164716, -0.1559709317584588, -0.36255462452684567, 0.2654084056727085,
       0.8933714358722628, 0.8810801808121499, -0.2147956446627799, 0.4213793374311671});
  ROW(linalg::polar(tensor({{1.0, 2.0, 0.0}, {-1.0, 1.0, 3.0}, {2.0, 0.0, 1.0}})).p, float64, (Shape{3, 3}),
      {2.4284448977736686, 0.24490519871820315, -0.2065836927683874, 0.24490519871820315, 2.1452181931056518,
       0.5814295723553452, -0.20658369276838742, 0.5814295723553452, 3.101493645047956});
  ROW(linalg::matrix_power(tensor({{1.0, 2.0, 0.0}, {-1.0, 1.0, 3.0}, {2.0, 0.0, 1.0}}), 5), float64, (Shape{3, 3}),
      {73.0, 98.0, 72.0, 23.0, 73.0, 147.0, 98.0, 48.0, 97.0});
  ROW(linalg::matrix_power(tensor({{1.0, 2.0, 0.0}, {-1.0, 1.0, 3.0}, {2.0, 0.0, 1.0}}), -2), float64, (Shape{3, 3}),
      {-0.1111111111111111, 0.08888888888888889, 0.13333333333333336, 0.08888888888888889, -0.1111111111111111,
       0.13333333333333333, 0.08888888888888888, 0.08888888888888889, -0.06666666666666667});
  ROW(linalg::matrix_rank(ones({3, 3}, float64)), int64, (Shape{}), {1});
  ROW(linalg::cond(tensor({{1.0, 2.0, 0.0}, {-1.0, 1.0, 3.0}, {2.0, 0.0, 1.0}})), float64, (Shape{}),
      {1.95358557041347});
  ROW(linalg::multi_dot({tensor({{1.0, 2.0}, {3.0, 4.0}, {5.0, 7.0}}), tensor({{1.0, 2.0}, {3.0, 4.0}, {5.0, 7.0}}).T(),
                         tensor({{1.0, 2.0, 0.0}, {-1.0, 1.0, 3.0}, {2.0, 0.0, 1.0}})}),
      float64, (Shape{3, 3}), {32.0, 21.0, 52.0, 72.0, 47.0, 118.0, 124.0, 81.0, 203.0});
}

TEST(Linalg, Norms) {
  ROW(linalg::norm(tensor({{1.0, 2.0, 0.0}, {-1.0, 1.0, 3.0}, {2.0, 0.0, 1.0}})), float64, (Shape{}),
      {4.58257569495584});
  ROW(linalg::norm(tensor({{1.0, 2.0, 0.0}, {-1.0, 1.0, 3.0}, {2.0, 0.0, 1.0}}), {.ord = "nuc"}), float64, (Shape{}),
      {7.675156735927279});
  ROW(linalg::norm(tensor({{1.0, 2.0, 0.0}, {-1.0, 1.0, 3.0}, {2.0, 0.0, 1.0}}), {.ord = 1.0}), float64, (Shape{}),
      {4.0});
  ROW(linalg::norm(tensor({{1.0, 2.0, 0.0}, {-1.0, 1.0, 3.0}, {2.0, 0.0, 1.0}}), {.ord = -1.0}), float64, (Shape{}),
      {3.0});
  ROW(linalg::norm(tensor({{1.0, 2.0, 0.0}, {-1.0, 1.0, 3.0}, {2.0, 0.0, 1.0}}), {.ord = 2.0}), float64, (Shape{}),
      {3.383709464889558});
  ROW(linalg::norm(tensor({{1.0, 2.0, 0.0}, {-1.0, 1.0, 3.0}, {2.0, 0.0, 1.0}}), {.ord = -2.0}), float64, (Shape{}),
      {1.732050807568878});
  ROW(linalg::norm(tensor({{1.0, 2.0, 0.0}, {-1.0, 1.0, 3.0}, {2.0, 0.0, 1.0}}), {.ord = inf}), float64, (Shape{}),
      {5.0});
  ROW(linalg::norm(tensor({{1.0, 2.0, 0.0}, {-1.0, 1.0, 3.0}, {2.0, 0.0, 1.0}}), {.ord = -inf}), float64, (Shape{}),
      {3.0});
  ROW(linalg::norm(tensor({{1.0, 2.0, 0.0}, {-1.0, 1.0, 3.0}, {2.0, 0.0, 1.0}}), {.ord = 0.0, .axes = 1}), float64,
      (Shape{3}), {2.0, 3.0, 2.0});
  ROW(linalg::norm(tensor({{1.0, 2.0, 0.0}, {-1.0, 1.0, 3.0}, {2.0, 0.0, 1.0}}), {.ord = 1.0, .axes = 1}), float64,
      (Shape{3}), {3.0, 5.0, 3.0});
  ROW(linalg::norm(tensor({{1.0, 2.0, 0.0}, {-1.0, 1.0, 3.0}, {2.0, 0.0, 1.0}}), {.ord = 3.0, .axes = 1}), float64,
      (Shape{3}), {2.080083823051904, 3.072316825685847, 2.080083823051904});
  ROW(linalg::norm(tensor({{1.0, 2.0, 0.0}, {-1.0, 1.0, 3.0}, {2.0, 0.0, 1.0}}), {.ord = inf, .axes = 1}), float64,
      (Shape{3}), {2.0, 3.0, 2.0});
  // A whole number is as good an order.
  ROW(linalg::norm(tensor({{1.0, 2.0, 0.0}, {-1.0, 1.0, 3.0}, {2.0, 0.0, 1.0}}), {.ord = 1}), float64, (Shape{}),
      {4.0});
  ROW(linalg::norm(tensor({3.0, -4.0}), {.ord = 1}), float64, (Shape{}), {7.0});
  ROW(linalg::cond(tensor({{1.0, 0.0}, {0.0, 0.0}})), float64, (Shape{}), {inf});
  ROW(linalg::cond(zeros({2, 2}, float64)), float64, (Shape{}), {inf});
}

TEST(LinalgNorm, OfNothingAndRanksOfVectors) { // as in NumPy
  for (double p : {0.0, 1.0, 2.0, 3.0, std::numeric_limits<double>::infinity()})
    EXPECT_EQ(linalg::norm(zeros({0}, float64), {.ord = p}).item<double>(), 0.0) << p;
  for (double p : {1.0, 2.0, std::numeric_limits<double>::infinity()})
    EXPECT_EQ(linalg::norm(zeros({0, 3}, float64), {.ord = p}).item<double>(), 0.0) << p;
  EXPECT_EQ(linalg::norm(zeros({0, 3}, float64), {.ord = 1.0, .axes = {-1, 0}, .keepdims = true}).shape(),
            (Shape{1, 1}));
  EXPECT_THROW(linalg::norm(zeros({0}, float64), {.ord = -std::numeric_limits<double>::infinity()}), Error);
  EXPECT_EQ(linalg::matrix_rank(tensor({0.0, 0.0})).item<int64_t>(), 0);
  EXPECT_EQ(linalg::matrix_rank(tensor({0.0, 2.0})).item<int64_t>(), 1);
}

TEST(Linalg, EighOfTheUpperTriangle) {
  for (Dtype dtype : {float32, float64, complex64, complex128}) {
    random::seed(3);
    Tensor b = random::normal({2, 5, 5}, dtype), a = b + conj(swapaxes(b, -1, -2));
    eval(a);
    double tolerance = dtype == float32 || dtype == complex64 ? 1e-5 : 1e-12;
    auto [w, v] = linalg::eigh(triu(a), {.upper = true});
    Tensor back = matmul(v * expand_dims(w, -2), conj(swapaxes(v, -1, -2)));
    EXPECT_TRUE(allclose(back, a, tolerance, 10 * tolerance)) << dtype;
    EXPECT_TRUE(allclose(linalg::eigvalsh(triu(a), {.upper = true}), linalg::eigvalsh(a), tolerance, tolerance))
        << dtype;
    // As of the lower triangle, the gradient is that of a Hermitian matrix.
    auto slope = [&](linalg::EighOptions options) {
      return grad(sum(exp(0.1 * linalg::eigh(a, options).eigenvalues)), a);
    };
    EXPECT_TRUE(allclose(slope({.upper = true}), slope({}), 10 * tolerance, 10 * tolerance)) << dtype;
  }
}
