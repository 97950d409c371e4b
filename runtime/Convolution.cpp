// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tcc_convolution: each part of it goes to the loop that fills vectors best.
#include "runtime/Convolution.h"
#include "runtime/ConvolutionPlanes.h"

namespace tcc::runtime {
namespace {

/// Where w meets x at one place only, as in gradients by the weights of 1 x 1 windows, the two may change places, so
/// that the one with fewer features is packed.
bool exchange(Geometry &g, Part &part) {
  for (int i = 0; i < g.numAxes; ++i) {
    const PartAxis &axis = part.axes[i];
    if (axis.out != 1)
      return false;
    for (int64_t t = 0; t < axis.numTaps; ++t)
      if (axis.shifts[t] < 0 || axis.shifts[t] >= g.axes[i].in)
        return false;
  }
  for (int i = 0; i < g.numAxes; ++i) {
    std::swap(g.axes[i].in, g.axes[i].kernel);
    std::swap(g.axes[i].xStride, g.axes[i].wStride);
    std::swap(part.axes[i].taps, part.axes[i].shifts);
  }
  std::swap(g.groups.first, g.groups.second);
  std::swap(g.channels.first, g.channels.second);
  std::swap(g.images, g.features);
  return true;
}

/// Whether groups are one channel and one feature each, neighbours in x and in y.
bool isDepthwiseByLanes(const Geometry &g, int64_t lanes) {
  bool areNeighbours = g.groups.count >= lanes && g.channels.count == 1 && g.features.count == 1;
  for (int64_t i = 1; areNeighbours && i < g.groups.count; ++i)
    areNeighbours = g.groups.first[i] == g.groups.first[0] + i && g.groups.third[i] == g.groups.third[0] + i;
  return areNeighbours;
}

template <class T> int32_t convolve(Geometry &g, const TccTensor *in, const TccTensor &out, TccStatus *status) {
  int64_t lanes = vectorLanes<Real<ConvolutionSum<T>>>();
  auto filled = [&](int64_t count) {
    int64_t vectors = (count + lanes - 1) / lanes;
    return double(count) / double(vectors * lanes);
  };
  const bool byGroups = !isComplex<T> && isDepthwiseByLanes(g, lanes);
  if (byGroups)
    std::swap(g.groups, g.channels);
  for (int64_t index = 0, count = numParts(g); index < count; ++index) {
    Part part;
    if (!describePart(g, index, part))
      return outOfMemory(status, "convolution", 0);
    if (part.numPositions == 0)
      continue;
    bool isExchanged = count == 1 && g.images.count >= lanes && g.features.count > g.images.count && exchange(g, part);
    const TccTensor &left = in[isExchanged], &right = in[!isExchanged];
    Convolution<T> call{g,
                        part,
                        static_cast<const T *>(left.data),
                        static_cast<const T *>(right.data),
                        numElements(right),
                        static_cast<T *>(out.data)};
    if constexpr (!isComplex<T>)
      if (byGroups) {
        TCC_CHECK(convolveByGroups(call, status));
        continue;
      }
    if constexpr (std::is_same_v<T, BFloat16>) {
      const double byPositions = filledPositionTiles(g, part), byTerms = filledTermTiles(g, part);
      // Vectors of floats take five times as long as full tiles.
      if (byPositions >= 0.2 || byTerms >= 0.2) {
        TCC_CHECK(byPositions >= byTerms ? convolveByPositionTiles(call, status) : convolveByTermTiles(call, status));
        continue;
      }
    }
    const PartAxis &inner = part.axes[g.numAxes - 1];
    bool areTermsLonger = inner.numTaps > inner.out;
    bool byFeatures = part.numTaps == 0 || g.features.count >= lanes ||
                      filled(g.features.count) >= filled(areTermsLonger ? inner.numTaps : inner.out);
    TCC_CHECK(byFeatures       ? convolveByFeatures(call, status)
              : areTermsLonger ? convolveByTerms(call, status)
                               : convolveByPositions(call, status));
  }
  return TCC_OK;
}

} // namespace
} // namespace tcc::runtime

using namespace tcc::runtime;

int32_t tcc_convolution(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *attrs,
                        TccStatus *status) {
  TCC_CHECK(checkArguments("convolution", in, n_in, 2, out, n_out, 1, status));
  Geometry geometry;
  TCC_CHECK(describe(in, out[0], attrs, geometry, status));
  if (numElements(out[0]) == 0)
    return TCC_OK;
  switch (in[0].dtype) {
  case TCC_I8:
  case TCC_U8:
    return convolve<uint8_t>(geometry, in, out[0], status);
  case TCC_I16:
    return convolve<uint16_t>(geometry, in, out[0], status);
  case TCC_I32:
  case TCC_U32:
    return convolve<uint32_t>(geometry, in, out[0], status);
  case TCC_I64:
    return convolve<uint64_t>(geometry, in, out[0], status);
  case TCC_F16:
    return convolve<Half>(geometry, in, out[0], status);
  case TCC_BF16:
    return convolve<BFloat16>(geometry, in, out[0], status);
  default:
    return dispatchLapack(in[0].dtype, [&]<class T>() { return convolve<T>(geometry, in, out[0], status); });
  }
}
