// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The C ABI of an artifact in the LLVM dialect: its tables, and small functions that hand them to runtime/Artifact.cpp.
#include "passes/aot/Artifact.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Builders.h"

using namespace mlir;

namespace tcc::aot {
namespace {

class Emitter {
public:
  Emitter(ModuleOp module, const std::string &name)
      : builder(module.getContext()), loc(module.getLoc()), name(name),
        pointer(LLVM::LLVMPointerType::get(module.getContext())), i32(builder.getI32Type()), i64(builder.getI64Type()) {
    builder.setInsertionPointToEnd(module.getBody());
  }

  void tables(const PlanWords &plans, const std::string &info);
  void entry(const EntryType &entry, size_t index);
  /// info, shapes, call and error under `prefix`.
  void untyped(const std::string &prefix);

private:
  using Fill = llvm::function_ref<Value(OpBuilder &)>;
  LLVM::GlobalOp global(const std::string &symbol, Type type, bool isConstant, Attribute value, Fill fill = {});
  LLVM::GlobalOp bytes(const std::string &symbol, StringRef data, uint64_t alignment);
  Value address(const std::string &symbol) { return LLVM::AddressOfOp::create(builder, loc, pointer, symbol); }
  Value number(int64_t value, Type type) {
    return LLVM::ConstantOp::create(builder, loc, type, builder.getIntegerAttr(type, value));
  }
  void declare(const std::string &symbol, Type result, ArrayRef<Type> arguments);
  /// An exported function; `body` gives what it returns.
  void function(const std::string &symbol, Type result, ArrayRef<Type> arguments,
                llvm::function_ref<Value(ValueRange)> body);
  Value call(const std::string &symbol, Type result, ValueRange arguments) {
    return LLVM::CallOp::create(builder, loc, TypeRange{result}, symbol, arguments).getResult();
  }
  /// The values in memory, one after the other.
  Value array(Type element, ValueRange values);

  OpBuilder builder;
  Location loc;
  std::string name;
  Type pointer, i32, i64;
};

LLVM::GlobalOp Emitter::global(const std::string &symbol, Type type, bool isConstant, Attribute value, Fill fill) {
  auto made = LLVM::GlobalOp::create(builder, loc, type, isConstant, LLVM::Linkage::Internal, symbol, value,
                                     /*alignment=*/64);
  if (fill) {
    OpBuilder::InsertionGuard guard(builder);
    builder.createBlock(&made.getInitializerRegion());
    Value result = fill(builder);
    LLVM::ReturnOp::create(builder, loc, result);
  }
  return made;
}

LLVM::GlobalOp Emitter::bytes(const std::string &symbol, StringRef data, uint64_t) {
  return global(symbol, LLVM::LLVMArrayType::get(builder.getI8Type(), data.size()), true, builder.getStringAttr(data));
}

void Emitter::declare(const std::string &symbol, Type result, ArrayRef<Type> arguments) {
  LLVM::LLVMFuncOp::create(builder, loc, symbol, LLVM::LLVMFunctionType::get(result, arguments));
}

void Emitter::tables(const PlanWords &plans, const std::string &info) {
  bytes(name + "_info_text", info + '\0', 1);
  bytes(name + "_constants", plans.constants.empty() ? StringRef("\0", 1) : StringRef(plans.constants), 64);
  auto wordsType = RankedTensorType::get({int64_t(plans.words.size())}, i64);
  global(name + "_plan", LLVM::LLVMArrayType::get(i64, plans.words.size()), true,
         DenseIntElementsAttr::get(wordsType, ArrayRef(plans.words)));
  for (size_t i = 0; i < plans.functions.size(); ++i)
    if (plans.isLibrary[i])
      declare(plans.functions[i], i32, {pointer, i32, pointer, i32, pointer, pointer});
  size_t count = std::max<size_t>(plans.functions.size(), 1);
  auto tableType = LLVM::LLVMArrayType::get(pointer, count);
  global(name + "_functions", tableType, true, {}, [&](OpBuilder &) -> Value {
    Value table = LLVM::ZeroOp::create(builder, loc, tableType);
    for (size_t i = 0; i < plans.functions.size(); ++i)
      table = LLVM::InsertValueOp::create(builder, loc, table, address(plans.functions[i]), int64_t(i));
    return table;
  });
  global(name + "_state", pointer, false, {},
         [&](OpBuilder &) -> Value { return LLVM::ZeroOp::create(builder, loc, pointer); });
  auto artifactType = LLVM::LLVMStructType::getLiteral(builder.getContext(), {pointer, pointer, pointer, pointer});
  global(name + "_artifact", artifactType, true, {}, [&](OpBuilder &) -> Value {
    Value artifact = LLVM::ZeroOp::create(builder, loc, artifactType);
    int64_t position = 0;
    for (const char *part : {"_plan", "_constants", "_functions", "_state"})
      artifact = LLVM::InsertValueOp::create(builder, loc, artifact, address(name + part), position++);
    return artifact;
  });
  declare("tcc_plan_shapes", i32, {pointer, pointer, pointer, i32, pointer, i32});
  declare("tcc_plan_call", i32, {pointer, pointer, pointer, i32, pointer, i32});
  declare("tcc_plan_run", i32, {pointer, i32, pointer, pointer, pointer});
  declare("tcc_plan_error", pointer, {});
}

void Emitter::function(const std::string &symbol, Type result, ArrayRef<Type> arguments,
                       llvm::function_ref<Value(ValueRange)> body) {
  OpBuilder::InsertionGuard guard(builder);
  auto made = LLVM::LLVMFuncOp::create(builder, loc, symbol, LLVM::LLVMFunctionType::get(result, arguments));
  builder.setInsertionPointToStart(made.addEntryBlock(builder));
  Value value = body(made.getArguments());
  LLVM::ReturnOp::create(builder, loc, value);
}

void Emitter::untyped(const std::string &prefix) {
  function(prefix + "_info", pointer, {}, [&](ValueRange) { return address(name + "_info_text"); });
  function(prefix + "_error", pointer, {}, [&](ValueRange) { return call("tcc_plan_error", pointer, {}); });
  for (const char *verb : {"shapes", "call"})
    function(prefix + "_" + verb, i32, {pointer, pointer, i32, pointer, i32}, [&](ValueRange arguments) {
      SmallVector<Value> all{address(name + "_artifact")};
      all.append(arguments.begin(), arguments.end());
      return call(std::string("tcc_plan_") + verb, i32, all);
    });
}

Value Emitter::array(Type element, ValueRange values) {
  Value memory =
      LLVM::AllocaOp::create(builder, loc, pointer, element, number(std::max<int64_t>(int64_t(values.size()), 1), i64));
  for (auto [index, value] : llvm::enumerate(values)) {
    Value place = LLVM::GEPOp::create(builder, loc, pointer, element, memory, ArrayRef<LLVM::GEPArg>{int32_t(index)});
    LLVM::StoreOp::create(builder, loc, value, place);
  }
  return memory;
}

// Each input is followed by its open sizes; outputs come last. headerText declares the same.
void Emitter::entry(const EntryType &entry, size_t index) {
  SmallVector<Type> types;
  for (const TensorType &input : entry.inputs) {
    types.push_back(pointer);
    types.append(size_t(llvm::count_if(input.shape, [](int64_t size) { return size < 0; })), i64);
  }
  types.append(entry.outputs.size(), pointer);
  function(name + "_" + entry.name, i32, types, [&](ValueRange arguments) {
    SmallVector<Value> inputs, sizes, outputs;
    for (auto [position, argument] : llvm::enumerate(arguments))
      (argument.getType() == i64                             ? sizes
       : position + entry.outputs.size() >= arguments.size() ? outputs
                                                             : inputs)
          .push_back(argument);
    return call("tcc_plan_run", i32,
                {address(name + "_artifact"), number(int64_t(index), i32), array(pointer, inputs), array(i64, sizes),
                 array(pointer, outputs)});
  });
}

const char *cTypeOf(int32_t dtype) {
  static const char *const names[TCC_NUM_DTYPES] = {"uint8_t", "int8_t",   "int16_t",  "int32_t",  "int64_t",
                                                    "uint8_t", "uint32_t", "uint16_t", "uint16_t", "float",
                                                    "double",  "float",    "double"};
  return names[dtype];
}

std::string shapeText(const std::string &name, const TensorType &type, const char *dtype) {
  std::string text = "   " + name + ": " + dtype + " [";
  for (size_t axis = 0; axis < type.shape.size(); ++axis)
    text += (axis ? ", " : "") + (type.shape[axis] < 0 ? "?" : std::to_string(type.shape[axis]));
  return text + "]\n";
}

} // namespace

void emitInterface(ModuleOp code, const std::string &name, const std::vector<EntryType> &entries,
                   const PlanWords &plans, const std::string &info, bool sharedNames) {
  Emitter emitter(code, name);
  emitter.tables(plans, info);
  emitter.untyped(name);
  if (sharedNames)
    emitter.untyped("tcc_artifact");
  for (size_t i = 0; i < entries.size(); ++i)
    emitter.entry(entries[i], i);
}

std::string headerText(const std::string &name, const std::vector<EntryType> &entries) {
  static const char *const dtypes[TCC_NUM_DTYPES] = {"bool, a byte",
                                                     "int8",
                                                     "int16",
                                                     "int32",
                                                     "int64",
                                                     "uint8",
                                                     "uint32",
                                                     "float16, its bits",
                                                     "bfloat16, its bits",
                                                     "float32",
                                                     "float64",
                                                     "complex64, (re, im) pairs",
                                                     "complex128, (re, im) pairs"};
  std::string guard = "TCC_ARTIFACT_" + name + "_H", text;
  text += "/* Generated by tcc-compile: the functions of artifact '" + name +
          "'. Every function gives 0 or an error code,\n"
          "   for which " +
          name +
          "_error() has the sentence. Tensors are dense and row-major; outputs overlap nothing.\n"
          "   Calls from several threads are safe. */\n";
  text += "#ifndef " + guard + "\n#define " + guard + "\n\n#include <stdint.h>\n\n";
  text += "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n";
  text += "#ifndef DLPACK_DLPACK_H_\n"
          "#ifndef TCC_DLTENSOR\n#define TCC_DLTENSOR\n"
          "/* DLPack's tensor (https://dmlc.github.io/dlpack). */\n"
          "typedef struct {\n  int32_t device_type; /* 1 = CPU */\n  int32_t device_id;\n} DLDevice;\n"
          "typedef struct {\n  uint8_t code; /* 0 int, 1 uint, 2 float, 4 bfloat, 5 complex, 6 bool */\n"
          "  uint8_t bits;\n  uint16_t lanes;\n} DLDataType;\n"
          "typedef struct {\n  void *data;\n  DLDevice device;\n  int32_t ndim;\n  DLDataType dtype;\n"
          "  int64_t *shape;\n  int64_t *strides; /* null: row-major */\n  uint64_t byte_offset;\n} DLTensor;\n"
          "#endif\n#endif\n\n";
  text += "/* JSON: format version, target, checksum, entries with names, dtypes, shapes (-1: open), workspace. */\n";
  text += "const char *" + name + "_info(void);\n";
  text +=
      "/* Fills dtype, ndim and shape of the outputs. A null shape is set to memory that is valid until this thread's\n"
      "   next call; another has room for ndim sizes. */\n";
  text += "int32_t " + name +
          "_shapes(const char *entry, const DLTensor *const *in, int32_t n_in, DLTensor *out, "
          "int32_t n_out);\n";
  text += "/* Computes an entry by name. */\n";
  text += "int32_t " + name +
          "_call(const char *entry, const DLTensor *const *in, int32_t n_in, DLTensor *const *out, "
          "int32_t n_out);\n";
  text += "/* The last message of this thread, \"\" after a success. */\n";
  text += "const char *" + name + "_error(void);\n";
  for (const EntryType &entry : entries) {
    text += "\n/* " + entry.name + "\n";
    std::string arguments;
    auto add = [&](const std::string &argument) { arguments += (arguments.empty() ? "" : ", ") + argument; };
    for (size_t i = 0; i < entry.inputs.size(); ++i) {
      text += shapeText(entry.inputNames[i], entry.inputs[i], dtypes[entry.inputs[i].dtype]);
      add(std::string("const ") + cTypeOf(entry.inputs[i].dtype) + " *" + entry.inputNames[i]);
      for (size_t axis = 0; axis < entry.inputs[i].shape.size(); ++axis)
        if (entry.inputs[i].shape[axis] < 0)
          add("int64_t " + entry.inputNames[i] + "_size" + std::to_string(axis));
    }
    for (size_t i = 0; i < entry.outputs.size(); ++i) {
      text += shapeText(entry.outputNames[i], entry.outputs[i], dtypes[entry.outputs[i].dtype]);
      add(std::string(cTypeOf(entry.outputs[i].dtype)) + " *" + entry.outputNames[i]);
    }
    text += "*/\nint32_t " + name + "_" + entry.name + "(" + (arguments.empty() ? "void" : arguments) + ");\n";
  }
  return text + "\n#ifdef __cplusplus\n}\n#endif\n\n#endif\n";
}

} // namespace tcc::aot
