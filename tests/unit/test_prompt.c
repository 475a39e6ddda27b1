#include "trees.h"

#include "../../shell/command/prompt.h"

static void prompts(const char *host, const char *line, unsigned columns, const char *expected)
{
    struct path path = path_of(line);
    char text[PROMPT_MAX];

    prompt_text(host, &path, MODE_CONFIGURATION, columns, text);
    assert_string_equal(text, expected);
    path_free(&path);
}

#define CJK       "\xe7\xbd\x91"
#define TEN(WORD) WORD WORD WORD WORD WORD WORD WORD WORD WORD WORD

static void what_fits(void **state)
{
    const struct path top = {0};
    char text[PROMPT_MAX];

    (void)state;
    prompt_text("box", &top, MODE_OPERATIONAL, 80, text);
    assert_string_equal(text, "box> ");
    prompts("box", "", 80, "box# ");
    prompts("box", "session web", 80, "box[session web]# ");
    prompts("box", "filter web ingress rule 10", 80, "box[filter web ingress rule 10]# ");
}

static void only_ascii(void **state)
{
    (void)state;
    prompts("b\xc3\xb6x", "session " CJK "a", 80, "b?x[session ?a]# ");
    prompts("b\x1b\xff\xe7\xbd", "", 80, "b????# ");
    prompts("box", "session " TEN(CJK) TEN(CJK) TEN(CJK) TEN(CJK) TEN(CJK) CJK, 80,
            "box[session ?????????????????...]# ");
}

static void what_is_too_long(void **state)
{
    (void)state;
    prompts(TEN("host-") "host", "session web", 80, "host-host-host-host-h...[session web]# ");
    prompts(TEN("host-"), "filter " TEN("f") TEN("g") TEN("h") " ingress rule 65535", 80,
            "host-host-host-host-h...[... ingress rule 65535]# ");
    prompts("box", "filter " TEN("f") TEN("g") TEN("h") " ingress rule 65535", 80,
            "box[filter ffffffffffggggggg... ingress rule 65535]# ");
    prompts("box", "filter web ingress rule 10", 30, "box[... rule 10]# ");
    prompts("box", "filter web ingress rule 10", 0, "box[... rule 10]# ");
    prompts("a-long-host", "session a-long-name", 0, "a-lon...[...]# ");
}

/* Whatever the path: ASCII, and no longer than was promised. */
static void always_short(void **state)
{
    const char *const lines[] = {"", "session " TEN(CJK), "session " TEN("abcdef") "abcd",
                                 "filter " TEN("abcdef") "abcd egress rule 65535"};

    (void)state;
    for (unsigned columns = 0; columns < 300; columns++)
        for (size_t i = 0; i < 4; i++) {
            struct path path = path_of(lines[i]);
            char text[PROMPT_MAX];
            size_t most = columns * 3 / 4 > 60 ? 60 : columns * 3 / 4 < 20 ? 20 : columns * 3 / 4;

            prompt_text(TEN("h" CJK), &path, MODE_CONFIGURATION, columns, text);
            assert_true(strlen(text) <= most);
            for (const char *at = text; *at != '\0'; at++)
                assert_true(*at >= ' ' && *at <= '~');
            path_free(&path);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fits),
        cmocka_unit_test(only_ascii),
        cmocka_unit_test(what_is_too_long),
        cmocka_unit_test(always_short),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
