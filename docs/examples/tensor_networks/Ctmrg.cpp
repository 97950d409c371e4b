// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The square-lattice Ising model by corner transfer matrices (Nishino and Okunishi 1996), whose environment is a fixed
// point x = step(x, beta). Its derivative is that of the fixed point, dx = (1 - d step/dx)^-1 d step/d beta: no
// iteration is differentiated. The free energy is Onsager's, and its derivative in beta the energy.
#include "../Expect.h"
#include <tcc/tcc.h>

#include <cmath>

using namespace tcc;

constexpr int64_t rank = 7; // the corner's spectrum has its first degenerate pair beyond

/// The weights around a vertex, [up, left, down, right]: half of each bond's Boltzmann factor belongs to each end.
static Tensor vertex(const Tensor &beta) {
  // exp(beta s t) = cosh(beta) + s t sinh(beta) = (h h^T)_{st}
  Tensor h = tensor({{1.0, 1.0}, {1.0, -1.0}}) * sqrt(stack({cosh(beta), sinh(beta)}));
  return einsum("su,sl,sd,sr->uldr", h, h, h, h);
}

/// A corner is diagonal [rank], an edge [rank, 2, rank]; both in one tensor, as x.
static Tensor pack(const Tensor &corner, const Tensor &edge) { return concatenate({corner, edge.reshape({-1})}); }
static std::pair<Tensor, Tensor> unpack(const Tensor &x) {
  return {x(slice(0, rank)), x(slice(rank, _)).reshape({rank, 2, rank})};
}

/// One row and one column more, and back to `rank` states: those of the largest eigenvalues.
static Tensor step(const Tensor &x, const Tensor &beta) {
  auto [corner, edge] = unpack(x);
  Tensor a = vertex(beta);
  Tensor grown = einsum("jsi,i,itk,tsdr->jdkr", edge, corner, edge, a).reshape({2 * rank, 2 * rank});
  auto [values, vectors] = linalg::eigh(0.5 * (grown + grown.T()));
  Tensor kept = values(slice(rank, 2 * rank)), u = vectors(_, slice(rank, 2 * rank));
  // An eigenvector's sign is free; a fixed point needs one. Any direction serves that is orthogonal to none of them.
  Tensor direction = cos(square(arange(2 * rank, float64)) + 1.0);
  u = (u * sign(stop_gradient(matmul(direction, u)))).reshape({rank, 2, rank});
  Tensor grownEdge = einsum("jua,jlk,uldr,kdb->arb", u, edge, a, u);
  return pack(kept / norm(kept), grownEdge / norm(grownEdge));
}

/// The fixed point as a function of beta with its implicit derivative.
static auto environment =
    custom_vjp([](const Tensor &beta) { return beta; },
               [](const Tensor &beta) {
                 static auto compiledStep = compile(step);
                 Tensor corner = exp(-1.0 * arange(rank, float64)), noise = cos(arange(2 * rank * rank, float64));
                 Tensor edge = 1.0 + 0.1 * noise.reshape({rank, 2, rank});
                 Tensor x = pack(corner, edge + transpose(edge, {2, 1, 0})), value = stop_gradient(beta);
                 double change = 1;
                 for (int turn = 0; turn < 500 && change > 1e-13; ++turn) {
                   Tensor next = compiledStep(x, value);
                   change = max(abs(next - x)).item<double>();
                   x = next;
                 }
                 std::printf("beta %.3f: the environment changes by %.0e\n", value.item<double>(), change);
                 expect(change <= 1e-12);
                 x = stop_gradient(x); // nobody asks how it was found
                 eval(x);
                 return std::pair(x, std::vector<Tensor>{x, beta});
               },
               [](const std::vector<Tensor> &saved, const Tensor &cotangent) {
                 Tensor x = saved[0], next = step(x, saved[1]), j = jacobian(next, x);
                 Tensor lambda = linalg::solve(eye(x.dim(0), float64) - j.T(), cotangent);
                 return vjp({next}, {saved[1]}, {lambda});
               });

/// log Z for each site: the lattice is grown by a site, compared with growths by half rows (Baxter 1978).
static Tensor freeEnergy(const Tensor &beta) {
  auto [corner, edge] = unpack(environment(beta));
  Tensor side = expand_dims(corner, {1, 2}) * edge;
  Tensor site = einsum("aub,brc,cdk,kla,uldr->", side, side, side, side, vertex(beta));
  Tensor row = einsum("a,asb,b,bsa->", square(corner), edge, square(corner), edge);
  return log(site * sum(pow(corner, 4.0)) / square(row));
}

/// Onsager's solution (1944), by the trapezoidal rule, which converges exponentially here.
static Tensor onsager(const Tensor &beta) {
  Tensor angle = arange(256, float64) * (2 * M_PI / 256), c = cos(angle);
  Tensor terms = square(cosh(2.0 * beta)) - sinh(2.0 * beta) * (expand_dims(c, 1) + c);
  return std::log(2.0) + 0.5 * mean(log(terms));
}

int main() {
  for (double temperature : {3.6, 3.2, 3.0}) {
    Tensor beta = tensor(1 / temperature);
    auto [f, df] = value_and_grad(freeEnergy)(beta);
    auto [exact, dexact] = value_and_grad(onsager)(beta);
    double error = std::abs((f - exact).item<double>()), slope = std::abs((df[0] - dexact[0]).item<double>());
    std::printf("log Z %.12f, error %.1e; energy %.12f, error %.1e\n", f.item<double>(), error, -df[0].item<double>(),
                slope);
    expect(error < 1e-12 && slope < 1e-10);
  }
}
