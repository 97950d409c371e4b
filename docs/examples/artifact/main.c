/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * A model that trains, in plain C, without any compiler at run time:
 *   tcc-compile regression.mlir -o regression.o --grad=loss:1 --entry=predict --header=regression.h
 *   cc main.c regression.o -lm -o regression && ./regression
 */
#include "regression.h"
#include <math.h>
#include <stdio.h>

enum { batch = 64 };

static int check(int32_t code) {
  if (code != 0)
    fprintf(stderr, "error %d: %s\n", code, regression_error());
  return code;
}

int main(void) {
  /* t = 3 x0 - 2 x1 without noise: the weights must come out exactly. */
  float x[batch][2], t[batch], y[batch], w[2] = {0, 0};
  for (int i = 0; i < batch; ++i) {
    x[i][0] = sinf((float)i);
    x[i][1] = cosf(2.5f * (float)i);
    t[i] = 3 * x[i][0] - 2 * x[i][1];
  }

  /* The typed functions: pointers, and the open sizes after the tensors that have them. */
  float loss = 0, one = 1, dw[2];
  for (int step = 0; step < 200; ++step) {
    if (check(regression_loss_vjp(&x[0][0], batch, w, t, batch, &one, dw)))
      return 1;
    for (int k = 0; k < 2; ++k)
      w[k] -= 0.02f * dw[k];
  }
  if (check(regression_loss(&x[0][0], batch, w, t, batch, &loss)))
    return 1;
  printf("w = %.4f %.4f, loss = %.2e\n", w[0], w[1], loss);

  /* The general function: entries by name, tensors as DLPack's. */
  int64_t xShape[2] = {batch, 2}, wShape[1] = {2}, yShape[1] = {batch};
  DLDataType float32 = {2, 32, 1};
  DLTensor xt = {x, {1, 0}, 2, float32, xShape, NULL, 0}, wt = {w, {1, 0}, 1, float32, wShape, NULL, 0};
  DLTensor yt = {y, {1, 0}, 1, float32, yShape, NULL, 0};
  const DLTensor *in[] = {&xt, &wt};
  DLTensor *out[] = {&yt};
  if (check(regression_call("predict", in, 2, out, 1)))
    return 1;
  float worst = 0;
  for (int i = 0; i < batch; ++i)
    worst = fmaxf(worst, fabsf(y[i] - t[i]));
  printf("largest error of a prediction: %s\n", worst < 1e-3f ? "below 1e-3" : "too large");

  /* A mistake is a code and a sentence. */
  yShape[0] = 3;
  int32_t code = regression_call("predict", in, 2, out, 1);
  printf("a wrong shape: %s\n", code ? regression_error() : "not noticed");
  return worst < 1e-3f && code != 0 ? 0 : 1;
}
