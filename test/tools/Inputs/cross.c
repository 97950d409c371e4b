/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
   Calls every entry of the artifact of cross.mlir and prints its numbers, one a line; cross.mjs does the same. */
#include "cross.h"
#include <stdio.h>

enum { numRows = 9, numInner = 17, numColumns = 13, numTerms = 20011 };

static float x[37], y[37], a[numRows * numInner], b[numInner * numColumns], c[numRows * numColumns];
static double signal[15], spectrum[16], terms[numTerms], gradient[numTerms];

static int complain(void) {
  printf("%s\n", cross_error());
  return 1;
}

int main(void) {
  for (int i = 0; i < 37; ++i)
    x[i] = (float)(i - 18) / 4;
  for (int i = 0; i < numRows * numInner; ++i)
    a[i] = (float)(i % 7) / 3 - 1;
  for (int i = 0; i < numInner * numColumns; ++i)
    b[i] = (float)(i % 5) / 7 - 0.25f;
  for (int i = 0; i < 15; ++i)
    signal[i] = i * i % 11;
  for (int i = 0; i < numTerms; ++i)
    terms[i] = (double)(i % 1001) / 1001;
  if (cross_gelu(x, y))
    return complain();
  for (int i = 0; i < 37; ++i)
    printf("%.7g\n", y[i]);
  if (cross_product(a, numRows, numInner, b, numInner, numColumns, c))
    return complain();
  for (int i = 0; i < numRows * numColumns; ++i)
    printf("%.7g\n", c[i]);
  if (cross_small(a, b, c))
    return complain();
  for (int i = 0; i < 21; ++i)
    printf("%.7g\n", c[i]);
  if (cross_spectrum(signal, spectrum))
    return complain();
  for (int i = 0; i < 16; ++i)
    printf("%.14g\n", spectrum[i]);
  double sum, one = 1;
  if (cross_loss(terms, numTerms, &sum) || cross_loss_vjp(terms, numTerms, &one, gradient))
    return complain();
  printf("%.14g\n", sum);
  for (int i = 0; i < numTerms; i += 1000)
    printf("%.14g\n", gradient[i]);
  /* Open sizes that do not fit are an error everywhere. */
  if (!cross_product(a, numRows, numInner, b, numColumns, numInner, c))
    return 2;
  fprintf(stderr, "%s\n", cross_error());
  return 0;
}
