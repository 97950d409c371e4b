// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reading the plans of an artifact: the words of an entry, and its plan for one set of open sizes.
#ifndef TCC_RUNTIME_ARTIFACTPLAN_H
#define TCC_RUNTIME_ARTIFACTPLAN_H

#include "runtime/Artifact.h"
#include "runtime/Plan.h"
#include "runtime/Sizes.h"

namespace tcc::runtime {

class Words {
public:
  explicit Words(const int64_t *at) : at(at) {}
  int64_t next() { return *at++; }
  const int64_t *take(int64_t count) {
    const int64_t *start = at;
    at += count;
    return start;
  }
  struct Text {
    const char *bytes;
    int64_t length;
  };
  Text text() {
    int64_t length = next();
    return {reinterpret_cast<const char *>(take((length + 7) / 8)), length};
  }
  struct List {
    const int32_t *values;
    int32_t count;
  };
  List list() {
    int64_t count = next();
    return {reinterpret_cast<const int32_t *>(take((count + 1) / 2)), int32_t(count)};
  }
  int64_t size(const int64_t *symbols) {
    int64_t stack[maxSizeDepth];
    int depth = 0;
    for (int64_t count = next(); count > 0; --count) {
      auto operation = SizeOperation(next());
      int64_t value = next();
      if (operation == SizeOperation::Constant || operation == SizeOperation::Symbol) {
        stack[depth++] = operation == SizeOperation::Constant ? value : symbols[value];
        continue;
      }
      int64_t right = stack[--depth];
      stack[depth - 1] = combineSizes(operation, stack[depth - 1], right);
    }
    return stack[0];
  }

  void skipSize() {
    int64_t count = next();
    take(2 * count);
  }

private:
  const int64_t *at;
};

struct Type {
  Words::Text name;
  int32_t dtype, rank;
  const int64_t *shape;
};

inline Type readType(Words &words) {
  Type type;
  type.name = words.text();
  type.dtype = int32_t(words.next());
  type.rank = int32_t(words.next());
  type.shape = words.take(type.rank);
  return type;
}

struct Entry {
  Words::Text name;
  int32_t numSymbols, numInputs, numOutputs, numSlots, numSteps;
  int64_t sizeWords, numBodies; ///< of all steps
  Words types, checks, slots;

  explicit Entry(Words words) : types(words), checks(words), slots(words) {
    name = words.text();
    numSymbols = int32_t(words.next());
    numInputs = int32_t(words.next());
    numOutputs = int32_t(words.next());
    numSlots = int32_t(words.next());
    numSteps = int32_t(words.next());
    sizeWords = words.next();
    numBodies = words.next();
    types = words;
    for (int32_t i = 0; i < numInputs + numOutputs; ++i)
      readType(words);
    checks = words;
    for (int64_t count = words.next(); count > 0; --count) {
      words.text();
      words.take(2);
      words.skipSize();
      words.skipSize();
    }
    slots = words;
  }
};

/// A plan for one set of open sizes. Everything variable lies behind it in the same block.
struct Instance {
  Instance *next;
  Instance *bodies; ///< that steps run, chained by `next`
  int64_t entry, bytes;
  const int64_t *symbols;
  PlanView view;
  const int64_t *locations; ///< words of the entry's source locations
  int32_t numLocations;
};

inline Entry entryAt(const TccArtifact &artifact, int64_t index) {
  return Entry(Words(artifact.plan + artifact.plan[planHeaderSize + index]));
}

/// Null when memory is exhausted.
Instance *instantiate(const TccArtifact &artifact, int64_t index, const Entry &entry, const int64_t *symbols);
void destroy(Instance *instance);

} // namespace tcc::runtime
#endif
