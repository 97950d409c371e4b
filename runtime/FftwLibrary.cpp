// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Plans are made with FFTW_ESTIMATE, so that a first call is fast, or FFTW_MEASURE if the environment says
// TCC_FFT=measure; what was measured is kept as wisdom in the cache folder. FFTW's planner is not thread-safe, its
// execution is.
#include "runtime/FftwLibrary.h"
#include "runtime/Memory.h"
#include "runtime/System.h"
#include <stdio.h>
#include <string.h>
#include <type_traits>

namespace tcc::runtime {
namespace {

/// fftw_iodim64 of fftw3.h: size, input stride, output stride.
struct Dimension {
  ptrdiff_t n, inStride, outStride;
};
using FftwPlan = void *;

constexpr unsigned measureFlag = 0, estimateFlag = 1u << 6, preserveInputFlag = 1u << 4;

template <class R> struct Library {
  bool present = false;
  FftwPlan (*planComplex)(int, const Dimension *, int, const Dimension *, R *, R *, int, unsigned);
  FftwPlan (*planForward)(int, const Dimension *, int, const Dimension *, R *, R *, unsigned);
  FftwPlan (*planBackward)(int, const Dimension *, int, const Dimension *, R *, R *, unsigned);
  void (*execute)(FftwPlan, R *, R *);
  void (*executeForward)(FftwPlan, R *, R *);
  void (*executeBackward)(FftwPlan, R *, R *);
  void (*destroy)(FftwPlan);
  int (*alignmentOf)(R *);
  int (*importWisdom)(const char *);
  int (*exportWisdom)(const char *);
  bool wisdomRead = false;
};

Library<float> floatLibrary;
Library<double> doubleLibrary;
Library<float> &libraryOf(float) { return floatLibrary; }
Library<double> &libraryOf(double) { return doubleLibrary; }

Once once;
Mutex mutex; // planner and cache
unsigned planFlag = estimateFlag;
bool refused = false;
int chosen = -1;
char wisdomFolder[4096]; // behind the mutex
bool wisdomFolderSet = false;

template <class R> void open(const char *name, const char *prefix, Library<R> &library) {
  void *handle = openLibrary(name);
  if (!handle)
    return;
  bool complete = true;
  auto set = [&](auto &field, const char *function) {
    char symbol[64];
    strcpy(symbol, prefix);
    strcat(symbol, function);
    field = reinterpret_cast<std::remove_reference_t<decltype(field)>>(findSymbol(handle, symbol));
    complete &= field != nullptr;
  };
  set(library.planComplex, "plan_guru64_dft");
  set(library.planForward, "plan_guru64_dft_r2c");
  set(library.planBackward, "plan_guru64_dft_c2r");
  set(library.execute, "execute_dft");
  set(library.executeForward, "execute_dft_r2c");
  set(library.executeBackward, "execute_dft_c2r");
  set(library.destroy, "destroy_plan");
  set(library.alignmentOf, "alignment_of");
  set(library.importWisdom, "import_wisdom_from_filename");
  set(library.exportWisdom, "export_wisdom_to_filename");
  library.present = complete;
}

void openAll() {
  const char *choice = environment("TCC_FFT");
#ifdef TCC_FFT_OWN
  refused = true;
#else
  refused = choice && !strcmp(choice, "own");
#endif
  if (choice && !strcmp(choice, "measure"))
    planFlag = measureFlag;
  if (refused)
    return;
  open("libfftw3f.so.3", "fftwf_", floatLibrary);
  open("libfftw3.so.3", "fftw_", doubleLibrary);
}

/// What a plan depends on: the lines, the alignment of both arrays and whether they are one.
struct Key {
  FftLines lines;
  int32_t inAlignment, outAlignment, inPlace, isDouble;
};
struct Entry {
  Key key;
  FftwPlan plan;
};
constexpr int cacheSize = 1024, probes = 8;
Entry cache[cacheSize];

unsigned hashOf(const Key &key) {
  uint64_t hash = 1469598103934665603u;
  auto *bytes = reinterpret_cast<const unsigned char *>(&key);
  for (size_t i = 0; i < sizeof(Key); ++i)
    hash = (hash ^ bytes[i]) * 1099511628211u;
  return unsigned(hash >> 20);
}

template <class R> FftwPlan makePlan(const FftLines &f, R *in, R *out, unsigned flag) {
  const Library<R> &library = libraryOf(R());
  Dimension axis{ptrdiff_t(f.n), ptrdiff_t(f.inStep), ptrdiff_t(f.outStep)};
  Dimension many[2] = {{ptrdiff_t(f.outerCount), ptrdiff_t(f.inOuterStride), ptrdiff_t(f.outOuterStride)},
                       {ptrdiff_t(f.innerCount), 1, 1}};
  switch (f.kind) {
  case FftKind::RealToComplex:
    return library.planForward(1, &axis, 2, many, in, out, flag | preserveInputFlag);
  case FftKind::ComplexToReal:
    return library.planBackward(1, &axis, 2, many, in, out, flag | preserveInputFlag);
  default:
    return library.planComplex(1, &axis, 2, many, in, out, f.kind == FftKind::Forward ? -1 : 1, flag);
  }
}

/// The file of this precision's wisdom, or false if none is kept. The mutex is held.
template <class R> bool wisdomPath(char (&path)[4200]) {
  const char *folder = wisdomFolderSet ? wisdomFolder : environment("TCC_CACHE_DIR");
  return folder && *folder && strlen(folder) < sizeof(wisdomFolder) &&
         snprintf(path, sizeof(path), "%s/fftw-wisdom-f%d", folder, int(8 * sizeof(R))) > 0;
}
/// Failures are none: a folder that cannot be written keeps nothing, a damaged file teaches FFTW nothing.
template <class R> void readWisdom() {
  Library<R> &library = libraryOf(R());
  char path[4200];
  if (library.wisdomRead || !wisdomPath<R>(path))
    return;
  library.wisdomRead = true;
  library.importWisdom(path);
}
/// Readers see the old file or the new one, whole; of two writers the last one wins.
template <class R> void writeWisdom() {
  char path[4200], temporary[4300];
  if (!wisdomPath<R>(path))
    return;
  snprintf(temporary, sizeof(temporary), "%s.%lld", path, (long long)processId());
  if (!libraryOf(R()).exportWisdom(temporary) || rename(temporary, path))
    remove(temporary);
}

/// Measuring overwrites the arrays, so it is done on others of the same alignment.
template <class R> FftwPlan measurePlan(const FftLines &f, const Key &key) {
  auto span = [&](int64_t outerStride, int64_t step, bool isComplexArray) {
    int64_t elements = (f.outerCount - 1) * outerStride + f.n * step;
    return elements * int64_t(sizeof(R)) * (isComplexArray ? 2 : 1) + alignment;
  };
  Scratch<char> in(span(f.inOuterStride, f.inStep, f.kind != FftKind::RealToComplex));
  Scratch<char> out(key.inPlace ? 0 : span(f.outOuterStride, f.outStep, f.kind != FftKind::ComplexToReal));
  if (!in || !out)
    return nullptr;
  R *from = reinterpret_cast<R *>(in.get() + key.inAlignment);
  return makePlan(f, from, key.inPlace ? from : reinterpret_cast<R *>(out.get() + key.outAlignment), planFlag);
}

} // namespace

void chooseFft(int own) { chosen = own; }

void setFftWisdomFolder(const char *folder) {
  mutex.lock();
  wisdomFolderSet = strlen(folder) < sizeof(wisdomFolder);
  if (wisdomFolderSet)
    strcpy(wisdomFolder, folder);
  floatLibrary.wisdomRead = doubleLibrary.wisdomRead = false;
  mutex.unlock();
}

template <class R> bool hasFftw() {
  once.call(openAll);
  return chosen != 1 && libraryOf(R()).present;
}

template <class R> int fftwFft(const FftLines &f, const R *in, R *out) {
  const Library<R> &library = libraryOf(R());
  R *from = const_cast<R *>(in); // FFTW's interface has no const; plans preserve their input
  Key key;
  memset(static_cast<void *>(&key), 0, sizeof(key)); // padding takes part in the hash
  key.lines.kind = f.kind;
  key.lines.n = f.n;
  key.lines.inStep = f.inStep;
  key.lines.outStep = f.outStep;
  key.lines.outerCount = f.outerCount;
  key.lines.innerCount = f.innerCount;
  key.lines.inOuterStride = f.inOuterStride;
  key.lines.outOuterStride = f.outOuterStride;
  key.inAlignment = library.alignmentOf(from);
  key.outAlignment = library.alignmentOf(out);
  key.inPlace = in == out;
  key.isDouble = sizeof(R) == 8;

  mutex.lock();
  FftwPlan plan = nullptr;
  Entry *vacant = nullptr;
  unsigned hash = hashOf(key);
  for (int i = 0; i < probes && !plan; ++i) {
    Entry &entry = cache[(hash + unsigned(i)) % cacheSize];
    if (entry.plan && !memcmp(&entry.key, &key, sizeof(Key)))
      plan = entry.plan;
    else if (!entry.plan && !vacant)
      vacant = &entry;
  }
  bool temporary = false;
  if (!plan) {
    if (planFlag != estimateFlag) {
      readWisdom<R>();
      plan = measurePlan<R>(f, key);
      writeWisdom<R>();
    }
    if (!plan)
      plan = makePlan(f, from, out, estimateFlag);
    temporary = !vacant;
    if (plan && vacant) {
      memcpy(static_cast<void *>(&vacant->key), &key, sizeof(Key));
      vacant->plan = plan;
    }
  }
  mutex.unlock();
  if (!plan)
    return 1;
  if (f.kind == FftKind::RealToComplex)
    library.executeForward(plan, from, out);
  else if (f.kind == FftKind::ComplexToReal)
    library.executeBackward(plan, from, out);
  else
    library.execute(plan, from, out);
  if (temporary) {
    mutex.lock();
    library.destroy(plan);
    mutex.unlock();
  }
  return 0;
}

template bool hasFftw<float>();
template bool hasFftw<double>();
template int fftwFft(const FftLines &, const float *, float *);
template int fftwFft(const FftLines &, const double *, double *);

} // namespace tcc::runtime
