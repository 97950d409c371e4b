// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Runs a function of a .mlir file, or an entry of an artifact, on .npy inputs; prints its results or writes them.
#include "tools/tcc-run/Callable.h"

#include "runtime/Format.h"
#include "runtime/OutputFile.h"
#include "runtime/Tensors.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"

#include <iostream>
#include <map>

using namespace tcc;
using namespace tcc::command;

namespace {

/// One call: what the flags say, or one object of a batch.
struct Case {
  std::string file, entry = "main";
  std::vector<std::string> inputs, outputs;
};

bool endsWith(const std::string &text, const char *ending) { return llvm::StringRef(text).ends_with(ending); }

Failure load(const Case &wanted, bool reference, std::unique_ptr<Callable> &callable) {
  if (endsWith(wanted.file, ".onnx"))
    return mistake(wanted.file, "ONNX models are not supported", notSupported);
  if (endsWith(wanted.file, ".so")) {
    if (reference)
      return mistake(wanted.file, "--reference needs a program's text: an artifact is compiled already");
    return loadArtifact(wanted.file, wanted.entry, callable);
  }
  return loadSource(wanted.file, wanted.entry, reference, callable);
}

Failure readInputs(const Case &wanted, const Callable &callable, Tensors &inputs) {
  const std::vector<TensorType> &types = callable.inputTypes();
  if (wanted.inputs.size() != types.size())
    return mistake(callable.position(), wanted.entry + ": expected " + std::to_string(types.size()) +
                                            (types.size() == 1 ? " input" : " inputs") + " (--in), got " +
                                            std::to_string(wanted.inputs.size()));
  for (size_t i = 0; i < types.size(); ++i) {
    const std::string &path = wanted.inputs[i];
    runtime::NpyArray &array = inputs.emplace_back();
    if (std::string error = runtime::readNpy(path, array); !error.empty())
      return mistake(path, error);
    bool fits = array.dtype == types[i].dtype && array.shape.size() == types[i].shape.size();
    for (size_t axis = 0; fits && axis < array.shape.size(); ++axis)
      fits = types[i].shape[axis] < 0 || types[i].shape[axis] == array.shape[axis];
    if (!fits)
      return mistake(path, wanted.entry + ": expected " + typeText(types[i].dtype, types[i].shape) + " as input " +
                               std::to_string(i) + ", got " + typeText(array.dtype, array.shape));
  }
  return {};
}

/// All or nothing: every output is written beside its place before the first is put there.
Failure writeOutputs(const Case &wanted, const Callable &callable, const Tensors &outputs) {
  if (wanted.outputs.size() != outputs.size())
    return mistake(callable.position(), wanted.entry + ": expected " + std::to_string(outputs.size()) +
                                            " paths for results (--out), got " + std::to_string(wanted.outputs.size()));
  std::vector<std::unique_ptr<runtime::OutputFile>> files;
  for (size_t i = 0; i < outputs.size(); ++i) {
    files.push_back(std::make_unique<runtime::OutputFile>(wanted.outputs[i]));
    TccTensor tensor{outputs[i].data.data(), outputs[i].dtype, int32_t(outputs[i].shape.size()),
                     outputs[i].shape.data()};
    if (std::string error = runtime::writeNpy(*files[i], tensor); !error.empty())
      return mistake(wanted.outputs[i], error);
  }
  for (size_t i = 0; i < files.size(); ++i)
    if (std::string error = files[i]->commit(); !error.empty())
      return mistake(wanted.outputs[i], error);
  return {};
}

void print(const Tensors &outputs) {
  for (const runtime::NpyArray &output : outputs) {
    TccTensor tensor{output.data.data(), output.dtype, int32_t(output.shape.size()), output.shape.data()};
    std::cout << runtime::formatTensor(tensor) << "\n";
  }
}

Failure runCase(const Case &wanted, Callable &callable, bool printResults) {
  Tensors inputs, outputs;
  if (Failure failure = readInputs(wanted, callable, inputs))
    return failure;
  if (Failure failure = callable.call(inputs, outputs))
    return failure;
  if (!wanted.outputs.empty())
    return writeOutputs(wanted, callable, outputs);
  if (printResults)
    print(outputs);
  return {};
}

/// The string of that key, if there is one; false if it is something else.
bool readString(const llvm::json::Object &object, llvm::StringRef key, std::string &text) {
  if (!object.get(key))
    return true;
  auto given = object.getString(key);
  if (given)
    text = given->str();
  return given.has_value();
}

/// The strings of a JSON array; false if it is something else.
bool readStrings(const llvm::json::Object &object, llvm::StringRef key, std::vector<std::string> &strings) {
  const llvm::json::Value *value = object.get(key);
  if (!value)
    return true;
  const llvm::json::Array *array = value->getAsArray();
  if (!array)
    return false;
  for (const llvm::json::Value &element : *array) {
    auto text = element.getAsString();
    if (!text)
      return false;
    strings.push_back(text->str());
  }
  return true;
}

Failure readBatch(const std::string &path, const std::string &file, std::vector<Case> &cases) {
  auto buffer = llvm::MemoryBuffer::getFileOrSTDIN(path);
  if (!buffer)
    return mistake(path, "cannot read the file: " + buffer.getError().message());
  auto json = llvm::json::parse((*buffer)->getBuffer());
  if (!json)
    return mistake(path, "not JSON: " + llvm::toString(json.takeError()));
  const llvm::json::Array *array = json->getAsArray();
  if (!array)
    return mistake(path, "expected an array of cases");
  for (const llvm::json::Value &element : *array) {
    std::string number = "case " + std::to_string(cases.size()) + ": ";
    const llvm::json::Object *object = element.getAsObject();
    if (!object)
      return mistake(path, number + "expected an object");
    Case wanted;
    wanted.file = file;
    if (!readString(*object, "file", wanted.file) || !readString(*object, "entry", wanted.entry))
      return mistake(path, number + "expected \"file\" and \"entry\" to be strings");
    if (wanted.file.empty())
      return mistake(path, number + "expected \"file\"");
    if (!readStrings(*object, "inputs", wanted.inputs) || !readStrings(*object, "outputs", wanted.outputs))
      return mistake(path, number + "expected \"inputs\" and \"outputs\" to be arrays of paths");
    cases.push_back(std::move(wanted));
  }
  return {};
}

/// One line of JSON for each case; the status is the worst of all.
int runBatch(const std::vector<Case> &cases, bool reference) {
  int worst = success;
  std::map<std::pair<std::string, std::string>, std::unique_ptr<Callable>> loaded;
  for (const Case &wanted : cases) {
    std::unique_ptr<Callable> &callable = loaded[{wanted.file, wanted.entry}];
    Failure failure = callable ? Failure() : load(wanted, reference, callable);
    if (!failure)
      failure = runCase(wanted, *callable, /*printResults=*/false);
    llvm::json::Object line{{"file", wanted.file}, {"entry", wanted.entry}, {"status", int64_t(failure.status)}};
    if (failure)
      line["error"] = llvm::StringRef(failure.text).rtrim().str();
    std::string text;
    llvm::raw_string_ostream(text) << llvm::json::Value(std::move(line));
    std::cout << text << std::endl; // line by line: somebody may be waiting
    worst = std::max<int>(worst, failure.status);
  }
  return worst;
}

} // namespace

namespace tcc::command {

std::string typeText(int32_t dtype, const std::vector<int64_t> &shape) {
  std::string text = runtime::dtypeName(dtype);
  text += " (";
  for (size_t i = 0; i < shape.size(); ++i)
    text += (i ? ", " : "") + (shape[i] < 0 ? "?" : std::to_string(shape[i]));
  return text + (shape.size() == 1 ? ",)" : ")");
}

} // namespace tcc::command

int main(int argc, char **argv) {
  exitOnCrash("tcc-run");
  Case wanted;
  std::string device = "cpu", batch;
  bool reference = false;
  Tool tool{"tcc-run",
            "FILE [FLAGS]",
            "Runs one function of FILE: a .mlir file with tcc ops, or an artifact (.so) made by tcc-compile.\n"
            "Inputs and results are .npy files. Without --out the results are printed as NumPy prints them.",
            "Example: tcc-run model.mlir --entry=forward --in=x.npy --in=w.npy --out=y.npy",
            {
                {"--entry", "NAME", "the function to run (default: main)", [&](auto &v) { wanted.entry = v; }},
                {"--in", "FILE.npy", "the next input; once for each argument, in order",
                 [&](auto &v) { wanted.inputs.push_back(v); }},
                {"--out", "FILE.npy", "where the next result goes; once for each result, in order",
                 [&](auto &v) { wanted.outputs.push_back(v); }},
                {"--reference", "", "op by op, unfused and without vectors: the yardstick for every optimisation",
                 [&](auto &) { reference = true; }},
                {"--batch", "CASES.json",
                 "many calls in one process: an array of objects with \"file\" (default: FILE), \"entry\",\n"
                 "\"inputs\", \"outputs\"; prints one line of JSON for each, with its exit status",
                 [&](auto &v) { batch = v; }},
                {"--device", "cpu", "where to run; this build has cpu only", [&](auto &v) { device = v; }},
            }};
  std::vector<std::string> files;
  if (std::optional<int> status = parseArguments(tool, argc, argv, files))
    return *status;
  if (device != "cpu")
    return report(device == "cuda" ? mistake("tcc-run", "device 'cuda' is not supported by this build", notSupported)
                                   : mistake("tcc-run", "unknown device '" + device + "' (cpu or cuda)"));
  if (files.size() > 1 || (files.empty() && batch.empty()))
    return report(mistake("tcc-run", "expected one FILE, got " + std::to_string(files.size()) + " (see --help)"));
  if (!files.empty())
    wanted.file = files[0];
  if (!batch.empty()) {
    if (!wanted.inputs.empty() || !wanted.outputs.empty())
      return report(mistake("tcc-run", "--in and --out belong into the file that --batch names"));
    std::vector<Case> cases;
    if (Failure failure = readBatch(batch, wanted.file, cases))
      return report(failure);
    return runBatch(cases, reference);
  }
  std::unique_ptr<Callable> callable;
  if (Failure failure = load(wanted, reference, callable))
    return report(failure);
  Failure failure = runCase(wanted, *callable, /*printResults=*/true);
  std::cout.flush();
  if (!failure && !std::cout)
    failure = mistake("tcc-run", "cannot write to standard output");
  return report(failure);
}
