// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the tests of all ops share: rows of the op table, programs from text, and running them on numbers.
#pragma once

#include "dialect/Ops.h"
#include "passes/Program.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <complex>
#include <string>
#include <vector>

namespace tcc::test {

/// A row of the generated table.
struct OpRow {
  const char *mnemonic;
  std::string kind;
  int operands; ///< -1 if their number varies
  std::string classes;
  bool differentiable, hasAttributes;
  double lo, hi;
  bool batched;

  bool isElementwise() const { return kind == "elementwise"; }
  bool admits(char elementClass) const { return classes.find(elementClass) != std::string::npos; }
};
const std::vector<OpRow> &opTable();

/// Elements of any dtype as complex numbers of double precision, which hold all but large 64-bit integers exactly.
using Values = std::vector<std::complex<double>>;

struct Array {
  int32_t dtype;
  std::vector<int64_t> shape;
  runtime::Buffer data;

  static Array create(int32_t dtype, std::vector<int64_t> shape);
  int64_t size() const;
  template <class T> T *as() const { return static_cast<T *>(const_cast<void *>(data.data())); }
  Values values() const;
  /// Converts; an integer dtype gets integers.
  void assign(const Values &values);
};

/// Bits that are finite numbers of every class: small integers, bool 0 and 1, floats of moderate size.
void fill(Array &array, int seed);
/// Elements spread over [lo, hi] without ties and away from 0; imaginary parts stay within +-0.7 of the real axis.
Values spread(int64_t count, int seed, double lo, double hi, bool isComplex);

/// A context with every dialect of programs.
mlir::MLIRContext &programContext();
/// The module of a text, or none if it does not verify; says nothing.
mlir::OwningOpRef<mlir::ModuleOp> parseQuietly(const std::string &text);
/// The compiled function `entry`, or null after a test failure with the text.
std::shared_ptr<Program> compileEntry(mlir::ModuleOp module, const std::string &entry, bool reference);
/// The same from text, with entry `main`.
std::shared_ptr<Program> compileText(const std::string &text, bool reference);
std::vector<Array> runProgram(const Program &program, const std::vector<Array> &inputs);

/// The type of the result of an op of one result whose operands have these types; empty if it cannot be inferred.
std::string inferredType(const std::string &mnemonic, const std::vector<std::string> &operandTypes);
/// `text` with each `from` replaced.
std::string replaced(std::string text, const std::string &from, const std::string &to);

} // namespace tcc::test
