// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The walk behind digestOf. Uniqued pointers differ from process to process: each is replaced by its text where it
// occurs first and by a number from then on, so that printing costs no more than there are different attributes.
#include "passes/Digest.h"

#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/Support/BLAKE3.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace tcc {
namespace {

class Digester {
public:
  void add(uint64_t number) { hasher.update(llvm::StringRef(reinterpret_cast<const char *>(&number), sizeof(number))); }
  void add(StringRef text) {
    add(uint64_t(text.size()));
    hasher.update(text);
  }
  void add(Region &region) {
    add(uint64_t(region.getBlocks().size()));
    for (Block &block : region) {
      isNew(&block);
      add(uint64_t(block.getNumArguments()));
      for (Value argument : block.getArguments())
        define(argument);
      for (Operation &op : block)
        add(op);
    }
  }
  void add(Operation &op) {
    if (isNew(op.getName().getAsOpaquePointer()))
      add(op.getName().getStringRef());
    add(Attribute(op.getAttrDictionary()));
    add(op.getLoc());
    add(uint64_t(op.getNumOperands()));
    for (Value operand : op.getOperands())
      add(numberOf(operand));
    for (Block *successor : op.getSuccessors())
      isNew(successor);
    add(uint64_t(op.getNumResults()));
    for (Value result : op.getResults())
      define(result);
    for (Region &region : op.getRegions())
      add(region);
  }
  CacheKey final() { return hasher.final(); }

private:
  /// True if `pointer` is new; its number has been added.
  bool isNew(const void *pointer) {
    auto [entry, isNew] = known.try_emplace(pointer, known.size());
    add(entry->second);
    return isNew;
  }
  uint64_t numberOf(Value value) { return values.try_emplace(value, values.size()).first->second; }
  void define(Value value) {
    add(numberOf(value));
    add(value.getType());
  }
  void add(Type type) {
    if (!isNew(type.getAsOpaquePointer()))
      return;
    std::string text;
    llvm::raw_string_ostream(text) << type;
    add(StringRef(text));
  }
  void add(Attribute attribute) {
    if (!isNew(attribute.getAsOpaquePointer()))
      return;
    if (auto dictionary = dyn_cast<DictionaryAttr>(attribute)) {
      for (NamedAttribute entry : dictionary) {
        add(entry.getName().getValue());
        add(entry.getValue());
      }
    } else if (auto dense = dyn_cast<DenseElementsAttr>(attribute)) {
      add(Type(dense.getType()));
      ArrayRef<char> data = dense.getRawData();
      add(StringRef(data.data(), data.size()));
    } else if (auto resource = dyn_cast<DenseResourceElementsAttr>(attribute)) {
      add(Type(resource.getType()));
      ArrayRef<char> data = resource.getData();
      add(StringRef(data.data(), data.size()));
    } else {
      std::string text;
      llvm::raw_string_ostream(text) << attribute;
      add(StringRef(text));
    }
  }
  void add(Location loc) {
    loc->walk([&](Location part) {
      auto file = dyn_cast<FileLineColLoc>(part);
      if (!file)
        return WalkResult::advance();
      add(Attribute(file.getFilename()));
      add(uint64_t(file.getLine()));
      return WalkResult::interrupt();
    });
  }
  llvm::BLAKE3 hasher;
  llvm::DenseMap<const void *, uint64_t> known;
  llvm::DenseMap<Value, uint64_t> values;
};

} // namespace

CacheKey digestOf(ArrayRef<Operation *> functions, StringRef context) {
  Digester digester;
  digester.add(context);
  for (Operation *function : functions)
    digester.add(*function);
  return digester.final();
}

CacheKey digestOf(StringRef text) {
  Digester digester;
  digester.add(text);
  return digester.final();
}

} // namespace tcc
