/* Columns of made-up things, in every form that an answer has. */
#include "../../shell/command/columns.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

struct disk {
    const char *name;
    uint64_t blocks; /* 0: nobody knows */
};

struct shelf {
    const char *name, *reason;
    struct disk disks[2];
    size_t count;
};

static const struct shelf shelves[] = {
    {"low", "", {{NULL, 0}}, 0},
    {"middle", "dusty", {{"a", 7}, {"b", 0}}, 2},
    {"high", "", {{"c", 1234}}, 1},
};

static void disk_columns(struct columns *columns, const void *item, const void *context)
{
    const struct disk *disk = item;
    const struct column table[] = {
        {"name", "Disk", LABEL("disk"), TEXT(disk->name)},
        {"blocks", "Blocks", "blocks", GAUGE("blocks", "Blocks of the disk"), KNOWN(disk->blocks)},
    };

    assert_null(context);
    COLUMNS_ADD(columns, table);
}

/* Nothing that a table or a section has. */
static void mark_columns(struct columns *columns, const void *item, const void *context)
{
    const char *const *mark = item;

    assert_null(context);
    columns_add(columns, &(struct column){.key = "mark", TEXT(*mark)}, 1);
}

static void shelf_columns(struct columns *columns, const void *item, const void *context)
{
    static const char *const colours[] = {"red", "blue", NULL};
    const struct shelf *shelf = item;
    const struct column table[] = {
        {"name", "Shelf", LABEL("shelf"), TEXT(shelf->name),
         .heading = columns_text(columns, "Shelf %s", shelf->name)},
        {"reason", .note = true, STATE("dusty", "Whether it is dusty"), TEXT(shelf->reason)},
        {"read.packets", NULL, "read", COUNTER(1, "packets", "Packets that were read")},
        {"read.bytes", NULL, "read", COUNTER(60, "bytes", "Bytes of them")},
        {"lost.packets", NULL, "lost", .mark = "default", COUNTER(0, "packets", "Lost packets")},
        {"lost.late", NULL, "  late", COUNTER(0, "packets", "Lost as they came late")},
        {"colours", NULL, "colours", TEXTS(colours)},
        {"locked", "Locked", "locked", GAUGE(NULL, "Whether it is locked"), TRUTH(true)},
        {"weight", NULL, "weight", GAUGE("ratio", "Weight"), DECIMAL(0.25), .spelled = "light"},
        {"disks", LISTING(.items = shelf->disks, .count = shelf->count, .size = sizeof(struct disk),
                          .columns = disk_columns, .empty = "no disks")},
        {"marks",
         LISTING(.items = colours, .count = 2, .size = sizeof *colours, .columns = mark_columns)},
    };

    assert_ptr_equal(context, shelves);
    COLUMNS_ADD(columns, table);
}

static void is(struct listing list, enum display display, const char *wanted)
{
    const struct column answer = {.key = "shelves", .type = COLUMN_LIST, .list = list};
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    columns_print(&answer, 1, display, &(struct paper){.out = out});
    fclose(out);
    assert_string_equal(text, wanted);
    free(text);
}

#define SHELVES                                                                                    \
    .items = shelves, .count = 3, .size = sizeof *shelves, .columns = shelf_columns,               \
    .context = shelves, .empty = "no shelves"

static void test_tables(void **state)
{
    (void)state;
    is((struct listing){SHELVES}, DISPLAY_TEXT,
       "Shelf   Locked  Disk  Blocks\n"
       "low     yes\n"
       "middle  yes     a          7\n"
       "                b          -\n"
       "high    yes     c       1234\n");
    is((struct listing){SHELVES, .only = "high"}, DISPLAY_TEXT,
       "Shelf  Locked  Disk  Blocks\n"
       "high   yes     c       1234\n");
    is((struct listing){.empty = "no shelves"}, DISPLAY_TEXT, "no shelves\n");
}

static void test_lines(void **state)
{
    (void)state;
    is((struct listing){SHELVES, .only = "middle", .form = FORM_LINES}, DISPLAY_TEXT,
       "Shelf middle\n"
       "  read     1 packets, 60 bytes\n"
       "  lost     0 packets (default)\n"
       "    late   0\n"
       "  colours  red\n"
       "           blue\n"
       "  locked   yes\n"
       "  weight   light\n"
       "  Disk  Blocks\n"
       "  a          7\n"
       "  b          -\n");
    is((struct listing){SHELVES, .only = "low", .form = FORM_LINES}, DISPLAY_TEXT,
       "Shelf low\n"
       "  read     1 packets, 60 bytes\n"
       "  lost     0 packets (default)\n"
       "    late   0\n"
       "  colours  red\n"
       "           blue\n"
       "  locked   yes\n"
       "  weight   light\n"
       "  no disks\n");
    is((struct listing){.items = shelves[1].disks,
                        .count = 1,
                        .size = sizeof(struct disk),
                        .columns = disk_columns,
                        .form = FORM_LINES},
       DISPLAY_TEXT, "blocks  7\n");
}

static void test_json(void **state)
{
    static const char high[] =
        "{\"name\":\"high\",\"reason\":null,\"read\":{\"packets\":1,\"bytes\":60},"
        "\"lost\":{\"packets\":0,\"late\":0},\"colours\":[\"red\",\"blue\"],\"locked\":true,"
        "\"weight\":0.250,\"disks\":[{\"name\":\"c\",\"blocks\":1234}],"
        "\"marks\":[{\"mark\":\"red\"},{\"mark\":\"blue\"}]}";
    char wanted[1000];

    (void)state;
    snprintf(wanted, sizeof wanted, "{\"shelves\":[%s]}\n", high);
    is((struct listing){SHELVES, .only = "high"}, DISPLAY_JSON, wanted);
    snprintf(wanted, sizeof wanted, "{\"shelves\":%s}\n", high);
    is((struct listing){SHELVES, .only = "high", .single = true}, DISPLAY_JSON, wanted);
    is((struct listing){.empty = "no shelves"}, DISPLAY_JSON, "{\"shelves\":[]}\n");
    is((struct listing){.items = &shelves[1].disks[1],
                        .count = 1,
                        .size = sizeof(struct disk),
                        .columns = disk_columns},
       DISPLAY_JSON, "{\"shelves\":[{\"name\":\"b\",\"blocks\":null}]}\n");
}

/* A metric's samples stand together; what is not known has none. */
static void test_metrics(void **state)
{
    (void)state;
    is((struct listing){SHELVES}, DISPLAY_PROMETHEUS,
       "# HELP mirrorsh_shelf_dusty Whether it is dusty.\n"
       "# TYPE mirrorsh_shelf_dusty gauge\n"
       "mirrorsh_shelf_dusty{shelf=\"low\"} 0\n"
       "mirrorsh_shelf_dusty{shelf=\"middle\"} 1\n"
       "mirrorsh_shelf_dusty{shelf=\"high\"} 0\n"
       "# HELP mirrorsh_shelf_read_packets_total Packets that were read.\n"
       "# TYPE mirrorsh_shelf_read_packets_total counter\n"
       "mirrorsh_shelf_read_packets_total{shelf=\"low\"} 1\n"
       "mirrorsh_shelf_read_packets_total{shelf=\"middle\"} 1\n"
       "mirrorsh_shelf_read_packets_total{shelf=\"high\"} 1\n"
       "# HELP mirrorsh_shelf_read_bytes_total Bytes of them.\n"
       "# TYPE mirrorsh_shelf_read_bytes_total counter\n"
       "mirrorsh_shelf_read_bytes_total{shelf=\"low\"} 60\n"
       "mirrorsh_shelf_read_bytes_total{shelf=\"middle\"} 60\n"
       "mirrorsh_shelf_read_bytes_total{shelf=\"high\"} 60\n"
       "# HELP mirrorsh_shelf_lost_packets_total Lost packets.\n"
       "# TYPE mirrorsh_shelf_lost_packets_total counter\n"
       "mirrorsh_shelf_lost_packets_total{shelf=\"low\"} 0\n"
       "mirrorsh_shelf_lost_packets_total{shelf=\"middle\"} 0\n"
       "mirrorsh_shelf_lost_packets_total{shelf=\"high\"} 0\n"
       "# HELP mirrorsh_shelf_lost_late_packets_total Lost as they came late.\n"
       "# TYPE mirrorsh_shelf_lost_late_packets_total counter\n"
       "mirrorsh_shelf_lost_late_packets_total{shelf=\"low\"} 0\n"
       "mirrorsh_shelf_lost_late_packets_total{shelf=\"middle\"} 0\n"
       "mirrorsh_shelf_lost_late_packets_total{shelf=\"high\"} 0\n"
       "# HELP mirrorsh_shelf_locked Whether it is locked.\n"
       "# TYPE mirrorsh_shelf_locked gauge\n"
       "mirrorsh_shelf_locked{shelf=\"low\"} 1\n"
       "mirrorsh_shelf_locked{shelf=\"middle\"} 1\n"
       "mirrorsh_shelf_locked{shelf=\"high\"} 1\n"
       "# HELP mirrorsh_shelf_weight_ratio Weight.\n"
       "# TYPE mirrorsh_shelf_weight_ratio gauge\n"
       "mirrorsh_shelf_weight_ratio{shelf=\"low\"} 0.250\n"
       "mirrorsh_shelf_weight_ratio{shelf=\"middle\"} 0.250\n"
       "mirrorsh_shelf_weight_ratio{shelf=\"high\"} 0.250\n"
       "# HELP mirrorsh_disk_blocks Blocks of the disk.\n"
       "# TYPE mirrorsh_disk_blocks gauge\n"
       "mirrorsh_disk_blocks{shelf=\"middle\",disk=\"a\"} 7\n"
       "mirrorsh_disk_blocks{shelf=\"high\",disk=\"c\"} 1234\n");
    is((struct listing){.empty = "no shelves"}, DISPLAY_PROMETHEUS, "");
}

/* Names as the kernel takes them for interfaces. */
static void test_label_values(void **state)
{
    static const struct disk disks[] = {
        {"a\"b\\c", 1}, {"\xe7\xbd\x91\xff\xfe", 2}, {"e\x1b[2J\n", 3}};

    (void)state;
    is((struct listing){.items = disks, .count = 3, .size = sizeof *disks, .columns = disk_columns},
       DISPLAY_PROMETHEUS,
       "# HELP mirrorsh_disk_blocks Blocks of the disk.\n"
       "# TYPE mirrorsh_disk_blocks gauge\n"
       "mirrorsh_disk_blocks{disk=\"a\\\"b\\\\c\"} 1\n"
       "mirrorsh_disk_blocks{disk=\"\xe7\xbd\x91\\\\xff\\\\xfe\"} 2\n"
       "mirrorsh_disk_blocks{disk=\"e\\\\x1b[2J\\\\x0a\"} 3\n");
}

static void total_columns(struct columns *columns, const void *item, const void *context)
{
    const uint64_t *total = item;
    const struct column table[] = {
        {"packets", COUNTER(*total, "packets", "Packets of all")},
        {.called = "age_seconds", GAUGE("seconds", "Age"), DECIMAL(1.5)},
    };

    assert_null(context);
    COLUMNS_ADD(columns, table);
}

static void all_columns(struct columns *columns, const void *item, const void *context)
{
    const struct column table[] = {
        {"plans", COUNTER(2, "plans", "Plans")},
        {"totals", LISTING(.items = item, .count = 1, .columns = total_columns, .single = true)},
    };

    assert_null(context);
    COLUMNS_ADD(columns, table);
}

/* What nothing identifies is called by the keys that lead to it. */
static void test_metrics_of_single_things(void **state)
{
    static const uint64_t total = 7;

    (void)state;
    is((struct listing){.items = &total, .count = 1, .columns = all_columns, .single = true},
       DISPLAY_PROMETHEUS,
       "# HELP mirrorsh_shelves_plans_total Plans.\n"
       "# TYPE mirrorsh_shelves_plans_total counter\n"
       "mirrorsh_shelves_plans_total 2\n"
       "# HELP mirrorsh_shelves_totals_packets_total Packets of all.\n"
       "# TYPE mirrorsh_shelves_totals_packets_total counter\n"
       "mirrorsh_shelves_totals_packets_total 7\n"
       "# HELP mirrorsh_shelves_totals_age_seconds Age.\n"
       "# TYPE mirrorsh_shelves_totals_age_seconds gauge\n"
       "mirrorsh_shelves_totals_age_seconds 1.500\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables),       cmocka_unit_test(test_lines),
        cmocka_unit_test(test_json),         cmocka_unit_test(test_metrics),
        cmocka_unit_test(test_label_values), cmocka_unit_test(test_metrics_of_single_things),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
