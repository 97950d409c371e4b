// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiles functions of a .mlir file ahead of time.
#include "tools/command/SourceFile.h"

#include "passes/Program.h"
#include "passes/aot/Save.h"

using namespace mlir;
using namespace tcc;
using namespace tcc::command;

namespace {

/// "f" or "f:0,2"
bool parseGradient(const std::string &text, aot::Gradient &gradient) {
  auto [entry, list] = StringRef(text).split(':');
  gradient.entry = entry.str();
  if (entry.size() == text.size())
    return true;
  SmallVector<StringRef> numbers;
  list.split(numbers, ',');
  for (StringRef number : numbers) {
    int64_t index;
    if (number.getAsInteger(10, index) || index < 0)
      return false;
    gradient.arguments.push_back(index);
  }
  return true;
}

Failure compile(const std::string &file, const aot::SaveRequest &request) {
  DialectRegistry registry;
  registerProgramDialects(registry);
  MLIRContext context(registry);
  context.loadAllAvailableDialects();
  Diagnostics said(&context, file);
  OwningOpRef<ModuleOp> module = parseSource(&context, file, said);
  if (!module)
    return said.failure(userError);
  aot::Problem problem = aot::save(*module, request);
  if (!problem)
    return {};
  ExitStatus status = problem.kind == aot::Problem::request        ? userError
                      : problem.kind == aot::Problem::notSupported ? notSupported
                                                                   : internalError;
  return problem.what.empty() ? said.failure(status)
                              : mistake(problem.where.empty() ? "tcc-compile" : problem.where, problem.what, status);
}

} // namespace

int main(int argc, char **argv) {
  exitOnCrash("tcc-compile");
  aot::SaveRequest request;
  std::vector<std::string> gradients;
  Tool tool{
      "tcc-compile",
      "FILE.mlir -o OUT [FLAGS]",
      "Compiles functions of FILE into OUT, ahead of time. OUT's ending says what it becomes:\n"
      "  .so .a .o   an artifact: self-contained code with a C interface (libc and libm are all it needs;\n"
      "              LAPACK, BLAS and FFTW are loaded when a program that uses them runs)\n"
      "  .wasm       the same for WebAssembly: a module that exports the interface, malloc and free\n"
      "  .ptx        the kernels alone, for NVIDIA GPUs: the calling program loads and launches them\n"
      "  .ll .s      kernels, plans and interface as LLVM IR or assembly\n"
      "  .mlir       the kernels and planned functions before machine code",
      "Example: tcc-compile model.mlir --grad=loss:1 -o model.so --header=model.h",
      {
          {"-o", "OUT", "the file to write", [&](auto &v) { request.output = v; }},
          {"--name", "NAME", "prefix of all symbols (default: OUT's name without its ending)",
           [&](auto &v) { request.name = v; }},
          {"--entry", "ENTRY", "a function to compile; repeatable (default: all public ones)",
           [&](auto &v) { request.entries.push_back(v); }},
          {"--grad", "ENTRY[:0,1]",
           "also its gradient ENTRY_vjp in these arguments (default: all of floating point): takes the\n"
           "arguments, then a cotangent for each result, and gives a cotangent for each argument; repeatable",
           [&](auto &v) { gradients.push_back(v); }},
          {"--target", "TRIPLE", "what to compile for (default: this machine)", [&](auto &v) { request.triple = v; }},
          {"--cpu", "NAME", "the processor, as LLVM names it (default: this one, or the target's baseline)",
           [&](auto &v) { request.cpu = v; }},
          {"--header", "FILE.h", "write a C header of the interface", [&](auto &v) { request.header = v; }},
      }};
  std::vector<std::string> files;
  if (std::optional<int> status = parseArguments(tool, argc, argv, files))
    return *status;
  auto mistaken = [](const std::string &what, ExitStatus status = userError) {
    return report(mistake("tcc-compile", what, status));
  };
  if (files.size() != 1)
    return mistaken("expected one FILE, got " + std::to_string(files.size()) + " (see --help)");
  if (request.output.empty())
    return mistaken("expected -o OUT (see --help)");
  if (StringRef(files[0]).ends_with(".onnx"))
    return mistaken("ONNX models are not supported", notSupported);
  for (const std::string &text : gradients)
    if (!parseGradient(text, request.gradients.emplace_back()))
      return mistaken("--grad expects ENTRY or ENTRY:0,1 (numbers of arguments), got '" + text + "'");
  if (aot::Problem problem = aot::complete(request))
    return mistaken(problem.what);
  return report(compile(files[0], request));
}
