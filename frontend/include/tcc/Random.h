// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Random numbers, counter-based (Threefry-2x32-20): a key and a shape determine every bit, for any number of threads.
// Each function takes an explicit key first, or none for the next key of the process's seeded sequence; a function that
// compile() or a loop traces draws that key once, when it is traced: hand it a key for other numbers in each call.
// Samples are differentiable in their parameters where a reparametrisation exists.
#pragma once

#include "tcc/Tensor.h"

namespace tcc::random {

/// uint32 {2}, from a seed.
TCC_API Tensor key(int64_t seed, Loc where = Loc::current());
/// n independent keys, {n, 2}.
TCC_API Tensor split(const Tensor &key, int64_t n = 2, Loc where = Loc::current());
/// Restarts the sequence that functions without a key draw from (seed 0 at start). Process-wide; safe from any thread.
TCC_API void seed(int64_t seed);
struct UniformOptions {
  double low = 0, high = 1;
};
struct NormalOptions {
  double mean = 0, stddev = 1;
};
/// In [low, high); complex: both parts.
TCC_API Tensor uniform(const Tensor &key, Shape shape, Dtype dtype = float32, UniformOptions options = {},
                       Loc where = Loc::current());
TCC_API Tensor uniform(Shape shape, Dtype dtype = float32, UniformOptions options = {}, Loc where = Loc::current());
/// Complex: circular, E|z - mean|^2 = stddev^2.
TCC_API Tensor normal(const Tensor &key, Shape shape, Dtype dtype = float32, NormalOptions options = {},
                      Loc where = Loc::current());
TCC_API Tensor normal(Shape shape, Dtype dtype = float32, NormalOptions options = {}, Loc where = Loc::current());
/// The standard normal distribution between lo and hi.
TCC_API Tensor truncated_normal(const Tensor &key, double lo, double hi, Shape shape, Dtype dtype = float32,
                                Loc where = Loc::current());
TCC_API Tensor truncated_normal(double lo, double hi, Shape shape, Dtype dtype = float32, Loc where = Loc::current());
/// Integers in [lo, hi).
TCC_API Tensor randint(const Tensor &key, int64_t lo, int64_t hi, Shape shape, Dtype dtype = int64,
                       Loc where = Loc::current());
TCC_API Tensor randint(int64_t lo, int64_t hi, Shape shape, Dtype dtype = int64, Loc where = Loc::current());
/// Bool, true with probability p, which broadcasts to the shape.
TCC_API Tensor bernoulli(const Tensor &key, const Tensor &p, Shape shape, Loc where = Loc::current());
TCC_API Tensor bernoulli(const Tensor &p, Shape shape, Loc where = Loc::current());
/// int64 classes; logits {..., classes} without the last axis broadcast to the shape.
TCC_API Tensor categorical(const Tensor &key, const Tensor &logits, Shape shape, Loc where = Loc::current());
TCC_API Tensor categorical(const Tensor &logits, Shape shape, Loc where = Loc::current());
/// The standard Gumbel distribution.
TCC_API Tensor gumbel(const Tensor &key, Shape shape, Dtype dtype = float32, Loc where = Loc::current());
TCC_API Tensor gumbel(Shape shape, Dtype dtype = float32, Loc where = Loc::current());
/// Rate 1.
TCC_API Tensor exponential(const Tensor &key, Shape shape, Dtype dtype = float32, Loc where = Loc::current());
TCC_API Tensor exponential(Shape shape, Dtype dtype = float32, Loc where = Loc::current());
/// Shape parameter a > 0, scale 1 (Marsaglia and Tsang 2000).
TCC_API Tensor gamma(const Tensor &key, const Tensor &a, Shape shape, Dtype dtype = float32,
                     Loc where = Loc::current());
TCC_API Tensor gamma(const Tensor &a, Shape shape, Dtype dtype = float32, Loc where = Loc::current());
/// From two gamma variates.
TCC_API Tensor beta(const Tensor &key, const Tensor &a, const Tensor &b, Shape shape, Dtype dtype = float32,
                    Loc where = Loc::current());
TCC_API Tensor beta(const Tensor &a, const Tensor &b, Shape shape, Dtype dtype = float32, Loc where = Loc::current());
/// Rates lam broadcast to the shape.
TCC_API Tensor poisson(const Tensor &key, const Tensor &lam, Shape shape, Dtype dtype = int64,
                       Loc where = Loc::current());
TCC_API Tensor poisson(const Tensor &lam, Shape shape, Dtype dtype = int64, Loc where = Loc::current());
/// A random order of 0 ... n - 1, int64.
TCC_API Tensor permutation(const Tensor &key, int64_t n, Loc where = Loc::current());
/// The rows of x in random order.
TCC_API Tensor permutation(const Tensor &key, const Tensor &x, Loc where = Loc::current());
/// mean {..., d}, cov {..., d, d} positive definite; the result has shape `shape` + {d}.
TCC_API Tensor multivariate_normal(const Tensor &key, const Tensor &mean, const Tensor &cov, Shape shape,
                                   Loc where = Loc::current());

} // namespace tcc::random
