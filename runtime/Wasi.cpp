// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Closes the C library's way out of a WebAssembly module: its formatted printing, which writes our messages into
// memory, also names the functions that write files. With these in their place a module imports nothing. Empty
// elsewhere.
#ifdef __wasm__
#include <wasi/api.h>

extern "C" {

__wasi_errno_t __wasi_fd_close(__wasi_fd_t) { return __WASI_ERRNO_NOSYS; }
__wasi_errno_t __wasi_fd_seek(__wasi_fd_t, __wasi_filedelta_t, __wasi_whence_t, __wasi_filesize_t *) {
  return __WASI_ERRNO_NOSYS;
}
__wasi_errno_t __wasi_fd_write(__wasi_fd_t, const __wasi_ciovec_t *, size_t, __wasi_size_t *) {
  return __WASI_ERRNO_NOSYS;
}

} // extern "C"
#endif
