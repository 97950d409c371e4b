// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Subscripts and indexing functions. Expected values are NumPy 2.4.6's and SciPy's.
#include "test/unit/Table.h"

static const Tensor i = tensor({2, 0, 2}), j = tensor({1, 3, 0}), ij = tensor({{0, 2}, {1, 1}});

TEST(Indexing, Basic) {
  ROW(x()(1), float64, (Shape{4}), {4.0, 5.0, 6.0, 7.0});
  ROW(x()(-1, -2), float64, (Shape{}), {10.0});
  ROW(x()(slice(1, _), slice(_, _, 2)), float64, (Shape{2, 2}), {4.0, 6.0, 8.0, 10.0});
  ROW(x()(slice(_, _, -1), slice(3, 0, -2)), float64, (Shape{3, 2}), {11.0, 9.0, 7.0, 5.0, 3.0, 1.0});
  ROW(x()(slice(-2, 100)), float64, (Shape{2, 4}), {4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0});
  ROW(x()(slice(2, 1), 0), float64, (Shape{0}), {});
  ROW(y()(ellipsis, 1), float64, (Shape{2, 3}), {1.0, 5.0, 9.0, 13.0, 17.0, 21.0});
  ROW(y()(1, ellipsis), float64, (Shape{3, 4}),
      {12.0, 13.0, 14.0, 15.0, 16.0, 17.0, 18.0, 19.0, 20.0, 21.0, 22.0, 23.0});
  ROW(y()(_, newaxis, 2, slice(1, 3)), float64, (Shape{2, 1, 2}), {9.0, 10.0, 21.0, 22.0});
  ROW(x()(newaxis, ellipsis, newaxis), float64, (Shape{1, 3, 4, 1}),
      {0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0});
  ROW(y()(0, 1, 2), float64, (Shape{}), {6.0});
}

TEST(Indexing, Advanced) {
  ROW(x()(i), float64, (Shape{3, 4}), {8.0, 9.0, 10.0, 11.0, 0.0, 1.0, 2.0, 3.0, 8.0, 9.0, 10.0, 11.0});
  ROW(x()(i, j), float64, (Shape{3}), {9.0, 3.0, 8.0});
  ROW(x()(_, ij), float64, (Shape{3, 2, 2}), {0.0, 2.0, 1.0, 1.0, 4.0, 6.0, 5.0, 5.0, 8.0, 10.0, 9.0, 9.0});
  ROW(y()(_, i, j), float64, (Shape{2, 3}), {9.0, 3.0, 8.0, 21.0, 15.0, 20.0});
  ROW(y()(tensor({0, 1, 0}), _, j), float64, (Shape{3, 3}), {1.0, 5.0, 9.0, 15.0, 19.0, 23.0, 0.0, 4.0, 8.0});
  ROW(y()(0, _, j), float64, (Shape{3, 3}), {1.0, 5.0, 9.0, 3.0, 7.0, 11.0, 0.0, 4.0, 8.0});
  ROW(y()(_, 0, j), float64, (Shape{2, 3}), {1.0, 3.0, 0.0, 13.0, 15.0, 12.0});
  ROW(y()(0, i), float64, (Shape{3, 4}), {8.0, 9.0, 10.0, 11.0, 0.0, 1.0, 2.0, 3.0, 8.0, 9.0, 10.0, 11.0});
  ROW(y()(tensor({{0}, {1}}), i), float64, (Shape{2, 3, 4}),
      {8.0,  9.0,  10.0, 11.0, 0.0,  1.0,  2.0,  3.0,  8.0,  9.0,  10.0, 11.0,
       20.0, 21.0, 22.0, 23.0, 12.0, 13.0, 14.0, 15.0, 20.0, 21.0, 22.0, 23.0});
  ROW(y()(ij - 1, newaxis, tensor({0, 1})), float64, (Shape{2, 2, 1, 4}),
      {12.0, 13.0, 14.0, 15.0, 16.0, 17.0, 18.0, 19.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0});
  ROW(x()(tensor({-1, -3})), float64, (Shape{2, 4}), {8.0, 9.0, 10.0, 11.0, 0.0, 1.0, 2.0, 3.0});
  ROW(y()(slice(_, _, -1), ellipsis, j), float64, (Shape{2, 3, 3}),
      {13.0, 15.0, 12.0, 17.0, 19.0, 16.0, 21.0, 23.0, 20.0, 1.0, 3.0, 0.0, 5.0, 7.0, 4.0, 9.0, 11.0, 8.0});
}

TEST(Indexing, Masks) {
  ROW(x()(x() > 6.0), float64, (Shape{5}), {7.0, 8.0, 9.0, 10.0, 11.0});
  ROW(x()(tensor({true, false, true})), float64, (Shape{2, 4}), {0.0, 1.0, 2.0, 3.0, 8.0, 9.0, 10.0, 11.0});
  ROW(x()(_, tensor({true, false, true, true})), float64, (Shape{3, 3}),
      {0.0, 2.0, 3.0, 4.0, 6.0, 7.0, 8.0, 10.0, 11.0});
  ROW(y()(1, tensor({true, false, true}), j(slice(0, 2))), float64, (Shape{2}), {13.0, 23.0});
  ROW(y()(_, x() > 6.0), float64, (Shape{2, 5}), {7.0, 8.0, 9.0, 10.0, 11.0, 19.0, 20.0, 21.0, 22.0, 23.0});
  ROW(x()(tensor({false, false, false})), float64, (Shape{0, 4}), {});
}

TEST(Indexing, MasksWithoutAxes) {
  ROW(x()(true, 0), float64, (Shape{1, 4}), {0.0, 1.0, 2.0, 3.0});
  ROW(x()(tensor(true), 0), float64, (Shape{1, 4}), {0.0, 1.0, 2.0, 3.0});
  ROW(x()(false), float64, (Shape{0, 3, 4}), {});
  ROW(x().at(false).set(7), float64, (Shape{3, 4}), {0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0});
}

TEST(Indexing, Updates) {
  ROW(x().at(1).set(9.0), float64, (Shape{3, 4}), {0.0, 1.0, 2.0, 3.0, 9.0, 9.0, 9.0, 9.0, 8.0, 9.0, 10.0, 11.0});
  ROW(x().at(slice(_, _, 2), slice(_, _, -2)).set(tensor({-1.0, -2.0})), float64, (Shape{3, 4}),
      {0.0, -2.0, 2.0, -1.0, 4.0, 5.0, 6.0, 7.0, 8.0, -2.0, 10.0, -1.0});
  ROW(x().at(slice(1, _), 2).add(0.5), float64, (Shape{3, 4}),
      {0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.5, 7.0, 8.0, 9.0, 10.5, 11.0});
  ROW(x().at(slice(1, _)).multiply(2.0), float64, (Shape{3, 4}),
      {0.0, 1.0, 2.0, 3.0, 8.0, 10.0, 12.0, 14.0, 16.0, 18.0, 20.0, 22.0});
  ROW(x().at(_, 1).max(4.5), float64, (Shape{3, 4}), {0.0, 4.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0});
  ROW(x().at(_, 1).min(4.5), float64, (Shape{3, 4}), {0.0, 1.0, 2.0, 3.0, 4.0, 4.5, 6.0, 7.0, 8.0, 4.5, 10.0, 11.0});
  ROW(x().at(i).add(1.0), float64, (Shape{3, 4}), {1.0, 2.0, 3.0, 4.0, 4.0, 5.0, 6.0, 7.0, 10.0, 11.0, 12.0, 13.0});
  ROW(x().at(i, j).set(tensor({7.0, 8.0, 9.0})), float64, (Shape{3, 4}),
      {0.0, 1.0, 2.0, 8.0, 4.0, 5.0, 6.0, 7.0, 9.0, 7.0, 10.0, 11.0});
  ROW(x().at(slice(_, _, -1), i).add(tensor({1.0, 2.0, 4.0})), float64, (Shape{3, 4}),
      {2.0, 1.0, 7.0, 3.0, 6.0, 5.0, 11.0, 7.0, 10.0, 9.0, 15.0, 11.0});
  ROW(y().at(0, slice(1, _), j).multiply(3.0), float64, (Shape{2, 3, 4}),
      {0.0,  1.0,  2.0,  3.0,  12.0, 15.0, 6.0,  21.0, 24.0, 27.0, 10.0, 33.0,
       12.0, 13.0, 14.0, 15.0, 16.0, 17.0, 18.0, 19.0, 20.0, 21.0, 22.0, 23.0});
  ROW(x().at(x() > 6.0).set(0.0), float64, (Shape{3, 4}), {0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 0.0, 0.0, 0.0, 0.0, 0.0});
}

TEST(Indexing, Functions) {
  ROW(take(x(), ij), float64, (Shape{2, 2}), {0.0, 2.0, 1.0, 1.0});
  ROW(take(x(), ij, 1), float64, (Shape{3, 2, 2}), {0.0, 2.0, 1.0, 1.0, 4.0, 6.0, 5.0, 5.0, 8.0, 10.0, 9.0, 9.0});
  ROW(take_along_axis(x(), tensor({{3, 0}, {1, 1}, {-1, 2}}), 1), float64, (Shape{3, 2}),
      {3.0, 0.0, 5.0, 5.0, 11.0, 10.0});
  ROW(take_along_axis(x(), tensor({{2, 0, 1, 1}}), 0), float64, (Shape{1, 4}), {8.0, 1.0, 6.0, 7.0});
  ROW(put_along_axis(x(), tensor({{3}, {1}, {0}}), -1.0, 1), float64, (Shape{3, 4}),
      {0.0, 1.0, 2.0, -1.0, 4.0, -1.0, 6.0, 7.0, -1.0, 9.0, 10.0, 11.0});
  ROW(gather(x(), tensor({{2, 0}, {1, 1}}), 0), float64, (Shape{2, 2}), {8.0, 1.0, 4.0, 5.0});
  ROW(scatter_add(zeros({3, 2}, float64), tensor({{0, 1}, {0, 2}}), tensor({{1.0, 2.0}, {3.0, 4.0}}), 0), float64,
      (Shape{3, 2}), {4.0, 0.0, 0.0, 2.0, 0.0, 4.0});
  ROW(segment_sum(x(), tensor({1, 0, 1}), 3), float64, (Shape{3, 4}),
      {4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0, 14.0, 0.0, 0.0, 0.0, 0.0});
  ROW(dynamic_slice(x(), tensor({1, 3}), {2, 2}), float64, (Shape{2, 2}), {6.0, 7.0, 10.0, 11.0});
  ROW(dynamic_update_slice(x(), ones({1, 2}, float64) * -1.0, tensor({5, 0})), float64, (Shape{3, 4}),
      {0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, -1.0, -1.0, 10.0, 11.0});
}

TEST(Indexing, DataDependentShapes) {
  ROW(nonzero(x() > 9.0)[1], int64, (Shape{2}), {2, 3});
  ROW(unique(tensor({3.0, 1.0, 3.0, 2.0, 1.0})), float64, (Shape{3}), {1.0, 2.0, 3.0});
}
