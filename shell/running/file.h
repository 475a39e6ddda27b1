/* Whole files, read at once and replaced at once; for the store and --check. */
#ifndef MIRRORSH_FILE_H
#define MIRRORSH_FILE_H

#include <stddef.h>

/* No configuration is larger: what is would only be read to no end. */
enum { FILE_SIZE_MAX = 64 * 1024 * 1024 };

/* Names are relative to the directory `dir` (AT_FDCWD: the working directory). All return 0
 * or -errno. *text is malloced, with a NUL behind its `length` bytes. */
/* A regular file, or a link to one, and nothing else (-ENOTSUP): never waits for a fifo. */
int file_read(int dir, const char *name, char **text, size_t *length);
/* Whatever the descriptor is; -EFBIG above FILE_SIZE_MAX. */
int file_read_all(int fd, char **text, size_t *length);
/* A new file of exactly this text, on the disk when it returns, in the place of one of that name
 * or of a link, which is not followed; a partial one is removed. */
int file_write(int dir, const char *name, const char *text, size_t length);
int file_sync_directory(int dir);

/* "is not a regular file", or the system's words. */
const char *file_error(int error);

#endif
