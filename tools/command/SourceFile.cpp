// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tools/command/SourceFile.h"

#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"

#include <algorithm>

using namespace mlir;

namespace tcc::command {

std::string positionOf(Location loc, const std::string &otherwise) {
  std::string position = otherwise;
  loc->walk([&](Location part) {
    auto file = dyn_cast<FileLineColLoc>(part);
    if (!file)
      return WalkResult::advance();
    position = file.getFilename().str();
    if (file.getLine() != 0) // a whole file
      position += ":" + std::to_string(file.getLine()) + ":" + std::to_string(file.getColumn());
    return WalkResult::interrupt();
  });
  return position;
}

Diagnostics::Diagnostics(MLIRContext *context, std::string tool)
    : tool(std::move(tool)), handler(context, [this](Diagnostic &diagnostic) {
        add(diagnostic);
        return mlir::success();
      }) {
  context->printOpOnDiagnostic(false); // the position says which op
}

void Diagnostics::add(Failure failure) {
  lines += failure.text;
  worst = std::max(worst, failure.status);
}

void Diagnostics::add(Diagnostic &diagnostic) {
  std::string what = diagnostic.str(), kind = "note";
  // MLIR says "'tcc.add' op wants": we say "tcc.add: wants", as all our messages do.
  StringRef text(what);
  if (text.consume_front("'"))
    if (auto [op, rest] = text.split("' op "); !rest.empty())
      what = (op + ": " + rest).str();
  if (diagnostic.getSeverity() == DiagnosticSeverity::Error) {
    kind = "error";
    if (StringRef(what).contains("not supported") || StringRef(what).contains("unsupported"))
      worst = notSupported;
  } else if (diagnostic.getSeverity() == DiagnosticSeverity::Warning) {
    kind = "warning";
  }
  lines += positionOf(diagnostic.getLocation(), tool) + ": " + kind + ": " + what + "\n";
  for (Diagnostic &note : diagnostic.getNotes())
    add(note);
}

Failure Diagnostics::failure(ExitStatus otherwise) const {
  ExitStatus status = worst == success ? otherwise : worst;
  return {status, lines.empty() ? tool + ": error: internal error without a message\n" : lines};
}

OwningOpRef<ModuleOp> parseSource(MLIRContext *context, const std::string &path, Diagnostics &said) {
  // The file's own name, "-" for standard input, is what diagnostics show.
  auto buffer = llvm::MemoryBuffer::getFileOrSTDIN(path, /*IsText=*/true);
  if (!buffer) {
    said.add(mistake(path, "cannot read the file: " + buffer.getError().message()));
    return nullptr;
  }
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(std::move(*buffer), llvm::SMLoc());
  return parseSourceFile<ModuleOp>(sources, ParserConfig(context));
}

} // namespace tcc::command
