# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# How every target of tcc is compiled: one set of flags, so that the precompiled header of MLIR can be shared.
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
find_program(LLD ld.lld-22 HINTS ${LLVM_TOOLS_BINARY_DIR})
if(CMAKE_CXX_COMPILER_ID MATCHES Clang AND LLD)
  add_link_options(--ld-path=${LLD})
endif()

# The disk cache tells entries of other builds by it.
add_link_options(LINKER:--build-id)

# Installed programs and libtcc.so find each other, and Debian's LLVM, which is in no directory that the loader searches.
set(CMAKE_INSTALL_RPATH "$ORIGIN/../lib;${LLVM_LIBRARY_DIR}")

# -fPIC for all instead of CMAKE_POSITION_INDEPENDENT_CODE: a PCH is reused only under equal flags.
add_compile_options(-fPIC -Wall -Wextra -Wno-unused-parameter -fvisibility=hidden -fvisibility-inlines-hidden)
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xclang -fno-pch-timestamp>")
endif()
include_directories(${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR} ${CMAKE_SOURCE_DIR}/frontend/include
                    ${CMAKE_BINARY_DIR}/frontend/include)
include_directories(SYSTEM ${MLIR_INCLUDE_DIRS} ${LLVM_INCLUDE_DIRS})

# An MLIR-using static library. All share one precompiled header, built by tcc_pch (g++ gains nothing from it).
function(tcc_mlir_library name)
  add_library(${name} STATIC ${ARGN})
  tcc_use_mlir(${name})
endfunction()
function(tcc_use_mlir name)
  add_dependencies(${name} tcc_tablegen)
  if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
    target_precompile_headers(${name} REUSE_FROM tcc_pch)
  endif()
endfunction()
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  file(WRITE ${CMAKE_BINARY_DIR}/pch.cpp "")
  add_library(tcc_pch STATIC ${CMAKE_BINARY_DIR}/pch.cpp)
  target_precompile_headers(tcc_pch PRIVATE <mlir/IR/Builders.h> <mlir/IR/BuiltinOps.h> <mlir/IR/BuiltinTypes.h>
    <mlir/IR/PatternMatch.h> <mlir/IR/Dialect.h> <mlir/IR/OpImplementation.h> <mlir/Pass/Pass.h>
    <mlir/Dialect/Arith/IR/Arith.h> <mlir/Dialect/Complex/IR/Complex.h> <mlir/Dialect/Func/IR/FuncOps.h>
    <mlir/Dialect/Linalg/IR/Linalg.h> <mlir/Dialect/Math/IR/Math.h> <mlir/Dialect/MemRef/IR/MemRef.h>
    <mlir/Dialect/SCF/IR/SCF.h> <mlir/Dialect/Vector/IR/VectorOps.h> <mlir/Interfaces/InferTypeOpInterface.h>
    <mlir/Interfaces/SideEffectInterfaces.h>)
endif()
