// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The process-wide cache of compiled kernels, and how those that are missing are compiled: each is lowered to LLVM as a
// module of its own, one after the other because MLIR's context is one thread's; idle threads of the pool make code of
// those that are through meanwhile.
#include "passes/KernelCache.h"
#include "passes/Codegen.h"
#include "passes/Digest.h"
#include "passes/Pipelines.h"
#include "runtime/Threads.h"

#include "mlir/IR/OperationSupport.h"
#include "llvm/Support/raw_ostream.h"
#include <atomic>
#include <deque>
#include <mutex>
#include <unordered_map>

using namespace mlir;

namespace tcc {
namespace {

struct KeyHash {
  size_t operator()(const CacheKey &key) const {
    size_t hash;
    std::memcpy(&hash, key.data(), sizeof(hash));
    return hash;
  }
};

/// Kernels that no program has any more are kept up to this number at least.
constexpr size_t keptUnused = 256;

struct Cache {
  std::mutex mutex;
  std::unordered_map<CacheKey, std::shared_ptr<const CompiledKernel>, KeyHash> kernels;
  size_t sweepAt = keptUnused; // so many kernels
  std::atomic<uint64_t> hits{0}, loads{0}, misses{0};
};

// Never destroyed: kernels may run while the process exits.
Cache &cache() {
  static Cache *instance = new Cache;
  return *instance;
}

/// The text of a kernel and what it needs, without its name and locations.
std::string textOf(ArrayRef<Operation *> unit) {
  std::string text;
  llvm::raw_string_ostream os(text);
  OpPrintingFlags flags;
  flags.useLocalScope().skipRegions(false).enableDebugInfo(false);
  std::string name = SymbolTable::getSymbolName(unit.front()).str();
  for (Operation *op : unit) {
    StringAttr own = SymbolTable::getSymbolName(op);
    StringRef ending = own.getValue();
    bool isNamedAfterKernel = ending.consume_front(name);
    if (isNamedAfterKernel)
      SymbolTable::setSymbolName(op, ("kernel" + ending).str());
    op->print(os, flags);
    os << '\n';
    if (isNamedAfterKernel)
      SymbolTable::setSymbolName(op, own);
  }
  return text;
}

/// What a kernel is on disk.
struct Entry {
  SizeExpr extent, scratch;
  double blockNanoseconds = 0;
  bool hasFinish = false;
  StringRef object;

  std::string write() const {
    ByteWriter to;
    extent.write(to);
    scratch.write(to);
    to.add(blockNanoseconds);
    to.add(hasFinish);
    to.add(object);
    return std::move(to.bytes);
  }
  static std::optional<Entry> read(StringRef bytes) {
    ByteReader from(bytes);
    Entry entry;
    entry.extent = SizeExpr::read(from);
    entry.scratch = SizeExpr::read(from);
    entry.blockNanoseconds = from.get<double>();
    entry.hasFinish = from.get<bool>();
    entry.object = from.text();
    return from.ok() ? std::optional(entry) : std::nullopt;
  }
};

llvm::Expected<std::shared_ptr<const CompiledKernel>> link(const CacheKey &key, const Entry &entry) {
  auto kernel = std::make_shared<CompiledKernel>();
  auto jit = Jit::create({entry.object.data(), entry.object.size()});
  if (!jit)
    return jit.takeError();
  kernel->key = key;
  kernel->code = std::move(*jit);
  auto function = kernel->code->lookup("kernel");
  if (!function)
    return function.takeError();
  kernel->function = *function;
  if (entry.hasFinish) {
    auto finish = kernel->code->lookupFinish("kernel");
    if (!finish)
      return finish.takeError();
    kernel->finish = *finish;
  }
  kernel->extent = entry.extent;
  kernel->scratch = entry.scratch;
  kernel->blockNanoseconds = entry.blockNanoseconds;
  return kernel;
}

/// A kernel on its way from LLVM IR to code.
struct Unit {
  unsigned index; // of the kernel
  KernelInfo info;
  TranslatedModule code;
  CompileTimes times = {};
  std::shared_ptr<const CompiledKernel> kernel = nullptr;
  std::string error = {};
};

/// A kernel and the functions it needs, lowered and translated.
FailureOr<Unit> translate(unsigned index, ArrayRef<Operation *> needs, const Target &target) {
  OwningOpRef<ModuleOp> module = ModuleOp::create(needs.front()->getLoc());
  for (Operation *op : needs)
    module->push_back(op->clone());
  CompileTimes times;
  if (failed(lowerToLLVMDialect(*module, target, &times)))
    return failure();
  SymbolTable symbols(*module);
  std::string name = SymbolTable::getSymbolName(needs.front()).str();
  Unit unit{index, collectKernels(*module).front(), {}, times};
  for (StringRef ending : {"", "_finish"})
    if (Operation *op = symbols.lookup(name + ending.str()))
      SymbolTable::setSymbolName(op, ("kernel" + ending).str());
  Stopwatch watch;
  auto code = translateModule(*module, target);
  if (failed(code))
    return failure();
  unit.code = std::move(*code);
  unit.times.translation += watch.lap();
  return unit;
}

/// By its work, which its text tells: a kernel of so few nanoseconds must run some 50,000 times until better code has
/// made up for the time that it took to make.
Effort effortFor(const KernelInfo &info) {
  constexpr double brief = 1000;
  bool isBrief = info.extent.getNumSymbols() == 0 && double(info.extentFor({})) * info.blockNanoseconds <= brief;
  return isBrief ? Effort::little : Effort::full;
}

/// Makes code of units while more are added: the pool's idle threads take part from the first one on.
class Generation : runtime::SharedWork {
public:
  Generation(ArrayRef<CacheKey> keys, const Target &target)
      : SharedWork{[](SharedWork &work) { return static_cast<Generation &>(work).waiting > 0; },
                   [](SharedWork &work) { static_cast<Generation &>(work).takePart(); }, /*isLoop=*/true},
        keys(keys), target(target), disk(DiskCache::ofProcess()) {}

  void add(Unit unit) {
    {
      std::lock_guard lock(mutex);
      units.push_back(std::move(unit));
      ++waiting;
    }
    runtime::announceWork();
  }
  /// All units, with their code. To be called once, by who added them.
  std::deque<Unit> &finish() {
    takePart();
    sharing.reset(); // waits for what others have taken
    return units;
  }

private:
  void takePart() {
    while (Unit *unit = next())
      generate(*unit);
  }
  Unit *next() {
    std::lock_guard lock(mutex);
    if (taken == units.size())
      return nullptr;
    --waiting;
    return &units[taken++];
  }
  void generate(Unit &unit) const {
    const CacheKey &key = keys[unit.index];
    auto object = generateCode(std::move(unit.code), target, OutputKind::object, &unit.times, effortFor(unit.info));
    if (!object) {
      unit.error = llvm::toString(object.takeError());
      return;
    }
    Entry entry{SizeExpr::of(unit.info.extent.getResult(0)), SizeExpr::of(unit.info.scratch.getResult(0)),
                unit.info.blockNanoseconds, unit.info.hasFinish, StringRef(object->data(), object->size())};
    Stopwatch watch;
    auto kernel = link(key, entry);
    unit.times.linking += watch.lap();
    if (!kernel) {
      unit.error = llvm::toString(kernel.takeError());
      return;
    }
    unit.kernel = *kernel;
    if (disk)
      disk->put(key, entry.write());
  }

  ArrayRef<CacheKey> keys;
  const Target &target;
  std::shared_ptr<DiskCache> disk;
  std::mutex mutex;
  std::deque<Unit> units; // stay where they are while others are added
  size_t taken = 0;
  std::atomic<size_t> waiting{0};
  // Last: nobody holds the work any more when the rest is destroyed.
  std::optional<runtime::Sharing> sharing{std::in_place, static_cast<SharedWork &>(*this), runtime::numThreads() - 1};
};

// A loop whose program is another one in each turn runs in constant memory, too: what no program has is dropped when
// there is twice as much as programs have.
std::shared_ptr<const CompiledKernel> keep(std::shared_ptr<const CompiledKernel> kernel) {
  std::vector<std::shared_ptr<const CompiledKernel>> unused; // unloaded when the lock is free again
  std::lock_guard lock(cache().mutex);
  auto &kernels = cache().kernels;
  if (kernels.size() >= cache().sweepAt) {
    for (auto entry = kernels.begin(); entry != kernels.end();) {
      bool isUnused = entry->second.use_count() == 1; // copies are made of copies, or of this one behind the lock
      if (isUnused)
        unused.push_back(std::move(entry->second));
      entry = isUnused ? kernels.erase(entry) : std::next(entry);
    }
    cache().sweepAt = std::max(keptUnused, 2 * kernels.size());
  }
  return kernels.try_emplace(kernel->key, kernel).first->second;
}

} // namespace

KernelCacheCounts kernelCacheCounts() {
  std::lock_guard lock(cache().mutex);
  return {cache().hits, cache().loads, cache().misses, cache().kernels.size()};
}

std::string describeCompilation(const Target &target) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << compilerIdentity() << '|' << target.triple << '|' << target.cpu << '|' << target.features << '|'
     << target.vectorBits << '|' << target.indexBits << '|' << target.maskedMemory << target.fma << target.vectorize
     << target.positionIndependent << '\n';
  return text;
}

std::vector<std::shared_ptr<const CompiledKernel>> findKernels(ArrayRef<CacheKey> keys) {
  std::vector<std::shared_ptr<const CompiledKernel>> found(keys.size());
  SmallVector<unsigned> missing;
  {
    std::lock_guard lock(cache().mutex);
    for (auto [index, key] : llvm::enumerate(keys))
      if (auto known = cache().kernels.find(key); known != cache().kernels.end())
        found[index] = known->second;
      else
        missing.push_back(index);
  }
  cache().hits += keys.size() - missing.size();
  std::shared_ptr<DiskCache> disk = DiskCache::ofProcess();
  if (missing.empty() || !disk)
    return found;
  runtime::parallelFor(missing.size(), 1, [&](int64_t begin, int64_t end) {
    for (unsigned index : ArrayRef(missing).slice(begin, end - begin)) {
      std::optional<std::string> bytes = disk->get(keys[index]);
      std::optional<Entry> entry = bytes ? Entry::read(*bytes) : std::nullopt;
      if (!entry)
        continue;
      auto kernel = link(keys[index], *entry);
      if (!kernel) {
        llvm::consumeError(kernel.takeError()); // then it is compiled again
        continue;
      }
      found[index] = keep(std::move(*kernel));
      ++cache().loads;
    }
  });
  return found;
}

FailureOr<std::vector<std::shared_ptr<const CompiledKernel>>>
compileKernels(ArrayRef<Operation *> kernels, const Target &target, CompileTimes &times) {
  if (kernels.empty())
    return std::vector<std::shared_ptr<const CompiledKernel>>();
  std::string prefix = describeCompilation(target);
  auto source = kernels.front()->getParentOfType<ModuleOp>();
  SymbolTable symbols(source);
  SmallVector<SmallVector<Operation *>> needs; // each kernel with its finisher and the functions it calls
  std::vector<CacheKey> keys;
  std::vector<size_t> lengths;
  for (Operation *kernel : kernels) {
    needs.push_back(reachableFrom(symbols, kernel));
    std::string text = textOf(needs.back());
    keys.push_back(digestOf(prefix + text));
    lengths.push_back(text.size());
  }
  std::vector<std::shared_ptr<const CompiledKernel>> compiled = findKernels(keys);
  // Another thread may compile the same kernel meanwhile: cheaper than making all wait for each other.
  SmallVector<unsigned> missing;
  for (unsigned index = 0; index < kernels.size(); ++index)
    if (!compiled[index])
      missing.push_back(index);
  cache().misses += missing.size();
  if (missing.empty())
    return compiled;
  // The long ones first, so that none is started when the others are done.
  llvm::sort(missing, [&](unsigned a, unsigned b) { return std::pair(lengths[b], a) < std::pair(lengths[a], b); });
  Generation generation(keys, target);
  for (unsigned index : missing) {
    FailureOr<Unit> unit = translate(index, needs[index], target);
    if (failed(unit))
      return failure();
    generation.add(std::move(*unit));
  }
  for (Unit &unit : generation.finish()) {
    if (!unit.kernel)
      return kernels[unit.index]->emitError("cannot compile kernel: ") << unit.error;
    compiled[unit.index] = keep(std::move(unit.kernel));
    times += unit.times;
  }
  return compiled;
}

} // namespace tcc
