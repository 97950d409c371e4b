# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Optimizers and layers against PyTorch's, with the same parameters and gradients; those that PyTorch has not, or has in another
form, from their papers. Distributions against SciPy's: the share of samples below points, and moments."""
import numpy as np
import torch
from scipy import stats

from inputs import *


def steps(make):
    """The parameter after one step for each row of gradients."""
    def run(x, gradients):
        p = torch.nn.Parameter(torch.tensor(x))
        optimizer = make([p])
        for g in gradients:
            p.grad = torch.tensor(g)
            optimizer.step()
        return p.detach().numpy()
    return run


# Chen et al. 2023, algorithm 2, without weight decay.
def lion(x, gradients, lr=0.01):
    m, p = 0, np.array(x)
    for g in gradients:
        p = p - lr * np.sign(0.9 * m + 0.1 * g)
        m = 0.99 * m + 0.01 * g
    return p.astype(x.dtype)


# Jordan et al. 2024.
def muon(x, gradients, lr=0.01):
    m, p = 0, np.array(x)
    for g in gradients:
        m = 0.95 * m + g
        y = g + 0.95 * m
        y = y / (np.linalg.norm(y) + 1e-7)
        for _ in range(5):
            a = y @ y.T
            y = 3.4445 * y + (-4.775 * a + 2.0315 * a @ a) @ y
        p = p - lr * y
    return p.astype(x.dtype)


def optimizers(case):
    real = [(random((3, 4)), random((6, 3, 4))), (random((3, 4), np.float32), random((6, 3, 4), np.float32))]
    both = real + [(random((3,), np.complex128), random((5, 3), np.complex128))]
    o = torch.optim
    for text, make, inputs in [
        ("SGD>(X, Y, optim::SgdOptions{.lr = 0.1})", lambda p: o.SGD(p, lr=.1), both),
        ("SGD>(X, Y, optim::SgdOptions{.lr = 0.1, .momentum = 0.9})", lambda p: o.SGD(p, lr=.1, momentum=.9), both),
        ("SGD>(X, Y, optim::SgdOptions{.lr = 0.1, .momentum = 0.8, .nesterov = true, .weight_decay = 0.05})",
         lambda p: o.SGD(p, lr=.1, momentum=.8, nesterov=True, weight_decay=.05), both),
        ("Adam>(X, Y, optim::AdamOptions{})", lambda p: o.Adam(p), real),
        ("Adam>(X, Y, optim::AdamOptions{.lr = 0.1, .beta1 = 0.8, .beta2 = 0.95, .eps = 1e-3, .weight_decay = 0.1})",
         lambda p: o.Adam(p, lr=.1, betas=(.8, .95), eps=1e-3, weight_decay=.1), real),
        ("AdamW>(X, Y, optim::AdamOptions{.lr = 0.1, .weight_decay = 0.1})", lambda p: o.AdamW(p, lr=.1, weight_decay=.1), real),
        ("Adagrad>(X, Y, optim::LrOptions{.lr = 0.1})", lambda p: o.Adagrad(p, lr=.1), real),
        ("RMSprop>(X, Y, optim::LrOptions{.lr = 0.05})", lambda p: o.RMSprop(p, lr=.05), real),
        ("Adafactor>(X, Y, optim::LrOptions{})", lambda p: o.Adafactor(p), real),
    ]:
        case("stepped<optim::" + text, steps(make), *inputs, tol=40)
    case("stepped<optim::Lion>(X, Y, optim::LrOptions{})", lion, *real, tol=40)
    case("stepped<optim::Muon>(X, Y, optim::LrOptions{})", muon, *real, tol=200)
    # Other line searches take other ways to the same place.
    square = random((5, 5))
    def minimum(a, b):
        p = torch.nn.Parameter(torch.zeros(b.shape, dtype=torch.float64))
        optimizer = o.LBFGS([p], max_iter=100, tolerance_grad=1e-14, tolerance_change=0, line_search_fn="strong_wolfe")
        def closure():
            optimizer.zero_grad()
            loss = p @ torch.tensor(a) @ p / 2 - torch.tensor(b) @ p
            loss.backward()
            return loss
        optimizer.step(closure)
        return p.detach().numpy()
    case("minimised(X, Y)", minimum, (square @ square.T + np.eye(5), random((5,))), tol=1e7)


def with_gradients(y, wrt):
    gradients = torch.autograd.grad((y * y).sum() / 2, wrt)
    return [y.detach().numpy(), np.concatenate([g.numpy().ravel() for g in gradients])]


def layer(make, assign):
    """y, and the gradients of sum(y^2) / 2 in x and the parameters, in the order and layout of tcc's, in one line."""
    def run(x, *values):
        x = torch.tensor(x, requires_grad=x.dtype.kind == "f")
        module = make().to(torch.tensor(values[0]).dtype)
        parameters = [torch.tensor(v, requires_grad=True) for v in values]
        y = torch.func.functional_call(module, assign(*parameters), (x,))
        y = y[0] if isinstance(y, tuple) else y
        wrt = ([x] if x.requires_grad else []) + parameters
        return with_gradients(y, wrt)
    return run


def attention(x, *values):
    """PyTorch's module with three projections of their own."""
    x = torch.tensor(x, requires_grad=True)
    p = [torch.tensor(v, requires_grad=True) for v in values]
    q, qb, k, kb, v, vb, o, ob = p
    turned = x.transpose(0, 1)
    y, _ = torch.nn.functional.multi_head_attention_forward(
        turned, turned, turned, x.shape[2], 2, None, torch.cat([qb, kb, vb]), None, None, False, 0.0, o.T, ob, need_weights=False,
        use_separate_proj_weight=True, q_proj_weight=q.T, k_proj_weight=k.T, v_proj_weight=v.T)
    y = y.transpose(0, 1)
    return with_gradients(y, [x] + p)


def trained(x, w, b):
    module = torch.nn.BatchNorm1d(x.shape[1]).to(torch.tensor(x).dtype)
    with torch.no_grad():
        module.weight.copy_(torch.tensor(w))
        module.bias.copy_(torch.tensor(b))
    return [y.detach().numpy() for y in (module(torch.tensor(x)), module.running_mean, module.running_var)]


def layers(case):
    def both(*shapes):
        doubles = tuple(random(s) for s in shapes)
        return doubles, tuple(x.astype(np.float32) for x in doubles)
    n = torch.nn
    named = lambda *names: lambda *p: dict(zip(names, p))
    case("learned(nn::Linear(4, 3), a)", layer(lambda: n.Linear(4, 3), lambda w, b: {"weight": w.T, "bias": b}),
         *both((2, 5, 4), (4, 3), (3,)), tol=40)
    case("learned(nn::Conv1d(4, 6, 3, {.stride = {2}, .padding = {1}, .groups = 2}), a)",
         layer(lambda: n.Conv1d(4, 6, 3, stride=2, padding=1, groups=2), named("weight", "bias")), *both((2, 4, 9), (6, 2, 3), (6,)), tol=80)
    case("learned(nn::Conv2d(3, 4, 3, {.padding = {1}, .dilation = {2}}), a)",
         layer(lambda: n.Conv2d(3, 4, 3, padding=1, dilation=2), named("weight", "bias")), *both((2, 3, 7, 6), (4, 3, 3, 3), (4,)), tol=80)
    case("learned(nn::LayerNorm(5), a)", layer(lambda: n.LayerNorm(5), named("weight", "bias")), *both((2, 3, 5), (5,), (5,)), tol=80)
    case("learned(nn::RMSNorm(5), a)", layer(lambda: n.RMSNorm(5, eps=1e-5), named("weight")), *both((2, 3, 5), (5,)), tol=80)
    case("learned(nn::Embedding(6, 3), a)", layer(lambda: n.Embedding(6, 3), named("weight")),
         (np.array([[0, 5, 2], [2, 2, 1]]), random((6, 3))), tol=8)
    case("learned(nn::MultiHeadAttention(6, 2), a)", attention, *both((2, 5, 6), *[(6, 6), (6,)] * 4), tol=200)
    lstm = lambda wx, wh, b: {"weight_ih_l0": wx.T, "weight_hh_l0": wh.T, "bias_ih_l0": b, "bias_hh_l0": torch.zeros_like(b)}
    case("learned(nn::LSTM(3, 4), a)", layer(lambda: n.LSTM(3, 4, batch_first=True), lstm), *both((2, 5, 3), (3, 16), (4, 16), (16,)), tol=80)
    gru = lambda wx, wh, b, hb: {"weight_ih_l0": wx.T, "weight_hh_l0": wh.T, "bias_ih_l0": b, "bias_hh_l0": hb}
    case("learned(nn::GRU(3, 4), a)", layer(lambda: n.GRU(3, 4, batch_first=True), gru),
         *both((2, 5, 3), (3, 12), (4, 12), (12,), (12,)), tol=80)
    case("trained(nn::BatchNorm(3), a)", trained, *both((4, 3, 5), (3,), (3,)), tol=40)
    case("learned(nn::BatchNorm(3), a)", layer(lambda: n.BatchNorm1d(3).eval(), named("weight", "bias")), *both((4, 3, 5), (3,), (3,)), tol=40)


def distributions(case):
    """Kolmogorov and Smirnov: n samples stay within 1.95 / sqrt(n) of the distribution in 999 of 1000 draws; means and variances
    within 4 standard deviations of their own."""
    n = 20000
    eps = 2.0**-52
    def add(draw, distribution, points, moments=True):
        text = f"random::{draw}"
        x = np.asarray(points, np.float64)
        case(f"shareBelow({text}, X)", lambda x: distribution.cdf(x), x, tol=1.95 / n**.5 / eps)
        if moments:
            mean, var, kurtosis = (float(v) for v in distribution.stats("mvk"))
            error = np.array([4 * (var / n)**.5, 4 * var * ((kurtosis + 2) / n)**.5])
            # Each in units of its own error, so that one tolerance fits both.
            case(f"moments({text}) / X", lambda e: np.array([mean, var]) / e, error,
                 tol=1 / max(1, mean / error[0], var / error[1]) / eps)
    s = stats
    quantiles = np.linspace(.01, .99, 49)
    for dtype in ("float64", "float32"):
        for k, (draw, d) in enumerate({
            "uniform(random::key(%d), {20000}, %s)": s.uniform(), "uniform(random::key(%d), {20000}, %s, {-2, 3})": s.uniform(-2, 5),
            "normal(random::key(%d), {20000}, %s)": s.norm(), "normal(random::key(%d), {20000}, %s, {1, 0.5})": s.norm(1, .5),
            "truncated_normal(random::key(%d), -1, 2.5, {20000}, %s)": s.truncnorm(-1, 2.5),
            "truncated_normal(random::key(%d), 3, 4, {20000}, %s)": s.truncnorm(3, 4),
            "gumbel(random::key(%d), {20000}, %s)": s.gumbel_r(), "exponential(random::key(%d), {20000}, %s)": s.expon(),
            "gamma(random::key(%d), 0.3, {20000}, %s)": s.gamma(.3), "gamma(random::key(%d), 7.5, {20000}, %s)": s.gamma(7.5),
            "beta(random::key(%d), 0.5, 2, {20000}, %s)": s.beta(.5, 2), "beta(random::key(%d), 4, 3, {20000}, %s)": s.beta(4, 3),
        }.items()):
            add(draw % (k, dtype), d, d.ppf(quantiles))
    add("poisson(random::key(20), 0.7, {20000})", s.poisson(.7), np.arange(8))
    add("poisson(random::key(21), 40, {20000})", s.poisson(40), np.arange(20, 65))
    add("randint(random::key(22), -3, 9, {20000})", s.randint(-3, 9), np.arange(-4, 10))
    add("bernoulli(random::key(23), 0.3, {20000})", s.bernoulli(.3), np.array([-1, 0, 1]))
    add("categorical(random::key(24), log(tensor({0.1, 0.2, 0.3, 0.4})), {20000})", s.rv_discrete(values=(range(4), (.1, .2, .3, .4))),
        np.arange(-1, 5), moments=False)
    # One projection of a correlated pair.
    cov = np.array([[2, .6], [.6, .5]])
    add("multivariate_normal(random::key(25), tensor({1.0, -2.0}), tensor({{2.0, 0.6}, {0.6, 0.5}}), {20000})(_, 0)", s.norm(1, 2**.5),
        s.norm(1, 2**.5).ppf(quantiles))
    add("multivariate_normal(random::key(25), tensor({1.0, -2.0}), tensor({{2.0, 0.6}, {0.6, 0.5}}), {20000}).sum(1)",
        s.norm(-1, cov.sum()**.5), s.norm(-1, cov.sum()**.5).ppf(quantiles))
    case("sort(random::permutation(random::key(26), 500))", lambda: np.arange(500), ())


def write(case):
    optimizers(case)
    layers(case)
    distributions(case)
