#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Times the peers on the workloads of bench/peers.py (given first) and on those that tcc-bench adds to them.

Usage: peers.py BASE [BASE's arguments]; BASE runs first, in this process, and lends its helpers and its list of rows.
"""
import json
import math
import os
import runpy
import sys

base = sys.argv[1]
sys.argv = [base] + sys.argv[2:]
g = runpy.run_path(base)
args, bench, both, need, rows = g["args"], g["bench"], g["both"], g["need"], g["rows"]
f32, c64, jb, np = g["f32"], g["c64"], g.get("jb"), g["np"]
torch, F, tc, jax, jnp, mx = (g.get(name) for name in ("torch", "F", "tc", "jax", "jnp", "mx"))
mmul = lambda a, b: a @ b


def wanted(name):
    return not args.only or args.only in name


def torch_jax(name, arrays, tf=None, jf=None, npf=None):
    """Arrays are made only when the workload is wanted. mlx's CPU loops take minutes here and are left out."""
    if wanted(name):
        both(name, arrays(), npf, tf, jf, None)


def torch_grad(name, arrays, f):
    """Gradients of sum(f^2) with respect to all arguments, eager and compiled."""
    if not wanted(name) or not (need("torch") or need("torchc")):
        return
    xs = [torch.from_numpy(a).requires_grad_() for a in arrays]

    def run(loss):
        return torch.autograd.grad(loss(*xs), xs)

    loss = lambda *a: (f(*a) ** 2).sum()
    bench(name, "torch", lambda: run(loss))
    if need("torchc"):
        compiled = tc(loss)
        bench(name, "torchc", lambda: run(compiled))


def jax_grad(name, arrays, f):
    if wanted(name) and need("jax"):
        loss = lambda *a: (f(*a) ** 2).sum()
        bench(name, "jax", jb(jax.grad(loss, argnums=tuple(range(len(arrays)))), *map(jnp.asarray, arrays)))


# --- products
torch_jax("bmm_f32_20000x8", lambda: [f32(20000, 8, 8), f32(20000, 8, 8)], mmul, mmul, mmul)
torch_jax("bmm_c64_4096x16", lambda: [c64(4096, 16, 16), c64(4096, 16, 16)], mmul, mmul, mmul)
torch_jax("matmul_f32_4096x32x4096", lambda: [f32(4096, 32), f32(32, 4096)], mmul, mmul, mmul)
torch_jax("matvec_f32_4096", lambda: [f32(4096, 4096), f32(4096, 1)], mmul, mmul, mmul)
torch_jax("matmul_f32_odd_333x77x129", lambda: [f32(333, 77), f32(77, 129)], mmul, mmul, mmul)
if wanted("convgrad3x3_8x64x56"):
    image, window = f32(8, 64, 56, 56), f32(64, 64, 3, 3)
    torch_grad("convgrad3x3_8x64x56", [image, window], lambda x, w: F.conv2d(x, w, padding=1))
    jax_grad("convgrad3x3_8x64x56", [image, window], lambda x, w: jax.lax.conv(x, w, (1, 1), "SAME"))
if wanted("attentiongrad_4x8x512x64"):
    heads = [f32(4, 8, 512, 64) for _ in range(3)]
    torch_grad("attentiongrad_4x8x512x64", heads, lambda q, k, v: F.scaled_dot_product_attention(q, k, v))
    jax_grad("attentiongrad_4x8x512x64", heads, g["attn_j"])

# --- pointwise chains and reductions
large = lambda n=2: [f32(4096, 4096) for _ in range(n)]
add = lambda x, y: x + y
torch_jax("add_16M", large, add, add, add)
chain = lambda x, y: x * 2 + y
torch_jax("chain_1d_16M", lambda: [f32(1 << 24), f32(1 << 24)], chain, chain)
torch_jax("chain_f64_8M", lambda: [f32(2048, 4096).astype(np.float64) for _ in range(2)],
          lambda x, y: torch.tanh(x) * y + x, lambda x, y: jnp.tanh(x) * y + x)
if wanted("chain_bf16_16M"):
    product = lambda x, y: x * y + x
    if need("torch") or need("torchc"):
        x, y = (torch.from_numpy(a).bfloat16() for a in large())
        bench("chain_bf16_16M", "torch", lambda: product(x, y))
        if need("torchc"):
            compiled = tc(product)
            bench("chain_bf16_16M", "torchc", lambda: compiled(x, y))
    if need("jax"):
        bench("chain_bf16_16M", "jax", jb(product, *(jnp.asarray(a, jnp.bfloat16) for a in large())))
torch_jax("chain_c64_8M", lambda: [c64(2048, 4096), c64(2048, 4096)],
          lambda x, y: x * y.conj() + (x * 0.1).exp(), lambda x, y: x * y.conj() + jnp.exp(x * 0.1))


def both_sums(x):
    y = x * 2 + 1
    return y, (y * y).sum()


torch_jax("sum_and_sq_16M", lambda: large(1), both_sums, both_sums)
torch_jax("rowmax_16M", lambda: large(1), lambda x: x.amax(-1), lambda x: x.max(-1), lambda x: x.max(-1))
torch_jax("small_odd_333x77", lambda: [f32(333, 77), f32(77)], lambda x, b: torch.softmax(torch.tanh(x * 0.5 + b), -1),
          lambda x, b: jax.nn.softmax(jnp.tanh(x * 0.5 + b), -1))
torch_jax("broadcast_outer_4096", lambda: [f32(4096), f32(4096), f32(4096, 4096)],
          lambda x, y, z: x[:, None] * y + z, lambda x, y, z: x[:, None] * y + z)
torch_jax("strided_every_2nd_16M", lambda: large(1), lambda x: x[:, ::2] * 2 + 1, lambda x: x[:, ::2] * 2 + 1)
laplace = lambda x: x[:-2, 1:-1] + x[2:, 1:-1] + x[1:-1, :-2] + x[1:-1, 2:] - 4 * x[1:-1, 1:-1]
torch_jax("laplace_4096", lambda: large(1), laplace, laplace)

# --- order and position
cube = lambda: [f32(256, 256, 256)]
torch_jax("transpose3_256_210", cube, lambda x: (x.permute(2, 1, 0) * 2).contiguous(),
          lambda x: x.transpose(2, 1, 0) * 2)
torch_jax("transpose4_nchw_nhwc", lambda: [f32(32, 64, 56, 56)], lambda x: (x.permute(0, 2, 3, 1) * 2).contiguous(),
          lambda x: x.transpose(0, 2, 3, 1) * 2)
torch_jax("transpose_c64_2048", lambda: [c64(2048, 2048)], lambda x: x.t().conj().resolve_conj().contiguous(),
          lambda x: x.T.conj(), lambda x: np.ascontiguousarray(x.T.conj()))
line = lambda n: [f32(1 << 20) for _ in range(n)]
torch_jax("concat_8x1M", lambda: line(3), lambda x, y, z: torch.cat([x, y, z, x, y, z, x, y]) * 2,
          lambda x, y, z: jnp.concatenate([x, y, z, x, y, z, x, y]) * 2)
table = lambda: [f32(100000, 64), np.random.default_rng(1).integers(0, 100000, 65536)]
torch_jax("gather_65536x64", table, lambda x, i: x.index_select(0, i), lambda x, i: x[i],
          lambda x, i: np.take(x, i, 0))
torch_jax("scatter_add_65536x64", lambda: table() + [f32(65536, 64)], lambda x, i, v: x.index_add(0, i, v),
          lambda x, i, v: x.at[i].add(v))
torch_jax("cumsum_4096x4096", lambda: large(1), lambda x: x.cumsum(-1), lambda x: x.cumsum(-1), lambda x: x.cumsum(-1))
torch_jax("cumsum_cols_4096x4096", lambda: large(1), lambda x: x.cumsum(0), lambda x: x.cumsum(0),
          lambda x: x.cumsum(0))
torch_jax("cumsum_16M", lambda: [f32(1 << 24)], lambda x: x.cumsum(0), lambda x: x.cumsum(0), lambda x: x.cumsum(0))
# torch's stable sort: ours is stable, NumPy's default is not and is the harder mark.
torch_jax("sort_1M", lambda: line(1), lambda x: x.sort(stable=True).values, lambda x: jnp.sort(x), lambda x: np.sort(x))
torch_jax("sort_4096x1024", lambda: [f32(4096, 1024)], lambda x: x.sort(stable=True).values, lambda x: jnp.sort(x),
          lambda x: np.sort(x))
torch_jax("argsort_1M", lambda: line(1), lambda x: x.sort(stable=True).indices, lambda x: jnp.argsort(x),
          lambda x: np.argsort(x))
torch_jax("argmax_4096x4096", lambda: large(1), lambda x: x.argmax(-1), lambda x: x.argmax(-1), lambda x: x.argmax(-1))
torch_jax("argmax_cols_4096x4096", lambda: large(1), lambda x: x.argmax(0), lambda x: x.argmax(0),
          lambda x: x.argmax(0))

# --- programs
if wanted("transformer_step_8x128x256"):
    B, T, D, H = 8, 128, 256, 4
    shapes = [(D, 3 * D), (D, D), (D, 4 * D), (4 * D, D)]
    x, target = f32(B, T, D), f32(B, T, D)
    if need("torch") or need("torchc"):
        weights = [torch.nn.Parameter(torch.from_numpy(0.02 * f32(*s))) for s in shapes]
        norms = [torch.nn.Parameter(p) for p in (torch.ones(D), torch.zeros(D), torch.ones(D), torch.zeros(D))]
        adam = torch.optim.Adam(weights + norms, lr=1e-4)
        tx, tt = torch.from_numpy(x), torch.from_numpy(target)

        def loss_torch(x, target):
            h = F.layer_norm(x, (D,), norms[0], norms[1])
            q, k, v = (t.view(B, T, H, D // H).transpose(1, 2) for t in (h @ weights[0]).chunk(3, -1))
            y = x + F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(B, T, D) @ weights[1]
            h = F.layer_norm(y, (D,), norms[2], norms[3])
            y = y + F.gelu(h @ weights[2], approximate="tanh") @ weights[3]
            return F.mse_loss(y, target)

        def step(loss):
            adam.zero_grad(set_to_none=True)
            value = loss(tx, tt)
            value.backward()
            adam.step()
            return value.item()

        bench("transformer_step_8x128x256", "torch", lambda: step(loss_torch))
        if need("torchc"):
            compiled_loss = tc(loss_torch)
            bench("transformer_step_8x128x256", "torchc", lambda: step(compiled_loss))
    if need("jax"):
        def norm(x, gain, bias):
            return (x - x.mean(-1, keepdims=True)) * jax.lax.rsqrt(x.var(-1, keepdims=True) + 1e-5) * gain + bias

        def loss_jax(p, x, target):
            q, k, v = (t.reshape(B, T, H, D // H).transpose(0, 2, 1, 3)
                       for t in jnp.split(norm(x, p[4], p[5]) @ p[0], 3, -1))
            s = jax.nn.softmax(jnp.einsum("bhid,bhjd->bhij", q, k) / math.sqrt(D // H), -1)
            y = x + jnp.einsum("bhij,bhjd->bihd", s, v).reshape(B, T, D) @ p[1]
            y = y + jax.nn.gelu(norm(y, p[6], p[7]) @ p[2]) @ p[3]
            return ((y - target) ** 2).mean()

        def adam_step(p, m, v, t, x, target):
            loss, grads = jax.value_and_grad(loss_jax)(p, x, target)
            m = [0.9 * a + 0.1 * b for a, b in zip(m, grads)]
            v = [0.999 * a + 0.001 * b * b for a, b in zip(v, grads)]
            p = [w - 1e-4 * (a / (1 - 0.9**t)) / (jnp.sqrt(b / (1 - 0.999**t)) + 1e-8) for w, a, b in zip(p, m, v)]
            return p, m, v, loss

        adam_step = jax.jit(adam_step, donate_argnums=(0, 1, 2))
        params = [jnp.asarray(0.02 * f32(*s)) for s in shapes] + [jnp.ones(D), jnp.zeros(D), jnp.ones(D), jnp.zeros(D)]
        state = [params, [jnp.zeros_like(p) for p in params], [jnp.zeros_like(p) for p in params]]
        jx, jt, count = jnp.asarray(x), jnp.asarray(target), [0.0]

        def run_jax():
            count[0] += 1
            *state[:], loss = adam_step(*state, jnp.float32(count[0]), jx, jt)
            loss.block_until_ready()

        bench("transformer_step_8x128x256", "jax", run_jax)
if wanted("vqc_grad_20q_1l"):
    n = 20
    angles = np.random.default_rng(2).uniform(0, 6.28, n).astype(np.float32)
    index = np.arange(1 << n)
    bit = lambda i: index >> (n - 1 - i) & 1
    ring = np.prod([1 - 2.0 * (bit(i) & bit((i + 1) % n)) for i in range(n)], 0).astype(np.float32).reshape((2,) * n)
    z = sum(1.0 - 2 * bit(i) for i in range(n)).astype(np.float32).reshape((2,) * n)
    start = np.zeros((2,) * n, np.float32)
    start[(0,) * n] = 1

    def energy(xp, tensordot, t, start, ring, z):
        psi = start
        for i in range(n):
            c, s = xp.cos(t[i] / 2), xp.sin(t[i] / 2)
            gate = xp.stack([xp.stack([c, -s]), xp.stack([s, c])])
            psi = xp.moveaxis(tensordot(gate, psi, i), 0, i)
        psi = psi * ring
        return (psi * psi * z).sum()

    if need("jax"):
        dot = lambda a, b, i: jnp.tensordot(a, b, ([1], [i]))
        tensors = [jnp.asarray(a) for a in (start, ring, z)]
        bench("vqc_grad_20q_1l", "jax", jb(jax.value_and_grad(lambda t: energy(jnp, dot, t, *tensors)),
                                          jnp.asarray(angles)))
    if need("torch"):
        dot = lambda a, b, i: torch.tensordot(a, b, dims=([1], [i]))
        tensors = [torch.from_numpy(a) for a in (start, ring, z)]

        def run_torch():
            t = torch.from_numpy(angles).requires_grad_()
            energy(torch, dot, t, *tensors).backward()
            return t.grad

        bench("vqc_grad_20q_1l", "torch", run_torch)
if wanted("mps_sweep_16x32"):
    sites, bond = 16, 32
    chain = [c64(1 if i == 0 else bond, 2, 1 if i + 1 == sites else bond) / np.float32(math.sqrt(2 * bond))
             for i in range(sites)]
    gate = c64(2, 2, 2, 2)

    def sweep(xp, chain, gate):
        a = list(chain)
        for i in range(sites - 1):
            theta = xp.einsum("aib,bjc,ijkl->aklc", a[i], a[i + 1], gate)
            left, right = theta.shape[0], theta.shape[3]
            rank = min(bond, 2 * left, 2 * right)
            u, s, vh = xp.linalg.svd(theta.reshape(2 * left, 2 * right), full_matrices=False)
            s = s[:rank] / xp.linalg.norm(s[:rank])
            a[i] = u[:, :rank].reshape(left, 2, rank)
            a[i + 1] = (s[:, None] * vh[:rank]).reshape(rank, 2, right)
        return a

    if need("np"):
        bench("mps_sweep_16x32", "np", lambda: sweep(np, chain, gate))
    if need("torch"):
        tensors, tgate = [torch.from_numpy(a) for a in chain], torch.from_numpy(gate)
        bench("mps_sweep_16x32", "torch", lambda: sweep(torch, tensors, tgate))
    if need("jax"):
        bench("mps_sweep_16x32", "jax", jb(lambda c, t: sweep(jnp, c, t), [jnp.asarray(a) for a in chain],
                                           jnp.asarray(gate)))


def sixty(xp):
    def run(x):
        for _ in range(15):
            x = xp.sin(x) * 0.5 + x / (1 + x * x)
        return x
    return run


torch_jax("graph60_16_elems", lambda: [f32(16)], torch and sixty(torch), jnp and sixty(jnp), sixty(np))


def tiny(xp):
    return lambda x: (xp.sin(x) * 0.5 + xp.cos(x) * 0.25) * x + xp.tanh(x) - 0.1


if wanted("tiny_evals_10000"):
    # Without a jit: the graph is built in each round, as ours is.
    def loop(f, start):
        def run():
            x = start
            for _ in range(10000):
                x = f(x)
            return x
        return run

    if need("np"):
        bench("tiny_evals_10000", "np", loop(tiny(np), f32(8)))
    if need("torch"):
        bench("tiny_evals_10000", "torch", loop(tiny(torch), torch.from_numpy(f32(8))))
    if need("mlx"):
        def one(x, f=tiny(mx)):
            x = f(x)
            mx.eval(x)
            return x
        bench("tiny_evals_10000", "mlx", loop(one, mx.array(f32(8))))

if args.json:
    json.dump(rows, open(args.json, "w"), indent=1)
