/* committed tree -> the numbers that its sessions leave out: see assign.h. */
#include "assign.h"

#include "../../engine/mirror_config.h"
#include "node.h"
#include "profile.h"
#include "value.h"
#include <stdlib.h>
#include <string.h>

/* ---- the list ---- */

const struct assignment *assignments_find(const struct assignments *assigned, const char *session)
{
    size_t low = 0, high = assigned->count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        int side = name_order(assigned->at[middle].session, session);
        if (side == 0)
            return &assigned->at[middle];
        if (side < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* Room for the next power of two, which the count alone tells. */
static bool grow(struct assignments *assigned)
{
    struct assignment *more;

    if ((assigned->count & (assigned->count - 1)) != 0)
        return true;
    more = realloc(assigned->at, (assigned->count == 0 ? 1 : 2 * assigned->count) * sizeof *more);
    if (more)
        assigned->at = more;
    return more;
}

bool assignments_add(struct assignments *assigned, const char *session, size_t length, uint32_t vni,
                     uint16_t priority)
{
    char *name = strndup(session, length);

    if (!name || !grow(assigned)) {
        free(name);
        return false;
    }
    assigned->at[assigned->count++] = (struct assignment){name, vni, priority};
    return true;
}

bool assignments_copy(const struct assignments *assigned, struct assignments *copy)
{
    bool good = true;

    *copy = (struct assignments){0};
    for (size_t i = 0; good && i < assigned->count; i++) {
        const struct assignment *entry = &assigned->at[i];
        good = assignments_add(copy, entry->session, strlen(entry->session), entry->vni,
                               entry->priority);
    }
    if (!good)
        assignments_free(copy);
    return good;
}

void assignments_free(struct assignments *assigned)
{
    for (size_t i = 0; i < assigned->count; i++)
        free(assigned->at[i].session);
    free(assigned->at);
    *assigned = (struct assignments){0};
}

/* ---- numbers that are taken ---- */

/* One bit a VNI: 2 MiB that are touched where VNIs are taken. */
enum { VNI_COUNT = VNI_MAX + 1, PRIORITY_COUNT = 1 << 15 };

struct taken {
    uint8_t vni[VNI_COUNT / 8];
    uint8_t priority[PRIORITY_COUNT / 8];
    uint32_t highest; /* of the priorities */
};

static bool is_taken(const uint8_t *taken, uint32_t number)
{
    return taken[number / 8] >> number % 8 & 1;
}

static void take(uint8_t *taken, uint32_t number)
{
    taken[number / 8] |= (uint8_t)(1 << number % 8);
}

static void take_priority(struct taken *taken, uint16_t priority)
{
    take(taken->priority, priority);
    if (priority > taken->highest)
        taken->highest = priority;
}

/* A tree's sessions and what they say themselves. */
struct sessions {
    struct node **at;
    size_t count;
    enum profile profile;
};

static struct sessions sessions_of(const struct node *tree)
{
    size_t first, count = node_range(tree, schema_child(tree->schema, "session"), &first);

    return (struct sessions){tree->children + first, count, profile_of(tree)};
}

/* What a session says. */
static struct session_numbers numbers_of(enum profile profile, const struct node *session)
{
    const char *vni = profile_setting(profile, session, "vni").text;
    const char *priority = profile_setting(profile, session, "priority").text;

    return (struct session_numbers){(uint32_t)value_to_number(vni, NO_VNI),
                                    (uint16_t)value_to_number(priority, NO_PRIORITY)};
}

static struct session_numbers own_numbers(const struct sessions *sessions, size_t session)
{
    return numbers_of(sessions->profile, sessions->at[session]);
}

/* NULL when memory runs out. */
static struct taken *taken_by(const struct sessions *sessions)
{
    struct taken *taken = calloc(1, sizeof *taken);

    for (size_t i = 0; taken && i < sessions->count; i++) {
        struct session_numbers own = own_numbers(sessions, i);
        if (own.vni != NO_VNI)
            take(taken->vni, own.vni);
        if (own.priority != NO_PRIORITY)
            take_priority(taken, own.priority);
    }
    return taken;
}

static bool vni_is_free(const struct taken *taken, uint32_t vni)
{
    return vni < VNI_COUNT && !is_taken(taken->vni, vni);
}

static bool priority_is_free(const struct taken *taken, uint16_t priority)
{
    return priority != NO_PRIORITY && priority <= PRIORITY_MAX &&
           !is_taken(taken->priority, priority);
}

/* ---- from a file ---- */

/* By session; of one session the first in the file first, which is where its entry stands. */
static int by_entry(const void *a, const void *b)
{
    const struct assignment *const *x = a, *const *y = b;
    int order = name_order((*x)->session, (*y)->session);

    return order != 0 ? order : (*x > *y) - (*x < *y);
}

static bool belongs(const struct assignment *entry, const struct node *tree,
                    const struct taken *taken)
{
    return node_instance(tree, "session", entry->session) &&
           (entry->vni == NO_VNI || vni_is_free(taken, entry->vni)) &&
           (entry->priority == NO_PRIORITY || priority_is_free(taken, entry->priority));
}

/* It has all that its session, which is there, leaves out. */
static bool is_whole(const struct assignment *entry, const struct node *tree, enum profile profile)
{
    const struct session_numbers own =
        numbers_of(profile, node_instance(tree, "session", entry->session));

    return (own.vni != NO_VNI || entry->vni != NO_VNI) &&
           (own.priority != NO_PRIORITY || entry->priority != NO_PRIORITY);
}

static bool settle(const struct assignments *assigned, const struct node *tree,
                   struct assignments *settled)
{
    struct sessions sessions = sessions_of(tree);
    const struct assignment **sorted = calloc(assigned->count + 1, sizeof *sorted);
    struct taken *taken = taken_by(&sessions);
    bool good = sorted && taken;

    *settled = (struct assignments){0};
    for (size_t i = 0; good && i < assigned->count; i++)
        sorted[i] = &assigned->at[i];
    if (good)
        qsort(sorted, assigned->count, sizeof *sorted, by_entry);
    for (size_t i = 0; good && i < assigned->count; i++) {
        const struct assignment *entry = sorted[i];
        struct assignment *last = settled->count > 0 ? &settled->at[settled->count - 1] : NULL;
        bool again = last && strcmp(last->session, entry->session) == 0;
        if (!belongs(entry, tree, taken))
            continue;
        if (!again) {
            good = assignments_add(settled, entry->session, strlen(entry->session), entry->vni,
                                   entry->priority);
        } else if (!is_whole(last, tree, sessions.profile) &&
                   is_whole(entry, tree, sessions.profile)) {
            last->vni = entry->vni;
            last->priority = entry->priority;
        }
    }
    free(taken);
    free(sorted);
    if (!good)
        assignments_free(settled);
    return good;
}

bool assignments_settle(const struct assignments *assigned, const struct node *tree,
                        struct assignments *settled)
{
    struct active active = tree_active(tree);
    bool good = active.tree && settle(assigned, active.tree, settled);

    tree_free(active.copy);
    return good;
}

/* ---- for a commit ---- */

/* Sebastiano Vigna's splitmix64: any seed gives numbers that look random. */
static uint64_t next_random(uint64_t *seed)
{
    uint64_t z = *seed += 0x9e3779b97f4a7c15;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

/* A free VNI; 0 is left to those who ask for it. */
static uint32_t draw_vni(struct taken *taken, uint64_t *seed)
{
    uint32_t vni = (uint32_t)(next_random(seed) % VNI_COUNT);

    while (vni == 0 || is_taken(taken->vni, vni))
        vni = (vni + 1) % VNI_COUNT;
    take(taken->vni, vni);
    return vni;
}

/* The one behind the highest; where there is none, the first that is free. */
static uint16_t next_priority(struct taken *taken)
{
    uint16_t priority = (uint16_t)(taken->highest + 1);

    if (!priority_is_free(taken, priority))
        for (priority = 1; !priority_is_free(taken, priority) && priority <= PRIORITY_MAX;)
            priority++;
    take_priority(taken, priority);
    return priority;
}

/* What sessions had and may keep: those numbers are taken then, and those that are kept for nobody
 * are not drawn, for the configuration before may still run. */
static void keep(const struct sessions *sessions, const struct assignments *had,
                 struct taken *taken, struct session_numbers *numbers)
{
    for (size_t i = 0; i < sessions->count; i++) {
        const struct assignment *entry = assignments_find(had, sessions->at[i]->key);
        numbers[i] = own_numbers(sessions, i);
        if (entry && numbers[i].vni == NO_VNI && vni_is_free(taken, entry->vni)) {
            numbers[i].vni = entry->vni;
            take(taken->vni, entry->vni);
        }
        if (entry && numbers[i].priority == NO_PRIORITY &&
            priority_is_free(taken, entry->priority)) {
            numbers[i].priority = entry->priority;
            take_priority(taken, entry->priority);
        }
    }
    for (size_t i = 0; i < had->count; i++)
        if (had->at[i].vni < VNI_COUNT)
            take(taken->vni, had->at[i].vni);
}

/* Fills in what is still left out, and lists what is not the session's own. */
static bool fill(const struct sessions *sessions, struct taken *taken, uint64_t seed,
                 struct session_numbers *numbers, struct assignments *assigned)
{
    bool good = true;

    for (size_t i = 0; good && i < sessions->count; i++) {
        const struct session_numbers own = own_numbers(sessions, i);
        const char *name = sessions->at[i]->key;
        if (numbers[i].vni == NO_VNI)
            numbers[i].vni = draw_vni(taken, &seed);
        if (numbers[i].priority == NO_PRIORITY)
            numbers[i].priority = next_priority(taken);
        if (own.vni == NO_VNI || own.priority == NO_PRIORITY)
            good = assignments_add(assigned, name, strlen(name),
                                   own.vni == NO_VNI ? numbers[i].vni : NO_VNI,
                                   own.priority == NO_PRIORITY ? numbers[i].priority : NO_PRIORITY);
    }
    return good;
}

struct session_numbers *assign(const struct node *tree, struct assignments *assigned, uint64_t seed)
{
    struct sessions sessions = sessions_of(tree);
    struct session_numbers *numbers = calloc(sessions.count + 1, sizeof *numbers);
    struct taken *taken = taken_by(&sessions);
    struct assignments now = {0};

    if (numbers && taken) {
        keep(&sessions, assigned, taken, numbers);
        if (fill(&sessions, taken, seed, numbers, &now)) {
            assignments_free(assigned);
            *assigned = now;
            free(taken);
            return numbers;
        }
    }
    assignments_free(&now);
    free(taken);
    free(numbers);
    return NULL;
}
