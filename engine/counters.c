/* Counting: rows by slot, and the registry of names behind the slots. The registry is a
 * chained hash table over entries that never move; the slot is the entry's index. */
#include "counters.h"

#include "own_lines.h"

#include <stdlib.h>
#include <string.h>

#define ROW_WIDTH(row) (sizeof(row) / sizeof(uint64_t))

static const size_t row_width[COUNTER_KINDS] = {
    [COUNT_SESSION] = ROW_WIDTH(struct session_counts),
    [COUNT_RULE] = ROW_WIDTH(struct rule_counts),
    [COUNT_RECEIVER] = ROW_WIDTH(struct receiver_counts),
    [COUNT_INTERFACE] = ROW_WIDTH(struct interface_counts),
};

struct counters *counters_new(const uint32_t capacity[static COUNTER_KINDS])
{
    struct counters *counters = calloc(1, sizeof *counters);
    if (!counters)
        return NULL;
    for (int kind = 0; kind < COUNTER_KINDS; kind++) {
        counters->capacity[kind] = capacity[kind];
        counters->rows[kind] = own_lines(capacity[kind] + 1, row_width[kind] * sizeof(uint64_t));
        if (!counters->rows[kind]) {
            counters_free(counters);
            return NULL;
        }
    }
    return counters;
}

void counters_free(struct counters *counters)
{
    if (!counters)
        return;
    for (int kind = 0; kind < COUNTER_KINDS; kind++)
        free(counters->rows[kind]);
    free(counters);
}

static size_t common_values(const struct counters *a, const struct counters *b, int kind)
{
    uint32_t slots = a->capacity[kind] < b->capacity[kind] ? a->capacity[kind] : b->capacity[kind];
    return slots * row_width[kind];
}

/* Where nothing was counted nothing is written: rows nobody uses then take no memory, of however
 * many workers. */
static void add(uint64_t *to, const uint64_t *from, size_t values)
{
    for (size_t i = 0; i < values; i++)
        if (from[i])
            to[i] += from[i];
}

static void subtract(uint64_t *to, const uint64_t *from, size_t values)
{
    for (size_t i = 0; i < values; i++)
        to[i] -= from[i];
}

/* The row of the names that are gone. */
static uint64_t *gone(const struct counters *counters, int kind)
{
    return counters->rows[kind] + counters->capacity[kind] * row_width[kind];
}

void counters_add(struct counters *to, const struct counters *from)
{
    for (int kind = 0; kind < COUNTER_KINDS; kind++) {
        add(to->rows[kind], from->rows[kind], common_values(to, from, kind));
        add(gone(to, kind), gone(from, kind), row_width[kind]);
    }
}

void counters_subtract(struct counters *to, const struct counters *from)
{
    for (int kind = 0; kind < COUNTER_KINDS; kind++)
        subtract(to->rows[kind], from->rows[kind], common_values(to, from, kind));
}

void counters_copy_slot(struct counters *to, const struct counters *from, enum counter_kind kind,
                        uint32_t slot)
{
    size_t width = row_width[kind];
    memcpy(to->rows[kind] + slot * width, from->rows[kind] + slot * width,
           width * sizeof(uint64_t));
}

void counters_zero_slot(struct counters *counters, enum counter_kind kind, uint32_t slot)
{
    size_t width = row_width[kind];
    memset(counters->rows[kind] + slot * width, 0, width * sizeof(uint64_t));
}

void counters_retire_slot(struct counters *counters, enum counter_kind kind, uint32_t slot)
{
    uint64_t *row = counters->rows[kind] + slot * row_width[kind];
    add(gone(counters, kind), row, row_width[kind]);
    for (size_t i = 0; i < row_width[kind]; i++)
        if (row[i])
            row[i] = 0;
}

static void add_all(void *total, const struct counters *counters, enum counter_kind kind)
{
    for (size_t slot = 0; slot <= counters->capacity[kind]; slot++)
        add(total, counters->rows[kind] + slot * row_width[kind], row_width[kind]);
}

struct totals counters_totals(const struct counters *counters)
{
    struct totals totals = {.interfaces = {.own = 0}};
    add_all(&totals.interfaces, counters, COUNT_INTERFACE);
    add_all(&totals.sessions, counters, COUNT_SESSION);
    return totals;
}

void totals_add(struct totals *to, const struct totals *from)
{
    add((uint64_t *)(void *)to, (const uint64_t *)(const void *)from, ROW_WIDTH(struct totals));
}

void totals_subtract(struct totals *to, const struct totals *from)
{
    subtract((uint64_t *)(void *)to, (const uint64_t *)(const void *)from,
             ROW_WIDTH(struct totals));
}

struct name {
    unsigned users;
    bool begun; /* its rows are its own */
    uint32_t slot;
    uint32_t hash;
    struct name *next; /* in its bucket, or in the list of free ones */
    size_t length;
    uint8_t *bytes;
};

struct name_table {
    struct name **buckets; /* a power of two of them */
    uint32_t bucket_count;
    struct name **slots; /* by slot */
    uint32_t slot_count, slot_room;
    struct name *free; /* names without users: their slots go to the next new name */
};

struct counter_names {
    struct name_table tables[COUNTER_KINDS];
};

enum { FIRST_BUCKETS = 64 };

struct counter_names *counter_names_new(void)
{
    struct counter_names *names = calloc(1, sizeof *names);
    if (!names)
        return NULL;
    for (int kind = 0; kind < COUNTER_KINDS; kind++) {
        struct name_table *table = &names->tables[kind];
        table->buckets = calloc(FIRST_BUCKETS, sizeof(struct name *));
        if (!table->buckets) {
            counter_names_free(names);
            return NULL;
        }
        table->bucket_count = FIRST_BUCKETS;
    }
    return names;
}

void counter_names_free(struct counter_names *names)
{
    if (!names)
        return;
    for (int kind = 0; kind < COUNTER_KINDS; kind++) {
        struct name_table *table = &names->tables[kind];
        for (uint32_t i = 0; i < table->slot_count; i++) {
            free(table->slots[i]->bytes);
            free(table->slots[i]);
        }
        free(table->slots);
        free(table->buckets);
    }
    free(names);
}

/* FNV-1a. */
static uint32_t hash_name(const uint8_t *bytes, size_t length)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ bytes[i]) * 16777619u;
    return hash;
}

/* Twice the buckets when there is a name for each; staying small when memory runs out does
 * no harm. */
static void widen(struct name_table *table)
{
    uint32_t count = table->bucket_count * 2;
    struct name **buckets = calloc(count, sizeof(struct name *));
    if (!buckets)
        return;
    for (uint32_t i = 0; i < table->slot_count; i++) {
        struct name *name = table->slots[i];
        if (!name->users)
            continue;
        name->next = buckets[name->hash & (count - 1)];
        buckets[name->hash & (count - 1)] = name;
    }
    free(table->buckets);
    table->buckets = buckets;
    table->bucket_count = count;
}

/* A name with a slot and without users; NULL when memory runs out. */
static struct name *unused_name(struct name_table *table)
{
    struct name *name = table->free;
    if (name) {
        table->free = name->next;
        return name;
    }
    if (table->slot_count == table->slot_room) {
        uint32_t room = table->slot_room ? table->slot_room * 2 : FIRST_BUCKETS;
        struct name **slots = reallocarray(table->slots, room, sizeof(struct name *));
        if (!slots)
            return NULL;
        table->slots = slots;
        table->slot_room = room;
    }
    name = calloc(1, sizeof *name);
    if (!name)
        return NULL;
    name->slot = table->slot_count;
    table->slots[table->slot_count++] = name;
    if (table->slot_count > table->bucket_count)
        widen(table);
    return name;
}

bool counter_names_take(struct counter_names *names, enum counter_kind kind, const void *bytes,
                        size_t length, uint32_t *slot, bool *fresh)
{
    struct name_table *table = &names->tables[kind];
    uint32_t hash = hash_name(bytes, length);
    for (struct name *name = table->buckets[hash & (table->bucket_count - 1)]; name;
         name = name->next) {
        if (name->hash != hash || name->length != length || memcmp(name->bytes, bytes, length))
            continue;
        name->users++;
        *slot = name->slot;
        *fresh = !name->begun;
        return true;
    }

    uint8_t *copy = malloc(length + 1); /* never of 0 bytes */
    struct name *name = copy ? unused_name(table) : NULL;
    if (!name) {
        free(copy);
        return false;
    }
    memcpy(copy, bytes, length);
    name->bytes = copy;
    name->length = length;
    name->hash = hash;
    name->users = 1;
    name->begun = false;
    name->next = table->buckets[hash & (table->bucket_count - 1)];
    table->buckets[hash & (table->bucket_count - 1)] = name;
    *slot = name->slot;
    *fresh = true;
    return true;
}

bool counter_names_begin(struct counter_names *names, enum counter_kind kind, uint32_t slot)
{
    struct name *name = names->tables[kind].slots[slot];
    bool begins = !name->begun;
    name->begun = true;
    return begins;
}

void counter_names_release(struct counter_names *names, enum counter_kind kind, uint32_t slot)
{
    struct name_table *table = &names->tables[kind];
    struct name *name = table->slots[slot];
    if (--name->users)
        return;
    struct name **link = &table->buckets[name->hash & (table->bucket_count - 1)];
    while (*link != name)
        link = &(*link)->next;
    *link = name->next;
    free(name->bytes);
    name->bytes = NULL;
    name->next = table->free;
    table->free = name;
}

uint32_t counter_names_capacity(const struct counter_names *names, enum counter_kind kind)
{
    return names->tables[kind].slot_count;
}
