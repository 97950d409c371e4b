// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Running a function of a .mlir file: parse, compile, call.
#include "passes/KernelPasses.h"
#include "passes/Pipelines.h"
#include "passes/Program.h"
#include "tools/command/SourceFile.h"
#include "tools/tcc-run/Callable.h"

#include "runtime/Tensors.h"

using namespace mlir;

namespace tcc::command {
namespace {

class SourceProgram final : public Callable {
public:
  SourceProgram(std::shared_ptr<Program> program, std::string position)
      : program(std::move(program)), where(std::move(position)) {}

  const std::vector<TensorType> &inputTypes() const override { return program->inputTypes(); }
  std::string position() const override { return where; }
  Failure call(const Tensors &inputs, Tensors &outputs) override;

private:
  Failure failed(const TccStatus &status) const;

  std::shared_ptr<Program> program;
  std::string where;
};

Failure SourceProgram::call(const Tensors &inputs, Tensors &outputs) {
  std::vector<int64_t> openSizes;
  std::vector<const void *> from;
  for (size_t i = 0; i < inputs.size(); ++i) {
    from.push_back(inputs[i].data.data());
    for (size_t axis = 0; axis < inputs[i].shape.size(); ++axis)
      if (inputTypes()[i].shape[axis] < 0)
        openSizes.push_back(inputs[i].shape[axis]);
  }
  TccStatus status = {};
  if (program->checkSizes(openSizes, status))
    return failed(status);
  std::vector<std::vector<int64_t>> shapes = program->outputShapes(openSizes);
  std::vector<void *> to;
  for (size_t i = 0; i < shapes.size(); ++i) {
    runtime::NpyArray &output = outputs.emplace_back();
    output.dtype = program->outputTypes()[i].dtype;
    output.shape = shapes[i];
    int64_t bytes = runtime::allocationBytes(output.dtype, int32_t(output.shape.size()), output.shape.data());
    if (bytes >= 0)
      output.data = runtime::Buffer::create(bytes);
    if (!output.data)
      return mistake(where, "no memory for result " + std::to_string(i) + ", " + typeText(output.dtype, output.shape));
    to.push_back(output.data.data());
  }
  return program->run(from, to, status, openSizes) == TCC_OK ? Failure() : failed(status);
}

Failure SourceProgram::failed(const TccStatus &status) const {
  const SourceLocation *location = program->sourceLocation(status.location);
  std::string position =
      location && !location->file.empty() ? location->file + ":" + std::to_string(location->line) + ":1" : where;
  // The runtime's messages are "[op] what".
  std::string what = status.message;
  if (size_t end = what.find("] "); !what.empty() && what[0] == '[' && end != what.npos)
    what = what.substr(1, end - 1) + ": " + what.substr(end + 2);
  return mistake(position, what, status.code == TCC_ERROR_INTERNAL ? internalError : userError);
}

/// One context for all files of a process: making one takes longer than compiling a small kernel.
MLIRContext &sharedContext() {
  static MLIRContext *context = [] {
    DialectRegistry registry;
    registerProgramDialects(registry);
    auto *made = new MLIRContext(registry); // never freed: the process ends first
    made->loadAllAvailableDialects();
    return made;
  }();
  return *context;
}

} // namespace

Failure loadSource(const std::string &path, const std::string &entry, bool reference,
                   std::unique_ptr<Callable> &callable) {
  MLIRContext &context = sharedContext();
  Diagnostics said(&context, path);
  OwningOpRef<ModuleOp> module = parseSource(&context, path, said);
  if (!module)
    return said.failure(userError);
  func::FuncOp function = findEntry(*module, entry);
  if (!function)
    return said.failure(userError);
  std::string position = positionOf(function.getLoc(), path);
  if (!isEntry(function))
    return mistake(position, entry + ": arguments and results must be ranked tensors");
  if (reference && !isTensorFunction(function))
    return mistake(position, entry + ": --reference needs tcc ops: this program has been lowered already");
  ProgramOptions options;
  options.reference = reference;
  FailureOr<std::shared_ptr<Program>> program = compileProgram(*module, entry, options);
  if (failed(program)) // verified text that we cannot compile is our fault, unless the message says it is a limit
    return said.failure(internalError);
  callable = std::make_unique<SourceProgram>(*program, position);
  return {};
}

} // namespace tcc::command
