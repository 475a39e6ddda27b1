/* What store.c (the directory), store_save.c (commits) and store_load.c (the start, rollback)
 * share of the state directory. */
#ifndef MIRRORSH_STORE_INTERNAL_H
#define MIRRORSH_STORE_INTERNAL_H

#include "../config/text.h"
#include "file.h"
#include "store.h"

#define STARTUP            "startup.conf"
#define STAGED             "startup.conf.new" /* in the archive too */
#define ASIDE              "startup.conf.aside"
#define RESCUE             "rescue.conf"
#define RESCUE_STAGED      "rescue.conf.new"
#define UNCONFIRMED        "unconfirmed.conf"
#define UNCONFIRMED_STAGED "unconfirmed.conf.new"
#define ASSIGNED_FILE      "vni.auto"
#define ASSIGNED_STAGED    "vni.auto.new"
#define RECORDS            "commits"
#define RECORDS_STAGED     "commits.new"

/* The first line of unconfirmed.conf, with the digest of what startup.conf has. */
#define UNCONFIRMED_HEAD "# unconfirmed, before it: "

enum { ARCHIVE_NAME_MAX = 32 };

/* A file's bytes, owned; data NULL: none. */
struct store_text {
    char *data;
    size_t length;
};

/* An entry of archive/. */
struct store_entry {
    unsigned long serial;
    uint64_t digest; /* of its text; 0: there is no record of it */
    struct record record;
};

struct store {
    char *path;
    int dir, lock, archive;       /* descriptors, -1: none */
    struct store_entry *archived; /* by serial number, ascending: the last is rollback 1 */
    size_t archive_count;
    unsigned long last_serial; /* the highest in archive/, an entry's or not */
    struct store_text runs;    /* what runs, as it was loaded or saved; none: the empty start */
    struct record record;      /* of that */
    bool unconfirmed;          /* that is to go back to what startup.conf has, which is: */
    struct store_text before;
    char *fallback;      /* store_fallback */
    char *assigned_text; /* what vni.auto says; NULL: not known */
};

void archive_name(unsigned long serial, char name[static ARCHIVE_NAME_MAX]);
/* Appends to the list, as an entry without a record; NULL when memory runs out. */
struct store_entry *archive_add(struct store *store, unsigned long serial);
/* Writes a text into the archive as its newest entry, on the disk when it returns: 0 and *serial,
 * or -errno. The list is as it was. */
int archive_write(const struct store *store, const struct store_text *text, unsigned long *serial);
/* Whether the newest entry has exactly this text. */
bool archive_newest_is(const struct store *store, const struct store_text *text);
/* Whether the file has exactly this text. */
bool store_file_is(int dir, const char *name, const struct store_text *text);
/* The file of records: what the archive's entries have in it, and what its text says of `text`,
 * whose record is zero when there is none. Lines that are no such line are left out. */
void records_read(struct store *store);
struct record records_find(const struct store *store, const struct store_text *text);
/* Writes it: of the entries of the archive from `first` on, of what runs if it becomes the entry
 * `serial`, and of what is to run. 0 or -errno; it is not durable before the directory is. */
int records_write(const struct store *store, size_t first, unsigned long serial,
                  const struct store_text *text, const struct record *record);
/* "PATH/name: error"; returns error. */
int store_error(const struct store *store, const char *name, int error, char *why, size_t why_size);

#endif
