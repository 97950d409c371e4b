/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 * Every way to call an artifact wrongly gives a code and a message. */
#include "regression.h"
#include <stdio.h>
#include <string.h>

static int refused = 0, tried = 0;

static void expect(int32_t code, const char *part) {
  ++tried;
  if (code != 0 && strstr(regression_error(), part))
    ++refused;
  else
    printf("%d: code %d, message '%s' without '%s'\n", tried, code, regression_error(), part);
}

int main(void) {
  float x[8] = {0}, w[2] = {0}, y[8] = {0};
  int64_t xShape[2] = {4, 2}, wShape[1] = {2}, yShape[1] = {4}, strides[2] = {1, 4}, huge[2] = {INT64_MAX, 2};
  int64_t negative[2] = {-4, 2};
  DLDataType float32 = {2, 32, 1}, float64 = {2, 64, 1};
  const DLTensor goodX = {x, {1, 0}, 2, float32, xShape, NULL, 0}, goodW = {w, {1, 0}, 1, float32, wShape, NULL, 0};
  DLTensor goodY = {y, {1, 0}, 1, float32, yShape, NULL, 0};
  const DLTensor *in[] = {&goodX, &goodW};
  DLTensor *out[] = {&goodY};
  DLTensor bad;
  const DLTensor *badIn[] = {&bad, &goodW};
#define WITH(field, value) (bad = goodX, bad.field = (value), regression_call("predict", badIn, 2, out, 1))
  if (regression_call("predict", in, 2, out, 1) != 0)
    printf("the right call: %s\n", regression_error());

  expect(regression_call("nothing", in, 2, out, 1), "no entry 'nothing'");
  expect(regression_call(NULL, in, 2, out, 1), "null");
  expect(regression_call("predict", in, 1, out, 1), "expected 2 inputs, got 1");
  expect(regression_call("predict", in, 2, out, 0), "expected 1 outputs, got 0");
  expect(regression_call("predict", NULL, 2, out, 1), "null");
  expect(WITH(data, NULL), "data is null");
  expect(WITH(dtype, float64), "expected float32, got float64");
  expect(WITH(ndim, 1), "expected 2 axes, got 1");
  expect(WITH(shape, NULL), "shape is null");
  expect(WITH(shape, huge), "too large");
  expect(WITH(shape, negative), "negative");
  expect(WITH(strides, strides), "row-major");
  expect(WITH(device.device_type, 2), "CPU");
  expect(WITH(byte_offset, 1), "not aligned");
  bad = goodY;
  bad.data = x;
  DLTensor *overlapping[] = {&bad};
  expect(regression_call("predict", in, 2, overlapping, 1), "overlaps");
  expect(regression_loss(x, 4, w, y, 3, w), "equal sizes");
  printf(refused == tried ? "all %d refused\n" : "some of %d accepted\n", tried);
  return refused != tried;
}
