# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Transforms of fft::."""
import numpy as np
import scipy.fft as sf

from inputs import *


def write(case):
    r = random
    cs = [r((n,), np.complex128) for n in (1, 2, 3, 8, 12, 13, 31)] + [r((3, 4), np.complex64), r((2, 3, 5), np.complex128)]
    rs = [r((n,)) for n in (1, 2, 7, 16)] + [r((3, 6), np.float32), np.arange(5), *views((4, 6))]
    large = [r((1009,), np.complex128), r((600,), np.complex64)]
    tol = 30
    opts = {"": {}, ", {.norm = \"ortho\"}": dict(norm="ortho"), ", {.norm = \"forward\"}": dict(norm="forward"),
            ", {.n = 6}": dict(n=6), ", {.n = 3, .axis = 0}": dict(n=3, axis=0)}
    for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft"):
        f = getattr(np.fft, name)
        for text, o in opts.items():
            xs = (cs + rs if name in ("fft", "ifft") else rs if name in ("rfft", "ihfft") else cs[1:])
            if text:
                xs = [x for x in xs if getattr(x, "shape", (0,))[0] in (3, 7, 8, 12)] + [xs[-1]]
            case(f"fft::{name}(X{text})", lambda x, f=f, o=o: f(x, **o), *xs, tol=tol, grad=True)
        if name in ("fft", "ifft"):
            case(f"fft::{name}(X)", f, *large, tol=100)
    nd = {"": {}, ", {.axes = {0, -1}}": dict(axes=(0, -1)), ", {.s = {4, 5}, .axes = {0, 1}}": dict(s=(4, 5), axes=(0, 1)),
          ", {.norm = \"ortho\"}": dict(norm="ortho")}
    for name in ("fft2", "ifft2", "fftn", "ifftn", "rfft2", "irfft2", "rfftn", "irfftn"):
        f = getattr(np.fft, name)
        for text, o in nd.items():
            xs = [r((3, 4)), r((4, 3, 5), np.float32)] if name[0] == "r" else [r((3, 4), np.complex128), r((2, 4, 3), np.complex64)]
            if name[0] in "fi" and name[1] != "r":
                xs.append(r((2, 3)))
            case(f"fft::{name}(X{text})", lambda x, f=f, o=o: f(x, **o), *xs, tol=tol, grad=True)
    for name in ("dct", "idct", "dst", "idst"):
        f = getattr(sf, name)
        for type in (1, 2, 3, 4):
            for norm in ("backward", "ortho", "forward"):
                case(f'fft::{name}(X, {{.type = {type}, .norm = "{norm}"}})', lambda x, f=f, t=type, n=norm: f(x, type=t, norm=n), r((5,)), r((2, 8), np.float32), r((3,), np.complex128), tol=tol, grad=True)
        case(f"fft::{name}(X)", f, *rs[1:], tol=tol, grad=True)
        case(f"fft::{name}(X, {{.n = 7, .axis = 0}})", lambda x, f=f: f(x, n=7, axis=0), r((4, 2)), r((9, 2)), tol=tol, grad=True)
    for name in ("fftshift", "ifftshift"):
        f = getattr(np.fft, name)
        case(f"fft::{name}(X)", f, r((5,)), r((3, 4)), np.arange(6), tol="=", grad=True)
        case(f"fft::{name}(X, 1)", lambda x, f=f: f(x, 1), r((3, 5)), tol="=", grad=True)
