/* Whole small files, read at once and replaced at once; for the store and --check. */
#ifndef MIRRORSH_FILE_H
#define MIRRORSH_FILE_H

#include <stddef.h>

/* Names are relative to the directory `dir` (AT_FDCWD: the working directory). All return 0
 * or -errno. *text is malloced, with a NUL behind its `length` bytes. */
int file_read(int dir, const char *name, char **text, size_t *length);
/* A file of exactly this text, on the disk when it returns; a partial one is removed. */
int file_write(int dir, const char *name, const char *text, size_t length);
int file_sync_directory(int dir);

#endif
