/* How long the classifier looks for a packet's rule, for the bench:
 *
 *   lookup ROUNDS
 *
 * Lists of ClassBench ($MIRRORSH_DATA) and others of their shapes, of IPv4 and of IPv6, each beside
 * a scan of the same rules from the front, by turns; what both find is compared for every packet.
 * A lookup is all that is done for a packet whose key is there. Prints a result of table.py a line,
 * as JSON; the time is this thread's, of a processor. */
#include "../../engine/plan/lanes.h"
#include "../unit/rule_sets.h"
#include <time.h>

enum { ROUNDS_MAX = 100, RUN_NS = 4000000 /* at least, of each run */ };

struct subject {
    struct rule_set set;
    struct classifier *classifier;
    struct lanes *scanned;
    size_t scanned_count;
};

static void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "lookup: %s\n", what);
    exit(1);
}

static uint64_t now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
    return (uint64_t)at.tv_sec * 1000000000u + (uint64_t)at.tv_nsec;
}

/* ---- both ways ---- */

typedef struct verdict find_function(const struct subject *, const struct probe *);

static struct verdict by_classifier(const struct subject *subject, const struct probe *probe)
{
    return classifier_find(subject->classifier, probe);
}

static struct verdict by_scan(const struct subject *subject, const struct probe *probe)
{
    for (size_t i = 0; i < subject->scanned_count; i++)
        if (lanes_fit(&subject->scanned[i], probe))
            return subject->scanned[i].rest.verdict;
    return (struct verdict){.kind = VERDICT_UNMATCHED, .rule_slot = NO_SLOT};
}

static void prepare_scan(struct subject *subject)
{
    const struct rule_set *set = &subject->set;
    subject->scanned = aligned_alloc(CACHE_LINE, set->count * sizeof *subject->scanned);
    must(subject->scanned, "no memory");
    subject->scanned_count = 0;
    for (size_t i = 0; i < set->count; i++)
        subject->scanned_count +=
            lanes_compile(&set->rules[i], &subject->scanned[subject->scanned_count]);
}

/* Verdicts that are not the scan's. */
static size_t differing(const struct subject *subject)
{
    size_t count = 0;
    for (size_t i = 0; i < subject->set.key_count; i++) {
        struct probe probe = classifier_probe(&subject->set.keys[i]);
        struct verdict found = by_classifier(subject, &probe), first = by_scan(subject, &probe);
        count += found.kind != first.kind || found.rule_slot != first.rule_slot ||
                 found.session != first.session;
    }
    return count;
}

/* Nanoseconds a lookup, of every so many-th packet. */
static double cost(const struct subject *subject, find_function *find, size_t step)
{
    uint64_t begin = now(), took;
    size_t lookups = 0;
    do {
        uint32_t sum = 0;
        for (size_t i = 0; i < subject->set.key_count; i += step, lookups++) {
            struct probe probe = classifier_probe(&subject->set.keys[i]);
            sum += find(subject, &probe).rule_slot;
        }
        __asm__ volatile("" ::"r"(sum)); /* it is looked at */
        took = now() - begin;
    } while (took < RUN_NS);
    return (double)took / (double)lookups;
}

/* ---- results ---- */

static unsigned rounds;

struct spread {
    double median, lowest, highest;
};

static int by_size(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static struct spread spread_of(double values[])
{
    qsort(values, rounds, sizeof *values, by_size);
    return (struct spread){(values[(rounds - 1) / 2] + values[rounds / 2]) / 2, values[0],
                           values[rounds - 1]};
}

/* limit: 0: none; scan: NULL: it has nothing to do with this. */
static void print(const char *name, const char *what, const char *unit, struct spread mine,
                  double limit, const struct spread *scan, const char *fault)
{
    printf("{\"name\": \"lookup-%s\", \"what\": \"%s\", \"unit\": \"%s\", \"figure\": %.4g", name,
           what, unit, mine.median);
    if (limit > 0)
        printf(", \"to_reach\": %g", limit);
    printf(", \"mirrorsh\": {\"median\": %.4g, \"lowest\": %.4g, \"highest\": %.4g}", mine.median,
           mine.lowest, mine.highest);
    if (scan)
        printf(", \"others\": {\"linear scan\": {\"median\": %.4g, \"lowest\": %.4g, "
               "\"highest\": %.4g}}",
               scan->median, scan->lowest, scan->highest);
    printf(*fault ? ", \"faults\": [\"%s\"]}\n" : "%s}\n", fault);
    fflush(stdout);
}

static void time_lookups(struct subject *subject, const char *name, const char *what, double limit)
{
    double mine[ROUNDS_MAX], scan[ROUNDS_MAX];
    char fault[80] = "";
    prepare_scan(subject);
    size_t wrong = differing(subject), step = 1 + subject->set.count / 1000;
    if (wrong > 0)
        snprintf(fault, sizeof fault, "%zu of %zu verdicts are not the scan's", wrong,
                 subject->set.key_count);
    for (unsigned round = 0; round < 2 * rounds; round++) {
        if (round / 2 % 2 == round % 2)
            mine[round / 2] = cost(subject, by_classifier, 1);
        else
            scan[round / 2] = cost(subject, by_scan, step);
    }
    struct spread scanned = spread_of(scan);
    print(name, what, "ns", spread_of(mine), limit, &scanned, fault);
    free(subject->scanned);
}

/* ---- the lists ---- */

/* Of the large lists, the slowest to compile and the largest. */
struct compiling {
    struct spread milliseconds, megabytes;
};

static void compile(struct subject *subject, struct compiling *worst)
{
    double took[ROUNDS_MAX];
    for (unsigned round = 0; round < rounds; round++) {
        classifier_free(subject->classifier);
        uint64_t begin = now();
        subject->classifier = classifier_new(subject->set.rules, subject->set.count);
        took[round] = 1e-6 * (double)(now() - begin);
        must(subject->classifier, "no memory");
    }
    struct spread milliseconds = spread_of(took);
    double megabytes = (double)classifier_size(subject->classifier) / (1 << 20);
    if (milliseconds.median > worst->milliseconds.median)
        worst->milliseconds = milliseconds;
    if (megabytes > worst->megabytes.median)
        worst->megabytes = (struct spread){megabytes, megabytes, megabytes};
}

struct list {
    const char *name, *file; /* NULL: none, it is made */
    unsigned shape;          /* of `shapes` */
    unsigned count;
    double limit; /* ns; twice that with IPv6; 0: none */
};

static const struct list lists[] = {
    {"1", NULL, 0, 1, 0},
    {"30", NULL, 0, 30, 15},
    {"acl-1k", "acl_1k", 0, 1000, 60},
    {"fw-1k", "fw_1k", 1, 1000, 60},
    {"ipc-1k", "ipc_1k", 2, 1000, 60},
    {"acl-10k", "acl_10k", 0, 10000, 100},
    {"fw-10k", NULL, 1, 10000, 100},
    {"ipc-10k", NULL, 2, 10000, 100},
    {"acl-100k", NULL, 0, 100000, 0},
};

static void run(const struct list *list, bool ipv6, struct compiling *worst)
{
    struct subject subject = {0};
    struct rule_set *set = &subject.set;
    bool read = list->file && classbench_load(list->file, set);
    must(read || rule_set_make(&shapes[list->shape], list->count, set), "no memory");
    if (set->key_count == 0)
        rule_set_draw_keys(set);
    if (ipv6)
        rule_set_to_ipv6(set);
    compile(&subject, worst);
    char name[40], what[80];
    snprintf(name, sizeof name, "%s%s", list->name, ipv6 ? "-ipv6" : "");
    snprintf(what, sizeof what, "%zu rule%s %s, IPv%d", set->count, set->count == 1 ? "" : "s",
             read ? "of ClassBench" : "made here", ipv6 ? 6 : 4);
    time_lookups(&subject, name, what, ipv6 ? 2 * list->limit : list->limit);
    classifier_free(subject.classifier);
    rule_set_free(set);
}

static void print_compiling(const char *count, const struct compiling *worst,
                            const double limits[static 2])
{
    char name[40], what[80];
    snprintf(name, sizeof name, "compile-%s", count);
    snprintf(what, sizeof what, "%s rules compiled, slowest list", count);
    print(name, what, "ms", worst->milliseconds, limits[0], NULL, "");
    snprintf(name, sizeof name, "memory-%s", count);
    snprintf(what, sizeof what, "%s rules, largest list", count);
    print(name, what, "MiB", worst->megabytes, limits[1], NULL, "");
}

int main(int argc, char **argv)
{
    struct compiling few = {0}, ten_thousand = {0}, most = {0};
    rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 5;
    must(rounds >= 1 && rounds <= ROUNDS_MAX, "usage: lookup ROUNDS");
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        unsigned count = lists[i].count;
        struct compiling *worst = count < 10000 ? &few : count < 100000 ? &ten_thousand : &most;
        for (int ipv6 = 0; ipv6 < (lists[i].limit > 0 || count == 1 ? 2 : 1); ipv6++)
            run(&lists[i], ipv6, worst);
    }
    print_compiling("10k", &ten_thousand, (const double[]){200, 16});
    print_compiling("100k", &most, (const double[]){0, 0});
    return 0;
}
