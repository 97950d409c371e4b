// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiles functions of a .mlir file ahead of time.
#include "tools/command/SourceFile.h"
#include "tools/tcc-compile/Artifact.h"
#include "tools/tcc-compile/Link.h"

#include "dialect/Autodiff.h"
#include "passes/Program.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <set>

using namespace mlir;
using namespace tcc;
using namespace tcc::command;

namespace {

struct Request {
  std::string file, output, name, triple, cpu, header;
  std::vector<std::string> entries, gradients;
};

/// "f" or "f:0,2"
struct Gradient {
  std::string entry;
  std::vector<int64_t> arguments;
};

bool parseGradient(const std::string &text, Gradient &gradient) {
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

bool isInexact(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && (isa<FloatType>(tensor.getElementType()) || isa<ComplexType>(tensor.getElementType()));
}

/// Adds the gradients to the module and lists all entries; false after a diagnostic.
bool chooseEntries(ModuleOp module, const Request &request, std::vector<std::string> &entries, Diagnostics &said) {
  auto complain = [&](const std::string &where, const std::string &what) {
    said.add(mistake(where, what));
    return false;
  };
  for (const std::string &entry : request.entries)
    entries.push_back(entry);
  if (entries.empty() && request.gradients.empty())
    for (auto function : module.getOps<func::FuncOp>())
      if (function.isPublic() && !function.isExternal())
        entries.push_back(function.getName().str());
  for (const std::string &text : request.gradients) {
    Gradient gradient;
    if (!parseGradient(text, gradient))
      return complain("tcc-compile", "--grad expects ENTRY or ENTRY:0,1 (numbers of arguments), got '" + text + "'");
    func::FuncOp function = findEntry(module, request.file, gradient.entry, said);
    if (!function)
      return false;
    if (gradient.arguments.empty())
      for (auto [index, type] : llvm::enumerate(function.getArgumentTypes()))
        if (isInexact(type))
          gradient.arguments.push_back(int64_t(index));
    if (!llvm::is_contained(entries, gradient.entry))
      entries.push_back(gradient.entry);
    FailureOr<func::FuncOp> vjp = buildVjp(function, gradient.arguments);
    if (failed(vjp))
      return false;
    entries.push_back(vjp->getName().str());
  }
  if (entries.empty())
    return complain(request.file, "no function to compile");
  std::set<std::string> seen;
  for (const std::string &entry : entries) {
    func::FuncOp function = findEntry(module, request.file, entry, said);
    if (!function)
      return false;
    std::string where = positionOf(function.getLoc(), request.file);
    if (!seen.insert(entry).second)
      return complain("tcc-compile", "entry '" + entry + "' is named twice");
    if (!aot::isIdentifier(entry))
      return complain(where, entry + ": an entry's name must be a C identifier");
    for (const char *taken : {"info", "shapes", "call", "error"})
      if (entry == taken)
        return complain(where, entry + ": this name belongs to the artifact's own functions");
    for (Type type : llvm::concat<const Type>(function.getArgumentTypes(), function.getResultTypes()))
      if (!isa<RankedTensorType>(type))
        return complain(where, entry + ": arguments and results must be ranked tensors");
  }
  return true;
}

Failure writeText(const std::string &path, StringRef text) {
  OutputFile file(path);
  std::string problem = file.write(text.data(), text.size());
  if (problem.empty())
    problem = file.commit();
  return problem.empty() ? Failure() : mistake(path, problem);
}

Failure compile(const Request &request) {
  DialectRegistry registry;
  registerProgramDialects(registry);
  MLIRContext context(registry);
  context.loadAllAvailableDialects();
  Diagnostics said(&context, request.file);
  OwningOpRef<ModuleOp> module = parseSource(&context, request.file, said);
  if (!module)
    return said.failure(userError);
  aot::Options options;
  options.name = request.name;
  if (!chooseEntries(*module, request, options.entries, said))
    return said.failure(userError);
  FailureOr<Target> target = Target::get(request.triple, request.cpu, UnknownLoc::get(&context));
  if (failed(target))
    return said.failure(userError);
  options.target = *target;

  StringRef ending = llvm::sys::path::extension(request.output);
  options.sharedNames = ending == ".so";
  if (ending == ".mlir") {
    FailureOr<OwningOpRef<ModuleOp>> planned = aot::planEntries(*module, options);
    if (failed(planned))
      return said.failure(internalError);
    std::string text;
    llvm::raw_string_ostream(text) << **planned << "\n";
    return writeText(request.output, text);
  }
  FailureOr<aot::Artifact> artifact = aot::buildArtifact(*module, options);
  if (failed(artifact))
    return said.failure(internalError);
  OutputKind kind = ending == ".s" ? OutputKind::assembly : ending == ".ll" ? OutputKind::llvmIR : OutputKind::object;
  FailureOr<SmallVector<char, 0>> bytes = compileModule(*artifact->code, options.target, kind);
  if (failed(bytes))
    return said.failure(internalError);
  Failure failure = kind != OutputKind::object ? writeText(request.output, StringRef(bytes->data(), bytes->size()))
                                               : aot::link(*bytes,
                                                           ending == ".so"  ? aot::LinkKind::shared
                                                           : ending == ".a" ? aot::LinkKind::archive
                                                                            : aot::LinkKind::object,
                                                           options.target.triple, request.output);
  if (!failure && !request.header.empty())
    failure = writeText(request.header, aot::headerText(options.name, artifact->entries));
  return failure;
}

} // namespace

int main(int argc, char **argv) {
  exitOnCrash("tcc-compile");
  Request request;
  Tool tool{
      "tcc-compile",
      "FILE.mlir -o OUT [FLAGS]",
      "Compiles functions of FILE into OUT, ahead of time. OUT's ending says what it becomes:\n"
      "  .so .a .o   an artifact: self-contained code with a C interface (libc and libm are all it needs;\n"
      "              LAPACK, BLAS and FFTW are loaded when a program that uses them runs)\n"
      "  .ll .s      its kernels, plans and interface as LLVM IR or assembly\n"
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
           [&](auto &v) { request.gradients.push_back(v); }},
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
  request.file = files[0];
  StringRef ending = llvm::sys::path::extension(request.output);
  if (ending == ".wasm" || ending == ".ptx" || StringRef(request.file).ends_with(".onnx"))
    return mistaken((ending == ".wasm" || ending == ".ptx" ? ending.str() + " artifacts are" : "ONNX models are") +
                        std::string(" not supported"),
                    notSupported);
  if (!llvm::is_contained({".so", ".a", ".o", ".ll", ".s", ".mlir"}, ending))
    return mistaken("'" + request.output + "' has no ending that says what to write (see --help)");
  if (request.name.empty()) {
    request.name = llvm::sys::path::stem(request.output).str();
    for (char &c : request.name)
      c = isalnum(static_cast<unsigned char>(c)) ? c : '_';
    if (isdigit(static_cast<unsigned char>(request.name[0])))
      request.name = "_" + request.name;
  }
  if (!aot::isIdentifier(request.name))
    return mistaken("--name expects a C identifier, got '" + request.name + "'");
  return report(compile(request));
}
