/* One journal a process. Under its lock there are entries and subjects; the thread that writes
 * takes a line out from under the lock and waits without it, however long its reader makes it wait,
 * while the lines that come meanwhile push each other out and are counted: see journal.h. */
#include "journal.h"
#include "../clock.h"
#include "../config/utf8.h"
#include "entries.h"
#include "subjects.h"
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEXT_MAX = 4000, WRITTEN_MAX = TEXT_MAX + 200, PATIENCE_SECONDS = 1 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of all below */
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct entries kept;
static struct subjects subjects;
static bool quiet, opened, writing, ending, ended;
static pthread_t writer;

const char *journal_priority(int priority)
{
    static const char *const names[] = {
        [LOG_EMERG] = "emergency", [LOG_ALERT] = "alert",     [LOG_CRIT] = "critical",
        [LOG_ERR] = "error",       [LOG_WARNING] = "warning", [LOG_NOTICE] = "notice",
        [LOG_INFO] = "info",       [LOG_DEBUG] = "debug",
    };

    return names[priority & LOG_PRIMASK];
}

/* ---- saying ---- */

/* One line whatever the text is; what is too long ends with "...". */
static void make_line(const char *text, char line[static TEXT_MAX])
{
    size_t used = 0;
    uint32_t code;

    while (*text && used < TEXT_MAX - 32) {
        size_t length = utf8_decode(text, &code);
        bool plain = length > 0 && !utf8_is_control(code);

        for (length = length ? length : 1; length > 0; length--, text++)
            used += (size_t)snprintf(line + used, TEXT_MAX - used, plain ? "%c" : "\\x%02x",
                                     (unsigned char)*text);
    }
    snprintf(line + used, TEXT_MAX - used, "%s", *text ? "..." : "");
}

static void add_line(int priority, const char *text)
{
    entries_add(&kept, priority, time(NULL), text);
    if (opened)
        pthread_cond_broadcast(&changed);
    else if (priority <= LOG_ERR && !quiet)
        fprintf(stderr, "mirrorsh: %s\n", text);
}

/* subject_fn */
static void add_told(void *context, int priority, const char *text, unsigned untold)
{
    char whole[TEXT_MAX + 64];

    (void)context;
    snprintf(whole, sizeof whole, "%s (%u before it not told)", text, untold);
    add_line(priority, untold > 0 ? whole : text);
}

__attribute__((format(printf, 3, 0))) static void say(const char *subject, int priority,
                                                      const char *format, va_list arguments)
{
    char line[TEXT_MAX], *text;

    if (vasprintf(&text, format, arguments) < 0)
        return;
    make_line(text, line);
    free(text);
    pthread_mutex_lock(&lock);
    if (subject)
        subjects_say(&subjects, subject, priority, line, clock_ms(), add_told, NULL);
    else
        add_line(priority, line);
    pthread_mutex_unlock(&lock);
}

void journal(int priority, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say(NULL, priority, format, arguments);
    va_end(arguments);
}

void journal_about(const char *subject, int priority, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say(subject, priority, format, arguments);
    va_end(arguments);
}

void journal_tick(int64_t now_ms)
{
    pthread_mutex_lock(&lock);
    subjects_tick(&subjects, now_ms, add_told, NULL);
    pthread_mutex_unlock(&lock);
}

void journal_quiet(bool wanted)
{
    pthread_mutex_lock(&lock);
    quiet = wanted;
    pthread_mutex_unlock(&lock);
}

/* ---- writing ---- */

/* Whether standard error is what systemd has connected to its journal: sd-daemon(3). */
static bool is_systemds(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    char ours[64];
    struct stat about;

    if (!stream || fstat(STDERR_FILENO, &about) < 0)
        return false;
    snprintf(ours, sizeof ours, "%llu:%llu", (unsigned long long)about.st_dev,
             (unsigned long long)about.st_ino);
    return strcmp(stream, ours) == 0;
}

static size_t print(char *to, size_t size, bool prefixed, int priority, const char *text)
{
    if (prefixed)
        return (size_t)snprintf(to, size, "<%d>%s\n", priority, text);
    return (size_t)snprintf(to, size, "mirrorsh: %s\n", text);
}

/* Waits as long as it takes, also where others have made the descriptor non-blocking. */
static bool write_all(const char *text, size_t length)
{
    struct pollfd ready = {.fd = STDERR_FILENO, .events = POLLOUT};

    while (length > 0) {
        ssize_t written = write(STDERR_FILENO, text, length);

        if (written < 0 && errno == EAGAIN)
            poll(&ready, 1, -1);
        else if (written < 0 && errno != EINTR)
            return false;
        if (written > 0) {
            text += written;
            length -= (size_t)written;
        }
    }
    return true;
}

/* The next line, and before it how many are missing there. With the lock, given away meanwhile. */
static void write_next(bool prefixed)
{
    char text[WRITTEN_MAX], missing[80];
    uint64_t lost = kept.lost;
    size_t length = 0;

    if (lost > 0) {
        snprintf(missing, sizeof missing, "%llu line%s lost here: they were not read in time",
                 (unsigned long long)lost, lost == 1 ? " is" : "s are");
        length = print(text, sizeof text, prefixed, LOG_WARNING, missing);
    }
    length += print(text + length, sizeof text - length, prefixed, kept.unwritten->priority,
                    kept.unwritten->text);
    kept.lost = 0;
    entries_take(&kept);
    writing = true;
    pthread_mutex_unlock(&lock);
    bool written = write_all(text, length);
    pthread_mutex_lock(&lock);
    writing = false;
    pthread_cond_broadcast(&changed);
    kept.lost += written ? 0 : lost + 1;
}

static void *write_lines(void *context)
{
    bool prefixed = is_systemds();

    (void)context;
    pthread_setname_np(pthread_self(), "journal");
    pthread_mutex_lock(&lock);
    while (kept.unwritten || !ending) {
        if (kept.unwritten)
            write_next(prefixed);
        else
            pthread_cond_wait(&changed, &lock);
    }
    ended = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return NULL;
}

int journal_open(void)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_mutex_lock(&lock);
    ending = ended = false;
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the main thread's */
    int error = pthread_create(&writer, NULL, write_lines, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    opened = error == 0;
    pthread_mutex_unlock(&lock);
    return -error;
}

/* With the lock: the writer has come that far, or a second has passed. */
static bool wait_for_writer(bool (*has_come)(void))
{
    struct timespec until;
    int waited = 0;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_SECONDS;
    while (!has_come() && waited == 0)
        waited = pthread_cond_timedwait(&changed, &lock, &until);
    return has_come();
}

static bool is_idle(void)
{
    return !opened || (!kept.unwritten && !writing);
}

static bool has_ended(void)
{
    return ended;
}

void journal_flush(void)
{
    pthread_mutex_lock(&lock);
    wait_for_writer(is_idle);
    pthread_mutex_unlock(&lock);
}

void journal_close(void)
{
    pthread_mutex_lock(&lock);
    subjects_tick(&subjects, INT64_MAX, add_told, NULL); /* what is held back has no other time */
    ending = true;
    pthread_cond_broadcast(&changed);
    if (opened && wait_for_writer(has_ended))
        pthread_join(writer, NULL);
    else if (opened)
        pthread_detach(writer); /* it waits for who does not read */
    opened = false;
    entries_free(&kept);
    subjects_free(&subjects);
    pthread_mutex_unlock(&lock);
}

/* ---- reading ---- */

_Static_assert(JOURNAL_ENTRIES_MAX == 2 * ENTRIES_KEPT, "all that is kept can be asked for");

struct journal_entry *journal_entries(size_t most, size_t *count)
{
    struct journal_entry *entries, *entry;
    const struct entry *first;
    size_t skipped, size = 1;

    pthread_mutex_lock(&lock);
    *count = kept.count[0] + kept.count[1];
    skipped = *count > most ? *count - most : 0;
    *count -= skipped;
    for (first = kept.first; first && skipped > 0; skipped--)
        first = first->next;
    for (const struct entry *each = first; each; each = each->next)
        size += sizeof *entries + strlen(each->text) + 1;
    entries = entry = malloc(size);
    char *text = entries ? (char *)(entries + *count) : NULL;
    for (; entries && first; first = first->next, entry++) {
        *entry = (struct journal_entry){first->when, first->priority, text};
        text = stpcpy(text, first->text) + 1;
    }
    pthread_mutex_unlock(&lock);
    return entries;
}
