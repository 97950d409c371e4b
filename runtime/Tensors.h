// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What every library function shares: sizes, attribute reading, argument checks and error messages.
#ifndef TCC_RUNTIME_TENSORS_H
#define TCC_RUNTIME_TENSORS_H

#include "runtime/Elements.h"
#include "runtime/Memory.h"
#include "runtime/Runtime.h"

namespace tcc::runtime {

inline constexpr int maxRank = 32;

/// Bytes of one element; 0 for a code that is no dtype.
int64_t elementSize(int32_t dtype);
/// "float32"; "?" for a code that is no dtype.
const char *dtypeName(int32_t dtype);
/// Product of the sizes, -1 if one is negative or the bytes do not fit into 63 bits.
int64_t numElements(int32_t rank, const int64_t *shape);
inline int64_t numElements(const TccTensor &t) { return numElements(t.rank, t.shape); }
inline int64_t numBytes(const TccTensor &t) { return numElements(t) * elementSize(t.dtype); }
/// Bytes of a tensor rounded up to the alignment, -1 on overflow.
int64_t allocationBytes(int32_t dtype, int32_t rank, const int64_t *shape);
/// Product of the sizes of axes [first, last).
int64_t extentOf(const TccTensor &t, int32_t first, int32_t last);

/// Writes the message and returns `code`.
__attribute__((format(printf, 3, 4))) int32_t fail(TccStatus *status, int32_t code, const char *format, ...);
int32_t outOfMemory(TccStatus *status, const char *op, int64_t bytes);

/// Checks counts, dtypes, ranks and sizes of all arguments, so that the functions behind it may trust them. Results
/// whose bits are set in `optionalResults` may have no data: nobody wants them.
int32_t checkArguments(const char *op, const TccTensor *in, int32_t numIn, int32_t wantedIn, const TccTensor *out,
                       int32_t numOut, int32_t wantedOut, TccStatus *status, uint32_t optionalResults = 0);
/// Fails unless `t` has exactly this shape and dtype.
int32_t checkTensor(const char *op, const char *what, const TccTensor &t, int32_t dtype, int32_t rank,
                    const int64_t *shape, TccStatus *status);

/// An array attribute.
struct Axes {
  const int64_t *values;
  int64_t count;
  int64_t operator[](int64_t i) const { return values[i]; }
  const int64_t *begin() const { return values; }
  const int64_t *end() const { return values + count; }
};

/// Reads the integer attributes in order.
class AttributeReader {
public:
  explicit AttributeReader(const int64_t *attrs) : position(attrs) {}
  int64_t integer() { return *position++; }
  double number() { return bitCast<double>(*position++); }
  Axes array() {
    int64_t count = *position++;
    Axes axes{position, count};
    position += count;
    return axes;
  }

private:
  const int64_t *position;
};

/// Fails unless the axes are distinct and within [0, rank).
int32_t checkAxes(const char *op, Axes axes, int32_t rank, TccStatus *status);

/// Collects the failure with the lowest batch index from parallel iterations.
class BatchFailure {
public:
  void report(int64_t index, int64_t info);
  bool any() const { return batch.load(std::memory_order_acquire) >= 0; }
  int64_t index() const { return batch.load(std::memory_order_acquire); }
  int64_t info() const { return code; }

private:
  std::atomic<int64_t> batch{-1};
  std::atomic<bool> lock{false};
  int64_t code = 0;
};

} // namespace tcc::runtime

/// Returns from the enclosing function with the code of a failed check.
#define TCC_CHECK(call)                                                                                                \
  do {                                                                                                                 \
    if (int32_t tccCode = (call))                                                                                      \
      return tccCode;                                                                                                  \
  } while (false)

#endif
