// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the runtime asks of the operating system, so that it also builds for WebAssembly, which has no threads and no
// shared libraries: locks, the environment, and libraries that are opened when they are first needed.
#ifndef TCC_RUNTIME_SYSTEM_H
#define TCC_RUNTIME_SYSTEM_H

#include <stdint.h>

#ifndef __wasm__
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
#endif

namespace tcc::runtime {

#ifdef __wasm__

class Mutex {
public:
  void lock() {}
  void unlock() {}
};

class Once {
public:
  void call(void (*function)()) {
    if (!done) {
      done = true;
      function();
    }
  }

private:
  bool done = false;
};

inline void *openLibrary(const char *) { return nullptr; }
inline void *findSymbol(void *, const char *) { return nullptr; }
inline void closeLibrary(void *) {}
inline void whenForking(void (*)(), void (*)(), void (*)()) {}
inline const char *environment(const char *) { return nullptr; }
inline int64_t processId() { return 0; }

#else

/// Needs no initialisation at run time and no C++ library.
class Mutex {
public:
  void lock() { pthread_mutex_lock(&mutex); }
  void unlock() { pthread_mutex_unlock(&mutex); }

private:
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
};

class Once {
public:
  void call(void (*function)()) { pthread_once(&once, function); }

private:
  pthread_once_t once = PTHREAD_ONCE_INIT;
};

/// Null if there is none of this name.
inline void *openLibrary(const char *name) { return dlopen(name, RTLD_NOW | RTLD_LOCAL); }
inline void *findSymbol(void *library, const char *name) { return dlsym(library, name); }
inline void closeLibrary(void *library) { dlclose(library); }
inline void whenForking(void (*before)(), void (*inParent)(), void (*inChild)()) {
  pthread_atfork(before, inParent, inChild);
}
inline const char *environment(const char *name) { return getenv(name); }
inline int64_t processId() { return getpid(); }

#endif

} // namespace tcc::runtime
#endif
