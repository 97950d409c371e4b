# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Configuration of all text tests. Tools are found by name; hardware and cross tools are features.

Substitutions: %tcc-opt %tcc-run %tcc-compile %tcc-tblgen (paths), %cc %cxx (the build's compilers), %source, %build,
%python; %node, %qemu-aarch64, %aarch64-gcc, %ptxas where the feature of that name is there (node, qemu-aarch64,
aarch64-gcc, ptxas). `wasm`, `aarch64`: all that linking and running artifacts for them takes. `cuda`: a GPU that works.
"""
import ctypes
import os
import sys

import lit.formats

config.name = "tcc"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test", ".td"]
config.test_source_root = os.path.dirname(os.path.abspath(__file__))
config.test_exec_root = os.path.join(config.build_root, "test")
# Sources that other programs read, and folders whose files are not tests.
config.excludes = ["Inputs", "CMakeLists.txt", "accept", "bench", "unit", "accuracy"]

tools = os.path.join(config.build_root, "tools")
folders = [os.path.join(tools, name) for name in ("tcc-opt", "tcc-run", "tcc-compile", "tcc-tblgen", "tcc-lsp-server")]
# On PATH too, so that RUN lines may say `tcc-opt` and a user can paste them.
config.environment["PATH"] = os.pathsep.join(folders + [config.llvm_tools, os.environ.get("PATH", "")])

for name in ("tcc-lsp-server", "tcc-compile", "tcc-tblgen", "tcc-opt", "tcc-run"):
    config.substitutions.append(("%" + name, os.path.join(tools, name, name)))
config.substitutions += [
    ("%cxx", config.cxx),
    ("%cc", config.cc),
    ("%source", config.source_root),
    ("%mlir-include", os.path.join(os.path.dirname(config.llvm_tools), "include")),
    ("%build", config.build_root),
    ("%llvm-lib", config.llvm_lib),
    ("%python", sys.executable),
]


def tool_feature(name, path):
    """`path` is empty or ends in -NOTFOUND where CMake did not find the tool."""
    if not path or path.endswith("NOTFOUND"):
        return False
    config.available_features.add(name)
    config.substitutions.append(("%" + name, path))
    return True


def has_cuda_device():
    """Asks the driver itself: a libcuda.so.1 without a usable GPU is common on build machines."""
    try:
        cuda = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return False
    count = ctypes.c_int(0)
    return cuda.cuInit(0) == 0 and cuda.cuDeviceGetCount(ctypes.byref(count)) == 0 and count.value > 0


tool_feature("node", config.node)
tool_feature("ptxas", config.ptxas)
qemu = tool_feature("qemu-aarch64", config.qemu_aarch64)
cross = tool_feature("aarch64-gcc", config.aarch64_gcc)
if qemu and cross and config.has_aarch64_runtime:
    config.available_features.add("aarch64")
if "node" in config.available_features and config.has_wasm_runtime:
    config.available_features.add("wasm")
if has_cuda_device():
    config.available_features.add("cuda")

# Results must not depend on the machine they are tested on, nor fill its user's kernel cache.
config.environment["TCC_CACHE_DIR"] = os.path.join(config.test_exec_root, "cache")
for name in ("HOME", "TCC_NUM_THREADS", "LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"):
    if name in os.environ:
        config.environment[name] = os.environ[name]
