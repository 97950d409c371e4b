// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Compiling and running programs.
#include "passes/Program.h"

#include "dialect/Dialect.h"
#include "passes/Digest.h"
#include "passes/PlanOps.h"

#include "llvm/ADT/ScopeExit.h"

#include <cstdio>
#include <cstdlib>

using namespace mlir;

namespace tcc {

void registerProgramDialects(DialectRegistry &registry) {
  registerTccDialect(registry);
  registry.insert<plan::PlanDialect, func::FuncDialect>();
  registerCompilerDialects(registry);
}

namespace {
/// What the programs of this process took, printed when it ends.
class ProcessTimes {
public:
  static ProcessTimes *ifWanted() {
    static const bool isWanted = std::getenv("TCC_MLIR_TIMING") != nullptr;
    static ProcessTimes instance;
    return isWanted ? &instance : nullptr;
  }
  void add(const ProgramTimes &times) {
    std::lock_guard lock(mutex);
    ++programs;
    all.load += times.load, all.form += times.form, all.lower += times.lower, all.plan += times.plan;
    all.kernels += times.kernels, all.build += times.build;
    all.code += times.code;
  }
  ~ProcessTimes() {
    if (!programs)
      return;
    std::fprintf(stderr, "tcc: programs %u, ms: load %.3f form %.3f lower %.3f plan %.3f kernels %.3f build %.3f",
                 programs, 1e3 * all.load, 1e3 * all.form, 1e3 * all.lower, 1e3 * all.plan, 1e3 * all.kernels,
                 1e3 * all.build);
    const CompileTimes &code = all.code;
    std::fprintf(stderr,
                 "; of kernels, by all threads: loops %.3f math %.3f lowering %.3f translation %.3f "
                 "optimisation %.3f codegen %.3f linking %.3f\n",
                 1e3 * code.loops, 1e3 * code.math, 1e3 * code.lowering, 1e3 * code.translation,
                 1e3 * code.optimisation, 1e3 * code.codegen, 1e3 * code.linking);
  }

private:
  std::mutex mutex;
  ProgramTimes all;
  unsigned programs = 0;
};
} // namespace

/// The program's plan as another process left it on disk, with its kernels.
static std::optional<PlanTemplate> load(const DiskCache &disk, const CacheKey &key) {
  std::optional<std::string> bytes = disk.get(key);
  if (!bytes)
    return std::nullopt;
  ByteReader from(*bytes);
  auto kernels = findKernels(from.vector<CacheKey>());
  if (!llvm::all_of(kernels, [](auto &kernel) { return bool(kernel); }))
    return std::nullopt;
  return PlanTemplate::read(from, kernels);
}

/// The kernels of a plan and of the plans that its steps run, each once.
static void collectKernels(const PlanTemplate &plan, std::vector<CacheKey> &keys,
                           llvm::DenseMap<const CompiledKernel *, uint32_t> &numbers) {
  for (const PlanTemplate::StepTemplate &step : plan.stepTemplates()) {
    if (step.kernel && numbers.try_emplace(step.kernel.get(), keys.size()).second)
      keys.push_back(step.kernel->key);
    for (const PlanTemplate::BodyTemplate &body : step.bodies)
      collectKernels(*body.plan, keys, numbers);
  }
}

static void store(const DiskCache &disk, const CacheKey &key, const PlanTemplate &plan) {
  std::vector<CacheKey> kernels;
  llvm::DenseMap<const CompiledKernel *, uint32_t> numbers;
  collectKernels(plan, kernels, numbers);
  ByteWriter to;
  to.add(kernels);
  plan.write(to, [&](const CompiledKernel &kernel) { return numbers.lookup(&kernel); });
  disk.put(key, to.bytes);
}

Program::Program(PlanTemplate own) : plan(std::move(own)) {
  if (!numOpenSizes())
    fixed = plan.instantiate({});
}

FailureOr<std::shared_ptr<Program>> compileProgram(ModuleOp module, StringRef entry, const ProgramOptions &options,
                                                   ProgramTimes *times) {
  ProgramTimes spent;
  Stopwatch watch;
  auto tell = llvm::scope_exit([&] {
    if (times)
      *times = spent;
    if (ProcessTimes *all = ProcessTimes::ifWanted())
      all->add(spent);
  });
  DialectRegistry registry;
  registerProgramDialects(registry);
  module.getContext()->appendDialectRegistry(registry);
  module.getContext()->loadAllAvailableDialects();

  Target target = options.target;
  target.vectorize &= !options.reference;
  std::shared_ptr<DiskCache> disk = DiskCache::ofProcess();
  CacheKey key;
  if (Operation *root = disk ? module.lookupSymbol(entry) : nullptr) {
    SymbolTable symbols(module);
    key = digestOf(reachableFrom(symbols, root), describeCompilation(target) + (options.reference ? "reference" : "") +
                                                     "memory " + std::to_string(options.memoryBudget));
    auto plan = load(*disk, key);
    spent.load = watch.lap();
    if (plan)
      return std::shared_ptr<Program>(new Program(std::move(*plan)));
  }
  FailureOr<func::FuncOp> function = planEntry(module, entry, options, &spent);
  if (failed(function))
    return failure();
  watch.lap();

  SmallVector<Operation *> kernels = launchedKernels(*function);
  auto compiled = compileKernels(kernels, target, spent.code);
  if (failed(compiled))
    return failure();
  llvm::StringMap<std::shared_ptr<const CompiledKernel>> byName;
  for (auto [kernel, code] : llvm::zip(kernels, *compiled))
    byName[SymbolTable::getSymbolName(kernel)] = code;
  spent.kernels = watch.lap();

  auto plan = PlanTemplate::create(*function, byName);
  if (failed(plan))
    return failure();
  if (disk)
    store(*disk, key, *plan);
  std::shared_ptr<Program> program(new Program(std::move(*plan)));
  spent.build = watch.lap();
  return program;
}

int32_t Program::checkSizes(std::span<const int64_t> openSizes, TccStatus &status) const {
  return plan.checkSizes({openSizes.data(), openSizes.size()}, status);
}

std::vector<std::vector<int64_t>> Program::outputShapes(std::span<const int64_t> openSizes) const {
  return plan.outputShapes({openSizes.data(), openSizes.size()});
}

std::shared_ptr<const runtime::Plan> Program::planFor(std::span<const int64_t> openSizes) const {
  if (fixed)
    return fixed;
  constexpr size_t remembered = 16;
  std::vector<int64_t> key(openSizes.begin(), openSizes.end());
  std::lock_guard lock(mutex);
  for (auto &[sizes, known] : recent)
    if (sizes == key)
      return known;
  if (recent.size() == remembered)
    recent.erase(recent.begin());
  return recent.emplace_back(key, plan.instantiate(key)).second;
}

int32_t Program::run(std::span<const void *const> inputs, std::span<void *const> outputs, TccStatus &status,
                     std::span<const int64_t> openSizes) const {
  assert(inputs.size() == inputTypes().size() && outputs.size() == outputTypes().size() &&
         openSizes.size() == numOpenSizes() && "callers check counts");
  if (int32_t code = checkSizes(openSizes, status))
    return code;
  std::shared_ptr<const runtime::Plan> current = planFor(openSizes);
  return runtime::run(current->view(), inputs.data(), outputs.data(), &status);
}

const SourceLocation *Program::sourceLocation(int32_t index) const {
  const auto &locations = plan.sourceLocations();
  return index >= 0 && size_t(index) < locations.size() ? &locations[index] : nullptr;
}

} // namespace tcc
