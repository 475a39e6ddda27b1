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
        {"name", "Disk", TEXT(disk->name)},
        {"blocks", "Blocks", "blocks", KNOWN(disk->blocks)},
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
        {"name", "Shelf", TEXT(shelf->name),
         .heading = columns_text(columns, "Shelf %s", shelf->name)},
        {"reason", .note = true, TEXT(shelf->reason)},
        {"read.packets", NULL, "read", COUNTER(1, "packets", "Packets that were read")},
        {"read.bytes", NULL, "read", COUNTER(60, "bytes", "Bytes of them")},
        {"lost.packets", NULL, "lost", .mark = "default", COUNTER(0, "packets", "Lost packets")},
        {"lost.late", NULL, "  late", COUNTER(0, "packets", "Lost as they came late")},
        {"colours", NULL, "colours", TEXTS(colours)},
        {"locked", "Locked", "locked", TRUTH(true)},
        {"weight", NULL, "weight", DECIMAL(0.25), .spelled = "light"},
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

    columns_print(&answer, 1, display, out);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
