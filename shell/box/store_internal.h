/* What store.c (commits) and store_load.c (the start, rollback) share of the state directory. */
#ifndef MIRRORSH_STORE_INTERNAL_H
#define MIRRORSH_STORE_INTERNAL_H

#include "../config/text.h"
#include "file.h"
#include "store.h"

#define STARTUP    "startup.conf"
#define STAGED     "startup.conf.new"
#define RESCUE     "rescue.conf"
#define VNI_FILE   "vni.auto"
#define VNI_STAGED "vni.auto.new"

enum { ARCHIVE_NAME_MAX = 32 };

struct store {
    char *path;
    int dir, lock, archive;  /* descriptors */
    unsigned long *archived; /* serial numbers of archive/, ascending: the last is rollback 1 */
    size_t archive_count;
    char *vni_text;        /* what vni.auto says; NULL: not known */
    bool startup_unusable; /* startup.conf was not loaded: never to be archived */
};

void archive_name(unsigned long serial, char name[static ARCHIVE_NAME_MAX]);
/* "PATH/name: error"; returns error. */
int store_error(const struct store *store, const char *name, int error, char *why, size_t why_size);

#endif
