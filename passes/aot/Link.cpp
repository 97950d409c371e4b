// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/aot/Link.h"
#include "runtime/OutputFile.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

#include <dlfcn.h>

using namespace llvm;

namespace tcc::aot {
namespace {

/// Files of the link, all in one directory that goes away with this object.
class Workspace {
public:
  Workspace() { problem = sys::fs::createUniqueDirectory("tcc-compile", directory); }
  ~Workspace() { sys::fs::remove_directories(directory); }
  std::string path(StringRef name) const {
    SmallString<128> result = directory;
    sys::path::append(result, name);
    return result.str().str();
  }
  std::error_code problem;

private:
  SmallString<128> directory;
};

/// libtcc_runtime.a of an installed tcc, in lib/ beside this program's or library's directory, else of the build it was
/// built in; "" if there is none.
std::string runtimeArchive(const Triple &triple) {
  bool isHost = triple.getArch() == Triple(sys::getProcessTriple()).getArch() && triple.isOSLinux();
  std::string name = isHost ? "libtcc_runtime.a" : ("libtcc_runtime-" + triple.getArchName() + ".a").str();
  static int anchor;
  Dl_info self;
  // The loader knows a library by its path, a program only by what it was called.
  StringRef library = dladdr(&anchor, &self) && self.dli_fname ? self.dli_fname : "";
  std::string program = sys::fs::getMainExecutable("tcc-compile", &anchor);
  for (StringRef home : {sys::path::parent_path(library), sys::path::parent_path(program)}) {
    SmallString<128> installed = home;
    sys::path::append(installed, "..", "lib", name);
    if (!home.empty() && sys::fs::exists(installed))
      return installed.str().str();
  }
  SmallString<128> built(TCC_RUNTIME_DIRECTORY);
  sys::path::append(built, name);
  return sys::fs::exists(built) ? built.str().str() : "";
}

/// Runs a program of LLVM 22 (or of PATH) and gives what it printed if it failed.
std::string runProgram(const Workspace &files, ArrayRef<StringRef> names, ArrayRef<std::string> arguments) {
  std::string program;
  for (StringRef name : names) {
    auto found = sys::findProgramByName(name, {TCC_LLVM_TOOLS});
    if (!found)
      found = sys::findProgramByName(name);
    if (found) {
      program = *found;
      break;
    }
  }
  if (program.empty())
    return ("'" + names.front() + "' is not installed").str();
  SmallVector<StringRef> argv{program};
  argv.append(arguments.begin(), arguments.end());
  std::string log = files.path("log"), message;
  int status =
      sys::ExecuteAndWait(program, argv, std::nullopt, {std::nullopt, StringRef(log), StringRef(log)}, 0, 0, &message);
  if (status == 0)
    return "";
  if (auto printed = MemoryBuffer::getFile(log); printed && !(*printed)->getBuffer().empty())
    message = (*printed)->getBuffer().rtrim().str();
  return names.front().str() + " failed: " + message;
}

} // namespace

Problem link(ArrayRef<char> bytes, LinkKind kind, const std::string &tripleText, ArrayRef<std::string> exports,
             const std::string &output) {
  Triple triple(tripleText);
  std::string runtime = runtimeArchive(triple);
  if (runtime.empty())
    return {Problem::notSupported, "",
            "target '" + tripleText + "' is not supported here: this build has no runtime library for it"};
  Workspace files;
  if (files.problem)
    return {Problem::request, "", "no temporary directory: " + files.problem.message()};
  auto internal = [&](const std::string &what) { return Problem{Problem::internal, "", what}; };

  std::string object = files.path("kernels.o"), merged = files.path("merged.o");
  {
    runtime::OutputFile file(object);
    std::string problem = file.write(bytes.data(), bytes.size());
    if (problem.empty())
      problem = file.commit();
    if (!problem.empty())
      return {Problem::request, "", problem};
  }
  runtime::OutputFile result(output);
  // Early, so that a wrong path is the user's mistake and not the linker's.
  if (std::string problem = result.write("", 0); !problem.empty())
    return {Problem::request, output, problem};

  if (kind == LinkKind::wasm) {
    // A reactor: no main function; the C library's constructors run in _initialize, which a host calls first.
    std::vector<std::string> arguments{"--target=wasm32-wasi", // as Debian names its directory
                                       "-Wno-deprecated",
                                       "--sysroot=/usr",
                                       "-mexec-model=reactor",
                                       "-fuse-ld=" + std::string(TCC_LLVM_TOOLS) + "/wasm-ld",
                                       "-O2",
                                       "-s",
                                       "-Wl,--stack-first",
                                       "-Wl,-z,stack-size=1048576",
                                       "-Wl,--export=malloc",
                                       "-Wl,--export=free",
                                       "-o",
                                       result.temporary(),
                                       object,
                                       runtime};
    for (const std::string &symbol : exports)
      arguments.push_back("-Wl,--export=" + symbol);
    if (std::string problem = runProgram(files, {"clang-22", "clang"}, arguments); !problem.empty())
      return internal(problem);
  } else if (kind == LinkKind::shared) {
    // nodelete: threads of the runtime may be running when somebody closes the library.
    std::vector<std::string> arguments{"-shared",
                                       "-fuse-ld=lld",
                                       "-Wl,--gc-sections",
                                       "-Wl,-z,nodelete",
                                       "-Wl,-z,defs",
                                       "-Wl,-O1",
                                       "-Wl,--build-id=none",
                                       "-s",
                                       "-o",
                                       result.temporary(),
                                       object,
                                       runtime,
                                       "-lm"};
    arguments.push_back("-Wl,-soname," + sys::path::filename(output).str());
    arguments.push_back("--target=" + triple.str());
    arguments.push_back("--ld-path=" + std::string(TCC_LLVM_TOOLS) + "/ld.lld");
    if (std::string problem = runProgram(files, {"clang-22", "clang"}, arguments); !problem.empty())
      return internal(problem);
  } else {
    // The runtime becomes private to the object, so that two artifacts fit into one program.
    std::string target =
        kind == LinkKind::object ? result.temporary() : files.path(sys::path::stem(output).str() + ".o");
    if (std::string problem = runProgram(files, {"ld.lld", "ld.lld-22"}, {"-r", "-o", merged, object, runtime});
        !problem.empty())
      return internal(problem);
    if (std::string problem = runProgram(files, {"llvm-objcopy", "llvm-objcopy-22"},
                                         {"--localize-hidden", "--strip-unneeded", merged, target});
        !problem.empty())
      return internal(problem);
    if (kind == LinkKind::archive) {
      sys::fs::remove(result.temporary()); // llvm-ar would take the empty file for a damaged archive
      if (std::string problem = runProgram(files, {"llvm-ar", "llvm-ar-22"}, {"rcsD", result.temporary(), target});
          !problem.empty())
        return internal(problem);
    }
  }
  if (std::string problem = result.commit(); !problem.empty())
    return {Problem::request, output, problem};
  return {};
}

} // namespace tcc::aot
