/* The file of what was typed, a line each: see history_file.h. A line is one write behind all
 * others, so that no console loses another's; who cuts the file puts a new one in its place, and
 * who adds meanwhile waits for that. */
#include "history_file.h"
#include <fcntl.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Bytes of the newest lines, and of older ones that are borne before they are cut off. */
enum { KEPT_BYTES = 128 * 1024, READ_BYTES = 4 * KEPT_BYTES };

static bool is_own(const struct stat *file)
{
    return file->st_uid == geteuid();
}

/* Makes the directories of a path that are not there, below those that are ours: behind sudo the
 * home may be another user's. False: the last one is not there, or not ours. */
static bool make_directories(char *path)
{
    struct stat at = {0};
    bool there = true;

    for (char *slash = path; there && (slash = strchr(slash + 1, '/')); *slash = '/') {
        bool own = is_own(&at);

        *slash = '\0';
        there = stat(path, &at) == 0 || (own && mkdir(path, 0700) == 0 && stat(path, &at) == 0);
    }
    return there && is_own(&at);
}

char *history_file_path(void)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    bool given = state && *state == '/';
    char *path;

    if (!given && (!home || *home != '/')) {
        const struct passwd *user = getpwuid(geteuid());

        home = user ? user->pw_dir : "";
    }
    if (asprintf(&path, "%s%s/mirrorsh/history", given ? state : home,
                 given ? "" : "/.local/state") < 0)
        return NULL;
    if (make_directories(path))
        return path;
    free(path);
    return NULL;
}

/* Does not wait for long, for whoever has the lock may be stopped: to cut can wait for another
 * time, and what is added while another cuts may be lost. */
static bool lock(int fd, int how)
{
    const struct timespec pause = {.tv_nsec = 5 * 1000000L};
    const int most = how == LOCK_SH ? 400 : 20;

    for (int tries = 0; tries < most; tries++) {
        if (flock(fd, how | LOCK_NB) == 0)
            return true;
        nanosleep(&pause, NULL);
    }
    return false;
}

/* The file that stands at the path, and is not cut as long as it is open, if it could be locked;
 * -1: there is none to use. */
static int open_file(const char *path, int how, bool *locked)
{
    const int flags = O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    struct stat here, there;

    for (int tries = 0; tries < 3; tries++) {
        int fd = open(path, flags, 0600);

        if (fd < 0)
            return -1;
        if (fstat(fd, &here) != 0 || !S_ISREG(here.st_mode) || !is_own(&here)) {
            close(fd);
            return -1;
        }
        *locked = lock(fd, how);
        if (stat(path, &there) == 0 && there.st_ino == here.st_ino && there.st_dev == here.st_dev)
            return fd;
        close(fd); /* it was cut before we had the lock */
    }
    return -1;
}

/* The end of the file, from the first whole line on; malloced. */
static char *read_end(int fd)
{
    struct stat file;
    char *text = malloc(READ_BYTES + 1), *first = NULL;
    ssize_t got = -1;

    if (text && fstat(fd, &file) == 0) {
        off_t from = file.st_size > READ_BYTES ? file.st_size - READ_BYTES : 0;

        got = pread(fd, text, READ_BYTES, from);
        if (got >= 0)
            text[got] = '\0';
        first = got >= 0 && from > 0 ? strchr(text, '\n') : NULL;
    }
    if (first)
        memmove(text, first + 1, strlen(first + 1) + 1);
    if (got >= 0)
        return text;
    free(text);
    return NULL;
}

/* The place of the newest lines, as many as are kept. */
static const char *newest(const char *text)
{
    size_t length = strlen(text), at = length, first = length;

    for (size_t lines = 0; at > 0 && lines <= HISTORY_LINES && length - at < KEPT_BYTES; at--)
        if (text[at - 1] == '\n') {
            lines++;
            first = at;
        }
    return text + (at > 0 ? first : 0);
}

/* Puts a file of these lines in the place of the one that has grown long. */
static void cut(const char *path, const char *lines)
{
    char *fresh;
    size_t length = strlen(lines);

    if (asprintf(&fresh, "%s.XXXXXX", path) < 0)
        return;
    int fd = mkostemp(fresh, O_CLOEXEC);

    if (fd >= 0) {
        bool whole = write(fd, lines, length) == (ssize_t)length;

        whole &= close(fd) == 0;
        if (!whole || rename(fresh, path) != 0)
            unlink(fresh);
    }
    free(fresh);
}

void history_file_load(const char *path, void (*take)(void *context, const char *line),
                       void *context)
{
    bool alone;
    int fd = open_file(path, LOCK_EX, &alone);
    char *text = fd >= 0 ? read_end(fd) : NULL, *rest = NULL;

    if (text) {
        const char *kept = newest(text);

        if (alone && (size_t)(kept - text) > KEPT_BYTES)
            cut(path, kept);
        for (char *line = strtok_r(text + (kept - text), "\n", &rest); line;
             line = strtok_r(NULL, "\n", &rest))
            take(context, line);
    }
    free(text);
    if (fd >= 0)
        close(fd);
}

void history_file_add(const char *path, const char *line)
{
    char text[HISTORY_LINE_BYTES + 1];
    int length = snprintf(text, sizeof text, "%s\n", line), fd = -1;
    bool locked;

    if ((size_t)length < sizeof text)
        fd = open_file(path, LOCK_SH, &locked);
    if (fd < 0)
        return;
    if (write(fd, text, (size_t)length) < 0) {
        /* the disk is full: it is not kept */
    }
    close(fd);
}
