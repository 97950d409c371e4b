// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The symbol table of the library functions. An ahead-of-time artifact does not link this file: it names only the
// functions it calls.
#include "runtime/Runtime.h"
#include <string.h>

static const TccEntry entries[] = {
#define TCC_ENTRY(mnemonic, num_results, optional_results, attributes, sample)                                         \
  {"tcc_" #mnemonic, tcc_##mnemonic, num_results, optional_results},
#include "runtime/EntryPoints.inc"
#undef TCC_ENTRY
};

const TccEntry *tcc_entries(int32_t *count) {
  *count = int32_t(sizeof(entries) / sizeof(entries[0]));
  return entries;
}

const TccEntry *tcc_find_entry(const char *symbol) {
  for (const TccEntry &entry : entries)
    if (!strcmp(entry.symbol, symbol))
      return &entry;
  return nullptr;
}
