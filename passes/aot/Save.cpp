// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/aot/Save.h"

#include "dialect/Autodiff.h"
#include "passes/KernelPasses.h"
#include "passes/Pipelines.h"
#include "passes/PlanOps.h"
#include "passes/aot/Artifact.h"
#include "passes/aot/Link.h"
#include "runtime/OutputFile.h"

#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/TargetParser/Triple.h"

using namespace mlir;

namespace tcc::aot {
namespace {

StringRef endingOf(const SaveRequest &request) { return llvm::sys::path::extension(request.output); }

Problem writeText(const std::string &path, StringRef text) {
  runtime::OutputFile file(path);
  std::string problem = file.write(text.data(), text.size());
  if (problem.empty())
    problem = file.commit();
  return problem.empty() ? Problem() : Problem{Problem::request, path, problem};
}

bool isInexact(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && isa<FloatType, mlir::ComplexType>(tensor.getElementType());
}

/// Adds the gradients to the module and lists all entries.
LogicalResult chooseEntries(ModuleOp module, const SaveRequest &request, std::vector<std::string> &entries) {
  entries = request.entries;
  if (entries.empty() && request.gradients.empty())
    for (auto function : module.getOps<func::FuncOp>())
      if (function.isPublic() && !function.isExternal())
        entries.push_back(function.getName().str());
  for (const Gradient &gradient : request.gradients) {
    if (!llvm::is_contained(entries, gradient.entry))
      entries.push_back(gradient.entry);
    FailureOr<std::string> name = addGradient(module, gradient);
    if (failed(name))
      return failure();
    entries.push_back(*name);
  }
  if (entries.empty())
    return module.emitError("no function to compile");
  llvm::StringSet<> seen;
  for (const std::string &entry : entries) {
    func::FuncOp function = findEntry(module, entry);
    if (!function)
      return failure();
    if (!seen.insert(entry).second)
      return function.emitError() << entry << ": this entry is named twice";
    if (!isIdentifier(entry))
      return function.emitError() << entry << ": an entry's name must be a C identifier";
    if (llvm::is_contained({"info", "shapes", "call", "error"}, entry))
      return function.emitError() << entry << ": this name belongs to the artifact's own functions";
    if (!isEntry(function))
      return function.emitError() << entry << ": arguments and results must be ranked tensors";
  }
  return success();
}

/// GPU code is kernels alone: nothing there walks a plan, calls the library or keeps scratch memory.
Problem saveGpuKernels(ModuleOp module, const SaveRequest &request, const Options &options) {
  FailureOr<OwningOpRef<ModuleOp>> kernels = planEntries(module, options);
  if (failed(kernels))
    return {Problem::internal, "", ""};
  for (const std::string &entry : options.entries) {
    auto function = (*kernels)->lookupSymbol<func::FuncOp>(entry);
    for (auto call : function.getOps<plan::LibraryOp>()) {
      emitError(call.getLoc()) << entry << ": calls " << call.getSymbol()
                               << " of the runtime library, which is not supported in .ptx";
      return {Problem::notSupported, "", ""};
    }
    function.erase();
  }
  auto ptx = compileModule(**kernels, options.target);
  if (failed(ptx))
    return {Problem::internal, "", ""};
  // How each kernel is launched: PTX itself says only what its arguments are.
  std::string text;
  llvm::raw_string_ostream os(text);
  for (const KernelInfo &kernel : collectKernels(**kernels)) {
    auto scratch = dyn_cast<AffineConstantExpr>(kernel.scratch.getResult(0));
    if (!scratch || scratch.getValue() != 0)
      return {Problem::notSupported, request.output,
              kernel.name + ": a kernel with temporary arrays is not supported in .ptx"};
    os << "// " << kernel.name << "_gpu(buffers..., sizes..., blocks): blocks = " << kernel.extent
       << ", shared by all threads of a 1-d grid\n";
  }
  os << StringRef(ptx->data(), ptx->size());
  return writeText(request.output, text);
}

} // namespace

FailureOr<std::string> addGradient(ModuleOp module, Gradient gradient) {
  func::FuncOp function = findEntry(module, gradient.entry);
  if (!function)
    return failure();
  if (!isTensorFunction(function))
    return function.emitError() << gradient.entry
                                << ": a gradient needs tcc ops: this program has been lowered already";
  if (gradient.arguments.empty())
    for (auto [index, type] : llvm::enumerate(function.getArgumentTypes()))
      if (isInexact(type))
        gradient.arguments.push_back(int64_t(index));
  FailureOr<func::FuncOp> vjp = buildVjp(function, gradient.arguments);
  if (failed(vjp))
    return failure();
  return vjp->getName().str();
}

ArrayRef<StringRef> endings() {
  static constexpr StringRef all[] = {".so", ".a", ".o", ".wasm", ".ptx", ".ll", ".s", ".mlir"};
  return all;
}

Problem complete(SaveRequest &request) {
  auto mistake = [](const std::string &what) { return Problem{Problem::request, "", what}; };
  StringRef ending = endingOf(request);
  if (!llvm::is_contained(endings(), ending))
    return mistake("'" + request.output + "' has no ending that says what to write (" + llvm::join(endings(), " ") +
                   ")");
  if (request.name.empty()) {
    request.name = llvm::sys::path::stem(request.output).str();
    for (char &c : request.name)
      c = isalnum(static_cast<unsigned char>(c)) ? c : '_';
    if (request.name.empty() || isdigit(static_cast<unsigned char>(request.name[0])))
      request.name = "_" + request.name;
  }
  if (!isIdentifier(request.name))
    return mistake("a name must be a C identifier, got '" + request.name + "'");
  if (request.triple.empty())
    request.triple = ending == ".wasm" ? "wasm32-wasi" : ending == ".ptx" ? "nvptx64-nvidia-cuda" : "";
  llvm::Triple triple(request.triple);
  if (triple.isWasm() != (ending == ".wasm") && llvm::is_contained({".so", ".a", ".o", ".wasm", ".ptx"}, ending))
    return mistake("'" + request.output + "' does not go with target '" + request.triple +
                   "': WebAssembly is written as .wasm, .ll or .s");
  if (triple.isNVPTX() != (ending == ".ptx") && ending != ".mlir")
    return mistake("'" + request.output + "' does not go with target '" + request.triple +
                   "': GPU code is written as .ptx");
  if (!request.header.empty() && (ending == ".mlir" || ending == ".ptx"))
    return mistake("a " + ending.str() + " file has no C interface to write a header of");
  return {};
}

Problem save(ModuleOp module, SaveRequest request) {
  if (Problem problem = complete(request))
    return problem;
  Options options;
  options.name = request.name;
  StringRef ending = endingOf(request);
  options.sharedNames = ending == ".so" || ending == ".wasm";
  FailureOr<Target> target = Target::get(request.triple, request.cpu, UnknownLoc::get(module.getContext()));
  if (failed(target) || failed(chooseEntries(module, request, options.entries)))
    return {Problem::request, "", ""};
  options.target = *target;
  if (ending == ".ptx")
    return saveGpuKernels(module, request, options);
  if (ending == ".mlir") {
    FailureOr<OwningOpRef<ModuleOp>> planned = planEntries(module, options);
    if (failed(planned))
      return {Problem::internal, "", ""};
    std::string text;
    llvm::raw_string_ostream(text) << **planned << "\n";
    return writeText(request.output, text);
  }
  FailureOr<Artifact> artifact = buildArtifact(module, options);
  if (failed(artifact))
    return {Problem::internal, "", ""};
  OutputKind kind = ending == ".s" ? OutputKind::assembly : ending == ".ll" ? OutputKind::llvmIR : OutputKind::object;
  FailureOr<SmallVector<char, 0>> bytes = compileModule(*artifact->code, options.target, kind);
  if (failed(bytes))
    return {Problem::internal, "", ""};
  // The header is written before the artifact and put in its place after it: neither appears without the other.
  std::string header = headerText(options.name, artifact->entries);
  std::optional<runtime::OutputFile> headerFile;
  if (!request.header.empty()) {
    headerFile.emplace(request.header);
    if (std::string problem = headerFile->write(header.data(), header.size()); !problem.empty())
      return {Problem::request, request.header, problem};
  }
  Problem problem = kind != OutputKind::object ? writeText(request.output, StringRef(bytes->data(), bytes->size()))
                                               : link(*bytes,
                                                      ending == ".so"     ? LinkKind::shared
                                                      : ending == ".wasm" ? LinkKind::wasm
                                                      : ending == ".a"    ? LinkKind::archive
                                                                          : LinkKind::object,
                                                      options.target.triple, artifact->exports, request.output);
  if (!problem && headerFile)
    if (std::string failure = headerFile->commit(); !failure.empty())
      return {Problem::request, request.header, failure};
  return problem;
}

} // namespace tcc::aot
