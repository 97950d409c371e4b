// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Finds BLAS and LAPACK on this machine.
#include "runtime/BlasLibrary.h"
#include "runtime/System.h"
#include "runtime/Tensors.h"
#include <stdio.h>
#ifdef __linux__
#include <sched.h>
#endif

namespace tcc::runtime {
namespace {

struct Libraries {
  void *blas, *lapack;
  BlasTable<float> sBlas;
  BlasTable<double> dBlas;
  BlasTable<Complex<float>> cBlas;
  BlasTable<Complex<double>> zBlas;
  LapackTable<float> sLapack;
  LapackTable<double> dLapack;
  LapackTable<Complex<float>> cLapack;
  LapackTable<Complex<double>> zLapack;
};

Libraries libraries;
Once once;

void *find(void *library, char type, const char *routine) {
  char name[32];
  snprintf(name, sizeof(name), "%c%s_", type, routine);
  return library ? findSymbol(library, name) : nullptr;
}

template <class T> void fill(void *library, char type, BlasTable<T> &table) {
  auto set = [&](auto &field, const char *routine) {
    field = reinterpret_cast<std::remove_reference_t<decltype(field)>>(find(library, type, routine));
  };
  set(table.gemm, "gemm");
  set(table.gemv, "gemv");
  set(table.trsm, "trsm");
  set(table.herk, isComplex<T> ? "herk" : "syrk");
}

template <class T> void fill(void *library, char type, LapackTable<T> &table) {
  auto set = [&](auto &field, const char *routine) {
    field = reinterpret_cast<std::remove_reference_t<decltype(field)>>(find(library, type, routine));
  };
  set(table.potrf, "potrf");
  set(table.getrf, "getrf");
  set(table.gelqf, "gelqf");
  set(table.unglq, isComplex<T> ? "unglq" : "orglq");
  set(table.trsyl, "trsyl");
  set(table.lasdq, "lasdq");
  set(table.gesvd, "gesvd");
  set(table.heev, isComplex<T> ? "heev" : "syev");
  set(table.gebal, "gebal");
  set(table.trevc3, "trevc3");
}

void *openFirst(const char *const *names, const char *symbol) {
  for (; *names; ++names)
    if (void *library = openLibrary(*names)) {
      if (findSymbol(library, symbol))
        return library;
      closeLibrary(library);
    }
  return nullptr;
}

#ifdef __linux__
/// Keeps the calling thread on the CPU it is on. OpenBLAS makes a thread for each CPU that the one who loads it may
/// use; none of our calls needs them, and they spin for some 25 ms before they sleep.
class OnOneCpu {
public:
  OnOneCpu() {
    cpu_set_t one;
    CPU_ZERO(&one);
    int cpu = sched_getcpu();
    if (cpu < 0 || cpu >= CPU_SETSIZE || sched_getaffinity(0, sizeof(all), &all))
      return;
    CPU_SET(cpu, &one);
    isPinned = !sched_setaffinity(0, sizeof(one), &one);
  }
  ~OnOneCpu() {
    if (isPinned)
      sched_setaffinity(0, sizeof(all), &all);
  }
  OnOneCpu(const OnOneCpu &) = delete;

private:
  cpu_set_t all;
  bool isPinned = false;
};
#else
struct OnOneCpu {};
#endif

void open() {
  [[maybe_unused]] OnOneCpu whileLoading;
  static const char *const blasNames[] = {"libopenblas.so.0", "libopenblas.so", "libblas.so.3", nullptr};
  static const char *const lapackNames[] = {"libopenblas.so.0", "libopenblas.so", "liblapack.so.3", nullptr};
  libraries.blas = openFirst(blasNames, "dgemm_");
  libraries.lapack = openFirst(lapackNames, "zgesdd_");
  for (void *library : {libraries.blas, libraries.lapack})
    if (library)
      if (auto set = reinterpret_cast<void (*)(int)>(findSymbol(library, "openblas_set_num_threads")))
        set(1);
  fill(libraries.blas, 's', libraries.sBlas);
  fill(libraries.blas, 'd', libraries.dBlas);
  fill(libraries.blas, 'c', libraries.cBlas);
  fill(libraries.blas, 'z', libraries.zBlas);
  fill(libraries.lapack, 's', libraries.sLapack);
  fill(libraries.lapack, 'd', libraries.dLapack);
  fill(libraries.lapack, 'c', libraries.cLapack);
  fill(libraries.lapack, 'z', libraries.zLapack);
}

} // namespace

#define TCC_TABLES(type, letter)                                                                                       \
  template <> const BlasTable<type> *blas<type>() {                                                                    \
    once.call(open);                                                                                                   \
    return libraries.blas ? &libraries.letter##Blas : nullptr;                                                         \
  }                                                                                                                    \
  template <> const LapackTable<type> *lapack<type>() {                                                                \
    once.call(open);                                                                                                   \
    return libraries.lapack && libraries.blas ? &libraries.letter##Lapack : nullptr;                                   \
  }                                                                                                                    \
  template <> LapackTable<type> *lapackForTests<type>() { return const_cast<LapackTable<type> *>(lapack<type>()); }
TCC_TABLES(float, s)
TCC_TABLES(double, d)
TCC_TABLES(Complex<float>, c)
TCC_TABLES(Complex<double>, z)

int32_t noLibrary(const char *op, const char *library, TccStatus *status) {
  return fail(status, TCC_ERROR_UNAVAILABLE, "[%s] expected %s on this machine (Debian: libopenblas0), found none", op,
              library);
}

} // namespace tcc::runtime
