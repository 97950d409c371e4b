// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the compiler asks of ops without knowing them: their adjoint, how they apply to many slices at once, and how the
// runtime computes them.
#ifndef TCC_DIALECT_INTERFACES
#define TCC_DIALECT_INTERFACES

include "mlir/IR/OpBase.td"

def AdjointOpInterface : OpInterface<"AdjointOpInterface"> {
  let cppNamespace = "::tcc";
  let description = "An op that can pull the cotangents of its results back to its operands.";
  let methods = [InterfaceMethod<
    [{Builds the cotangents of the operands from `b.dy(i)` and hands them to `b.accumulate`. Linear in the incoming
      cotangents and made of tcc ops, so that it can be differentiated again. Fails with a diagnostic.}],
    "::llvm::LogicalResult", "pullback", (ins "::tcc::AdjointBuilder &":$b)>];
}

def BatchingOpInterface : OpInterface<"BatchingOpInterface"> {
  let cppNamespace = "::tcc";
  let description = "An op that can be applied to all slices of a stack at once.";
  let methods = [InterfaceMethod<
    [{Builds what gives all slices' results from the operands, of which at least one is a stack (`b.of(operand)`), and
      hands them to `b.set`. Made of tcc ops, so that it can be batched and differentiated again. Fails with a
      diagnostic.}],
    "::llvm::LogicalResult", "batch", (ins "::tcc::BatchBuilder &":$b)>];
}

def RuntimeCallOpInterface : OpInterface<"RuntimeCallOpInterface"> {
  let cppNamespace = "::tcc";
  let description = "An op that the runtime library computes: operands in, results out, integer attributes.";
  let methods = [
    InterfaceMethod<"The C function: tcc_<mnemonic>", "std::string", "getLibrarySymbol", (ins), [{
      return ("tcc_" + $_op->getName().stripDialect()).str();
    }]>,
    InterfaceMethod<[{The integer attributes in the order of the record; arrays as their length, then their elements;
      enumerations as their ordinal.}], "::llvm::SmallVector<int64_t>", "getLibraryAttributes", (ins), [{
      return ::tcc::libraryAttributes($_op);
    }]>];
}

#endif // TCC_DIALECT_INTERFACES
