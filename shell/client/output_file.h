/* A file of this machine that an answer goes to, with the rights of the person at this console. A
 * regular file is replaced when all is written: until then, and for ever where that fails, it is as
 * it was. What cannot be replaced is written as it is: a device, a fifo, a file with other names or
 * in a directory that takes no new one. */
#ifndef MIRRORSH_OUTPUT_FILE_H
#define MIRRORSH_OUTPUT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct output_file {
    int fd;          /* -1: not open */
    int error;       /* of the first that went wrong, positive; 0: nothing */
    bool regular;    /* else a device or a fifo */
    bool begun;      /* what stood in a file that is not replaced is gone */
    char *path;      /* that it has at the end; owned */
    char *temporary; /* that it has until then; NULL: the same; owned */
    uint64_t lines;  /* that were written */
};

/* For one that is not open. */
#define OUTPUT_FILE_NONE ((struct output_file){.fd = -1})

/* false: it cannot be written, and *why names it. A fifo that nobody reads is no file. */
bool output_file_open(struct output_file *file, const char *path, char *why, size_t why_size);
/* Waits for the reader of a fifo, but not through a signal. Nothing once something went wrong. */
void output_file_write(struct output_file *file, const char *text, size_t length);
/* What is written so far is to be seen under its name; more may follow. */
void output_file_show(struct output_file *file);
/* keep: what was written is the file; else, as far as possible, it never was. false with *why:
 * something went wrong, and it was not kept. Frees all; nothing where it is not open. */
bool output_file_close(struct output_file *file, bool keep, char *why, size_t why_size);

#endif
