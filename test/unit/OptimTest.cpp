// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Optimizers, step by step, against the numbers that torch.optim (2.15) gives.
#include "tcc/tcc.h"

#include <gtest/gtest.h>

using namespace tcc;

namespace {

/// A matrix and a vector after four steps along the gradient of sum(cos(p)) q_0 q_1.
template <class Make> void expectAfterFour(Make make, std::vector<double> want) {
  Variable p("p", tensor({{0.5, -1.0, 2.0}, {0.25, 3.0, -0.75}})), q("q", tensor({1.0, -2.0}));
  auto optimizer = make(optim::Params{p, q});
  for (int k = 0; k < 4; ++k)
    optimizer.step(sum(cos(p)) * prod(q));
  Tensor got = concatenate({flatten(p), q}), expected = tensor(want);
  EXPECT_TRUE(allclose(got, expected, 1e-12)) << got << "\n" << expected;
}

} // namespace

TEST(Optim, StepsAreThoseOfTorch) {
  expectAfterFour([](auto params) { return optim::SGD(params, {.lr = 0.02}); },
                  {0.41767868945014447, -0.8523741170952631, 1.8298101005376282, 0.20776051911355548, 2.9724588864749,
                   -0.6318734393844332, 1.3056333212836886, -2.1652066580479934});
  expectAfterFour([](auto params) { return optim::SGD(params, {.lr = 0.02, .momentum = 0.9, .weight_decay = 0.1}); },
                  {0.3078708859005092, -0.6528927067525523, 1.5803567538871137, 0.15158115528493418, 2.879139471704777,
                   -0.47349497811000096, 1.6745217162418355, -2.3405693523122046});
  expectAfterFour([](auto params) { return optim::SGD(params, {.lr = 0.02, .momentum = 0.9, .nesterov = true}); },
                  {0.2399360264189002, -0.5229843939854335, 1.404372622065592, 0.11731950101273142, 2.8973291788379165,
                   -0.3732733050783414, 2.025046801745135, -2.5971423671039915});
  expectAfterFour(
      [](auto params) {
        return optim::Adam(params, {.lr = 0.1, .beta1 = 0.8, .beta2 = 0.95, .eps = 1e-3, .weight_decay = 0.05});
      },
      {0.10706188691648534, -0.5987527621258012, 1.5971049146219847, -0.08612232280601642, 2.602163450763477,
       -0.35065364639743396, 1.4029284502190882, -2.4023811321470103});
  expectAfterFour([](auto params) { return optim::AdamW(params, {.lr = 0.1, .weight_decay = 0.05}); },
                  {0.09848816802348964, -0.5824711986342274, 1.5624483900598891, -0.09693681035065754,
                   2.5576979362107592, -0.33863403633454314, 1.3774407123581902, -2.3566611127468637});
  expectAfterFour([](auto params) { return optim::Adagrad(params, {.lr = 0.1}); },
                  {0.23372390628997608, -0.7131186603147951, 1.6984438651500946, 0.03258474972010071, 2.657490829225961,
                   -0.4699781389602226, 1.3047409976602973, -2.3098763665281985});
  expectAfterFour([](auto params) { return optim::RMSprop(params, {.lr = 0.1}); },
                  {0.3734871968945961, 9.539200310929373e-06, 0.16562562611843107, 0.4443981906451374,
                   -0.07796753874812667, -0.3616121574041653, 4.593805805241915, -5.6618801060588});
  expectAfterFour([](auto params) { return optim::Adafactor(params, {.lr = 0.3}); },
                  {0.001046237063592084, -0.03638090087986082, 0.382977896741977, 0.03443584780854548,
                   1.4313498464564072, -0.0015584648096628737, 3.8598124482754463, -4.940179982471363});
}

TEST(Optim, a_step_evaluates_its_loss) {
  Variable w(tensor({1.0f, 2.0f}));
  optim::SGD sgd({w}, {.lr = 0.25});
  Tensor loss = sum(square(w));
  sgd.step(loss);
  EXPECT_EQ(dump(loss).find("reduce_sum"), std::string::npos) << dump(loss);
  EXPECT_EQ(loss.item<float>(), 5.0f); // of the parameters before the step
  EXPECT_EQ(w.value().to_vector<float>(), (std::vector<float>{0.5f, 1.0f}));
}
