// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Optimizers and layers. Expected values are PyTorch 2.15's in double precision; those of Lion and complex Adam
// are NumPy's, from the formulas of the papers that tcc/Optim.h names.
#include "test/unit/Table.h"

#include <map>

namespace {

/// The gradient of step k: cos(k), cos(k + 1), ...
Tensor gradientOf(int k, const Shape &shape) {
  int64_t n = 1;
  for (int64_t d : shape)
    n *= d;
  return reshape(cos(arange(n, float64) + double(k)), shape);
}

/// The parameter after three steps.
template <class Optimizer, class Options> Tensor after(Options options, Tensor start = tensor({1.0, -2.0, 3.0})) {
  Variable p(start);
  Optimizer optimizer({p}, options);
  for (int k = 0; k < 3; ++k)
    optimizer.step({gradientOf(k, start.shape())});
  return p;
}

/// sin(0.3 k) for k = 0, 1, ...: the weights and inputs of layers.
Tensor waves(Shape shape) {
  int64_t n = 1;
  for (int64_t d : shape)
    n *= d;
  return reshape(sin(arange(n, float64) * 0.3), shape);
}

} // namespace

TEST(Optim, Rules) {
  using namespace optim;
  ROW(after<SGD>(SgdOptions{.lr = 0.1}), float64, (Shape{3}),
      {0.8875844530679002, -1.9134162972720554, 3.20597829540112});
  ROW(after<SGD>(SgdOptions{.lr = 0.1, .momentum = 0.9, .weight_decay = 0.01}), float64, (Shape{3}),
      {0.6627859747703545, -1.9569807281239193, 3.349166032711857});
  ROW(after<SGD>(SgdOptions{.lr = 0.1, .momentum = 0.9, .nesterov = true}), float64, (Shape{3}),
      {0.5887459740536913, -1.8849355959296932, 3.5355931516313697});
  ROW(after<Adam>(AdamOptions{.lr = 0.1}), float64, (Shape{3}),
      {0.7591825276525479, -2.058387818384033, 3.2902147451260144});
  ROW(after<Adam>(AdamOptions{.lr = 0.1, .weight_decay = 0.1}), float64, (Shape{3}),
      {0.7501322884844509, -1.9984944212981375, 3.2713924199500344});
  ROW(after<AdamW>(AdamOptions{.lr = 0.1, .weight_decay = 0.1}), float64, (Shape{3}),
      {0.7324148403184049, -1.996919278487565, 3.1981761558857347});
  ROW(after<Adagrad>(LrOptions{.lr = 0.1}), float64, (Shape{3}),
      {0.8868450231570342, -1.9566290338646373, 3.24417922020389});
  ROW(after<RMSprop>(LrOptions{.lr = 0.1}), float64, (Shape{3}),
      {-0.130691017978949, -1.5622092514315762, 5.444677447578333});
  ROW(after<Lion>(LrOptions{.lr = 0.1}), float64, (Shape{3}), {0.9, -1.9, 3.3});
  ROW(after<Adafactor>(LrOptions{.lr = 0.1}), float64, (Shape{3}),
      {0.7740408919037399, -1.6958438319634588, 3.7089548197041253});
  ROW(after<Adafactor>(LrOptions{.lr = 0.1}, tensor({{1.0, -2.0, 3.0}, {0.5, 0.0, -1.0}})), float64, (Shape{2, 3}),
      {0.8365310547721959, -1.7565129774901345, 3.5569661693605314, 0.720623668136761, -0.16043510215216986,
       -1.5136824529757351});
}

// Second moments of complex parameters are |g|^2.
TEST(Optim, ComplexParameters) {
  Variable p(tensor({std::complex<double>(1, 2), std::complex<double>(0, -1)}));
  optim::Adam adam({p}, {.lr = 0.1});
  for (int k = 0; k < 3; ++k)
    adam.step({complex(cos(arange(2, float64) + double(k)), sin(arange(2, float64) + 2.0 * k))});
  ROW(p, complex128, (Shape{2}), {0.7931139387899115, 1.9511784396072587, -0.025128873820542054, -1.1399180735030818});
}

// Newton-Schulz brings all singular values of a matrix's step near 1, whatever the gradient's are.
TEST(Optim, MuonStepsAreNearlyOrthogonal) {
  for (Shape shape : {Shape{4, 6}, Shape{6, 4}}) {
    Variable p(zeros(shape, float64));
    optim::Muon muon({p}, {.lr = 1});
    muon.step({reshape(cos(square(arange(24, float64))), shape)});
    double scale = std::sqrt(std::max(1.0, double(shape[0]) / double(shape[1])));
    Tensor s = linalg::svdvals(p) / scale;
    EXPECT_GT(min(s).item<double>(), 0.6);
    EXPECT_LT(max(s).item<double>(), 1.3);
  }
}

TEST(Optim, LbfgsFindsTheMinimum) {
  Variable p(tensor({-1.2, 1.0})); // Rosenbrock's function and his start
  optim::LBFGS lbfgs({p});
  auto loss = [&] {
    Tensor v = p;
    return 100.0 * square(v[1] - square(v[0])) + square(1.0 - v[0]);
  };
  for (int k = 0; k < 60; ++k)
    lbfgs.step(loss);
  EXPECT_LT(loss().item<double>(), 1e-16);
  EXPECT_NEAR(p.value()[0].item<double>(), 1, 1e-7);
}

TEST(Optim, LossAndGradientsAreTheSameStep) {
  Variable p(tensor({1.0, -2.0})), q(tensor({1.0, -2.0}));
  optim::Adam a({p}, {.lr = 0.1}), b({q}, {.lr = 0.1});
  for (int k = 0; k < 3; ++k) {
    a.step(sum(square(p) * 3.0));
    b.step({6.0 * q});
  }
  EXPECT_EQ(p.value().to_vector<double>(), q.value().to_vector<double>());
}

TEST(Optim, StateGoesOn) {
  auto go = [](optim::Optimizer &o, int from, int to) {
    for (int k = from; k < to; ++k)
      o.step({gradientOf(k, {3})});
  };
  Variable p(tensor({1.0, -2.0, 3.0}));
  optim::Adam whole({p}, {.lr = 0.1});
  go(whole, 0, 2);
  Variable q(p.value());
  std::map<std::string, Tensor> state = whole.state();
  optim::Adam resumed({q});
  resumed.load_state(state);
  EXPECT_EQ(resumed.steps(), 2);
  EXPECT_EQ(resumed.lr(), 0.1);
  go(whole, 2, 4);
  go(resumed, 2, 4);
  EXPECT_EQ(p.value().to_vector<double>(), q.value().to_vector<double>());
  state.erase("0.v");
  EXPECT_THROW(resumed.load_state(state), Error);
  EXPECT_EQ(resumed.steps(), 4); // unchanged
}

TEST(Optim, Schedules) {
  auto stairs = optim::step_decay(1, 0.5, 3), exponential = optim::exponential_decay(2, 0.1);
  EXPECT_EQ(stairs(2), 1);
  EXPECT_EQ(stairs(3), 0.5);
  EXPECT_NEAR(exponential(2), 0.02, 1e-15);
  auto cosine = optim::cosine_decay(1, 10, 0.2);
  EXPECT_EQ(cosine(0), 1);
  EXPECT_NEAR(cosine(5), 0.6, 1e-15);
  EXPECT_NEAR(cosine(99), 0.2, 1e-15);
  auto warm = optim::linear_warmup(4, 1, stairs);
  EXPECT_EQ(warm(0), 0.25);
  EXPECT_EQ(warm(3), 1);
  EXPECT_EQ(warm(4), stairs(0));
  Variable p(tensor({0.0}));
  optim::SGD sgd({p}, {.lr = 9});
  sgd.set_schedule(stairs);
  for (int k = 0; k < 4; ++k)
    sgd.step({tensor({1.0})});
  EXPECT_EQ(p.value().item<double>(), -3.5);
}

TEST(Optim, ClipByGlobalNorm) {
  std::vector<Tensor> g{tensor({3.0, 0.0}), tensor({std::complex<double>(0, 4)})};
  std::vector<Tensor> clipped = optim::clip_by_global_norm(g, 1), whole = optim::clip_by_global_norm(g, 6);
  ROW(clipped[0], float64, (Shape{2}), {0.6, 0.0});
  ROW(clipped[1], complex128, (Shape{1}), {0.0, 0.8});
  ROW(whole[0], float64, (Shape{2}), {3.0, 0.0});
  // Squares of float32 would overflow, and integers have no small multiples.
  std::vector<Tensor> steep = optim::clip_by_global_norm({tensor({3e30f, -4e30f}), tensor({0, 0})}, 1);
  EXPECT_TRUE(allclose(steep[0], tensor({0.6f, -0.8f}))) << steep[0];
  ROW(optim::clip_by_global_norm({tensor({3, 4})}, 1)[0], float64, (Shape{2}), {0.6, 0.8});
}

TEST(Nn, Recurrent) {
  nn::LSTM lstm(4, 2);
  lstm.wx.assign(waves({4, 8}));
  lstm.wh.assign(waves({2, 8}));
  lstm.bias.assign(waves({8}));
  ROW(lstm(waves({2, 3, 4})), float64, (Shape{2, 3, 2}),
      {0.3491643185820845, 0.37488657582125257, 0.6549714574246214, 0.6600695878492269, 0.6879942039385369,
       0.6779103729612069, 0.057038529956863405, 0.09642598092464354, 0.06899405412402843, 0.11305924845919299,
       0.35245781540205934, 0.3932506800845589});
  nn::GRU gru(4, 2);
  gru.wx.assign(waves({4, 6}));
  gru.wh.assign(waves({2, 6}));
  gru.bias.assign(waves({6}));
  gru.hiddenBias.assign(-waves({6}));
  ROW(gru(waves({2, 3, 4})), float64, (Shape{2, 3, 2}),
      {0.1923848449883937, 0.2872655471689658, 0.39244015251299125, 0.4461768587496162, 0.4908531588339853,
       0.5126355922838126, 0.16442556166077965, 0.13384413698347872, 0.12483133444334316, 0.13661438259689102,
       0.18639363251179286, 0.28594929966159033});
}

TEST(Nn, Attention) {
  nn::MultiHeadAttention attention(4, 2);
  Tensor w = waves({4, 4}), b = waves({4});
  attention.query.weight.assign(w);
  attention.key.weight.assign(-w);
  attention.value.weight.assign(0.5 * w);
  attention.output.weight.assign(w);
  attention.query.bias.assign(b);
  attention.key.bias.assign(-b);
  attention.value.bias.assign(b);
  attention.output.bias.assign(b);
  ROW(attention(waves({2, 3, 4})), float64, (Shape{2, 3, 4}),
      {0.6531253645351687,   0.6735735885558717,    0.6338534899822349,    0.5375131469234103,   0.4925113107360313,
       0.6254443817240027,   0.7025083688230569,    0.7168193755815483,    0.5321738644644588,   0.6923548357893932,
       0.7906898116398898,   0.8183948214894852,    -0.057662189103459195, 0.009492107889262524, 0.07579850315411818,
       0.13533404387920056,  -0.014733933620050207, 0.016758141128628945,  0.0467532610402418,   0.07257205138608636,
       -0.09520067335855188, -0.08946657914776013,  -0.07574070187564674,  -0.05524913327981873});
  ROW(attention(waves({2, 3, 4}), {.causal = true}), float64, (Shape{2, 3, 4}),
      {0.3351771468484357,   0.4762440903178923,   0.5747695675737906,    0.6219525911664836,   0.41703866279266444,
       0.5563745684817286,   0.6460111909915529,   0.6779415577937145,    0.5321738644644588,   0.6923548357893932,
       0.7906898116398898,   0.8183948214894852,   -0.028919498563177617, -0.17603056946781043, -0.3074173538651407,
       -0.41134346160780444, -0.15758612617778828, -0.23362731497949168,  -0.28879927153491114, -0.3181736492808973,
       -0.09520067335855188, -0.08946657914776013, -0.07574070187564674,  -0.05524913327981873});
}

TEST(Nn, Norms) {
  Tensor x = waves({2, 3, 4});
  nn::BatchNorm batch(3);
  batch.weight.assign(waves({3}) + 1.0);
  batch.bias.assign(waves({3}));
  batch.mean.assign(zeros({3}, float64));
  batch.var.assign(ones({3}, float64));
  ROW(batch.train(x), float64, (Shape{2, 3, 4}),
      {0.26482621641610693, 0.7334920036452877,   1.1602932719057346,  1.5071051350251363,  1.5637839759699115,
       1.6595458107110486,  1.6249497827127644,   1.4630862521204835,  2.809689985471361,   1.6022267573302371,
       0.20895172067793644, -1.2456780149844533,  -0.4369673910831516, -0.8259028138086651, -1.1174066607292559,
       -1.2854397613711925, -1.2571736729588436,  -1.1542518894255471, -0.9303398002748805, -0.6054388055642208,
       -1.837865454382644,  -0.39606705220523286, 1.038421176045847,   2.3374606692072315});
  ROW(batch.mean, float64, (Shape{3}), {-0.016698786285920666, 0.006514521859764394, 0.021419961311107516});
  ROW(batch.var, float64, (Shape{3}), {0.9454390126052616, 0.9896163971831939, 0.911809387814822});
  ROW(batch(x)(0, 0), float64, (Shape{4}),
      {0.017173778223293842, 0.32109996799571383, 0.5978773364043067, 0.8227821854416655});
  nn::LayerNorm layer(4);
  layer.weight.assign(waves({4}) + 1.0);
  layer.bias.assign(waves({4}));
  ROW(layer(x[0])[0], float64, (Shape{4}),
      {-1.3999854795521383, -0.21367769268179507, 1.384434159020617, 3.046515620183508});
  nn::RMSNorm rms(4);
  rms.weight.assign(waves({4}) + 1.0);
  ROW(rms(x[0])[1], float64, (Shape{4}),
      {0.9883422725396113, 1.3703394435920762, 1.6157693779545752, 1.6323765711412044});
}

TEST(Nn, ModulesListTheirParameters) {
  nn::Sequential model(nn::Linear(3, 4), relu, nn::Linear(4, 2, {.bias = false}));
  std::vector<Variable> parameters = model.parameters();
  ASSERT_EQ(parameters.size(), 3u);
  EXPECT_EQ(parameters[0].name(), "weight");
  EXPECT_EQ(parameters[0].shape(), (Shape{3, 4}));
  // They are the model's own: what a step changes, the model sees.
  Tensor x = ones({5, 3}), before = model(x);
  optim::SGD sgd(parameters, {.lr = 0.1});
  double first = mse_loss(model(x), ones({5, 2})).item<float>();
  sgd.step(mse_loss(model(x), ones({5, 2})));
  EXPECT_LT(mse_loss(model(x), ones({5, 2})).item<float>(), first);
  nn::Embedding table(5, 3);
  EXPECT_EQ(table(tensor({{0, 4}, {1, 1}})).shape(), (Shape{2, 2, 3}));
  EXPECT_THROW(table(tensor({5})), Error);
}

TEST(Nn, SequentialTrainsAndStops) {
  nn::BatchNorm norm(4);
  nn::Linear linear(3, 4), last(4, 2);
  nn::Sequential model(linear, nn::Sequential(norm, nn::Dropout(0.5)), last);
  Tensor x = waves({6, 3}).astype(float32);
  ASSERT_EQ(model.buffers().size(), 2u);
  model.train(false);
  EXPECT_TRUE(allclose(model(x), last(norm(linear(x)))));
  model.train();
  EXPECT_FALSE(allclose(model(x), model(x)));
  // Two batches have moved the running statistics, which the layer given and the model share.
  EXPECT_TRUE(allclose(norm.mean, mean(linear(x), 0) * (1 - 0.9 * 0.9), 1e-4, 1e-6)) << norm.mean.value();
  model.train(false);
  EXPECT_TRUE(allclose(model(x), last(norm(linear(x)))));
}

TEST(Nn, DropoutKeepsTheMean) {
  nn::Dropout drop(0.25);
  Tensor x = ones({100000}, float64), y = drop(x);
  EXPECT_NEAR(mean(y).item<double>(), 1, 0.01);
  EXPECT_NEAR(mean((y == 0.0).astype(float64)).item<double>(), 0.25, 0.01);
  ROW(max(y), float64, (Shape{}), {4.0 / 3});
  EXPECT_FALSE(allclose(y, drop(x)));
  drop.training = false;
  EXPECT_TRUE(allclose(x, drop(x)));
}
