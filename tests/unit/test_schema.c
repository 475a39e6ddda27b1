#include "trees.h"

#include "../../shell/config/profile.h"
#include "../../shell/config/value.h"

enum { LONG_COUNT = 1000 };

/* Every row of the tree, the same one only once for each place it stands in. */
static void each_row(const struct schema *row, void (*visit)(const struct schema *))
{
    for (const struct schema *child = row->children; child && child->name; child++) {
        visit(child);
        each_row(child, visit);
    }
}

static void is_documented(const struct schema *row)
{
    bool valued =
        row->kind == SCHEMA_LIST || row->kind == SCHEMA_LEAF || row->kind == SCHEMA_LEAF_LIST;

    assert_non_null(row->help);
    assert_true(strlen(row->help) > 3 && strlen(row->help) <= 80);
    assert_null(strpbrk(row->help, "\n\t"));
    assert_true(row->help[strlen(row->help) - 1] != '.');
    assert_int_equal(valued, row->parse != NULL);
    assert_true(!valued || row->hint || row->choices);
    assert_int_equal(row->children != NULL,
                     row->kind == SCHEMA_LIST || row->kind == SCHEMA_CONTAINER);
    assert_true(!row->refers_to ||
                (schema_child(schema_root(), row->refers_to) && row->kind == SCHEMA_LEAF));
    assert_true(!row->numeric_key || row->parse == value_number);
    if (row->parse == value_number) { /* the hint says the range that is checked */
        char range[64];
        snprintf(range, sizeof range, "<%ld-%ld>", row->minimum, row->maximum);
        assert_string_equal(row->hint, range);
    }
    for (int profile = 0; row->hint && profile < PROFILES; profile++) { /* `?` has it in a line */
        char help[PROFILE_HELP_SIZE];
        size_t length = strlen(profile_help((enum profile)profile, row, help));
        if (4 + strlen(row->hint) + length > 80)
            fail_msg("%s: %s  %s", row->name, row->hint, help);
    }
}

/* `?` has each of a row's children in a line of 80 columns, behind the longest of their names. */
static void has_room_for_its_children(const struct schema *row)
{
    size_t widest = 0;

    for (const struct schema *child = row->children; child && child->name; child++)
        if (strlen(child->name) > widest)
            widest = strlen(child->name);
    for (const struct schema *child = row->children; child && child->name; child++)
        for (int profile = 0; profile < PROFILES; profile++) {
            char help[PROFILE_HELP_SIZE];
            if (4 + widest + strlen(profile_help((enum profile)profile, child, help)) > 80)
                fail_msg("%s: %s  %s", row->name, child->name,
                         profile_help((enum profile)profile, child, help));
        }
}

static void has_a_good_default(const struct schema *row)
{
    char why[200], *canonical;

    assert_true(!row->default_value || !row->default_text);
    if (!row->default_value)
        return;
    assert_true(row->kind == SCHEMA_LEAF && !row->required);
    assert_true(row->parse(row, row->default_value, &canonical, why, sizeof why));
    assert_string_equal(canonical, row->default_value);
    free(canonical);
}

static void every_default_is_a_value(void **state)
{
    const struct schema *target = schema_child(schema_root(), "target");
    struct mirror_receiver receiver;
    char port[16];

    (void)state;
    each_row(schema_root(), has_a_good_default);
    assert_true(value_to_receiver("10.0.0.1", &receiver));
    snprintf(port, sizeof port, "port %u", receiver.port);
    assert_string_equal(schema_default(schema_child(target, "receiver")), port);
}

static void every_row_is_documented(void **state)
{
    (void)state;
    each_row(schema_root(), is_documented);
    has_room_for_its_children(schema_root());
    each_row(schema_root(), has_room_for_its_children);
}

static const struct schema *match(const struct schema *row, const char *text,
                                  struct problem *problem)
{
    char *copy = strdup(text);
    const struct schema *found = schema_match(row, &(struct word){.text = copy}, problem);

    free(copy);
    return found;
}

static void is_found_by_name(const struct schema *row)
{
    struct problem problem;
    size_t count = 0;

    for (const struct schema *child = row->children; child && child->name; child++) {
        assert_ptr_equal(match(row, child->name, &problem), child);
        assert_ptr_equal(schema_child(row, child->name), child);
        assert_int_equal(strspn(child->name, "abcdefghijklmnopqrstuvwxyz-"), strlen(child->name));
        count++;
    }
    assert_true(count <= SCHEMA_CHILDREN_MAX); /* struct walk has a bit for each, too */
}

static void every_keyword_is_its_own(void **state)
{
    (void)state;
    is_found_by_name(schema_root());
    each_row(schema_root(), is_found_by_name);
}

static void a_rule_and_its_conditions_have_every_match_field(void **state)
{
    const struct schema *rule =
        schema_child(schema_child(schema_child(schema_root(), "filter"), "ingress"), "rule");
    const struct schema *const rows[] = {rule, schema_child(rule, "condition")};

    (void)state;
    for (size_t i = 0; i < 2 * MATCH_FIELD_COUNT; i++) {
        const struct match_field *field = &match_fields[i / 2];
        const struct schema *row = schema_child(rows[i % 2], field->name);
        assert_non_null(row);
        assert_ptr_equal(row->match, field);
        assert_string_equal(row->help, field->help);
    }
}

static void keywords_may_be_abbreviated(void **state)
{
    const struct schema *root = schema_root();
    const struct schema *rule =
        schema_child(schema_child(schema_child(root, "filter"), "egress"), "rule");
    struct problem problem;

    (void)state;
    assert_ptr_equal(match(root, "se", &problem), schema_child(root, "session"));
    assert_ptr_equal(match(root, "f", &problem), schema_child(root, "filter"));
    /* exact wins over longer names that begin with it */
    assert_ptr_equal(match(rule, "source", &problem), schema_child(rule, "source"));
    assert_ptr_equal(match(rule, "source-p", &problem), schema_child(rule, "source-port"));
    assert_null(match(root, "s", &problem));
    assert_string_equal(problem.text, "\"s\" is ambiguous: session, system");
    assert_null(match(root, "sesion", &problem));
    assert_string_equal(
        problem.text, "unknown word \"sesion\", expected one of: filter, session, system, target");
    assert_null(match(schema_child(root, "system"), "x", &problem));
    assert_string_equal(
        problem.text,
        "unknown word \"x\", expected one of: host-name, idle-timeout, profile, ring-size, workers");
    assert_null(match(root, "", &problem));
    assert_null(match(root, "Filter", &problem));
}

/* A row below the root by its names, separated by blanks. */
static const struct schema *row_at(const char *names)
{
    const struct schema *row = schema_root();
    char copy[100], *rest = copy, *name;

    snprintf(copy, sizeof copy, "%s", names);
    while ((name = strsep(&rest, " "))) {
        row = schema_child(row, name);
        assert_non_null(row);
    }
    return row;
}

/* `text` is read as `canonical`, which is read as itself; or is refused with "!why". */
static void reads(const char *names, const char *text, const char *canonical)
{
    const struct schema *row = row_at(names);
    char *read = NULL, why[300] = "";

    if (canonical[0] == '!') {
        assert_false(row->parse(row, text, &read, why, sizeof why));
        assert_string_equal(why, canonical + 1);
        assert_null(read);
        return;
    }
    if (!row->parse(row, text, &read, why, sizeof why))
        fail_msg("%s %s: %s", names, text, why);
    assert_string_equal(read, canonical);
    free(read);
    assert_true(row->parse(row, canonical, &read, why, sizeof why));
    assert_string_equal(read, canonical);
    free(read);
}

static void numbers(void **state)
{
    (void)state;
    reads("session priority", "1", "1");
    reads("session priority", "32766", "32766");
    reads("session priority", "007", "7");
    reads("session priority", "0", "!0 is below 1 (expected 1-32766)");
    reads("session priority", "-5", "!-5 is below 1 (expected 1-32766)");
    reads("session priority", "32767", "!32767 is above 32766 (expected 1-32766)");
    reads("session priority", "18446744073709551617",
          "!18446744073709551617 is above 32766 (expected 1-32766)");
    reads("session priority", "+1", "!\"+1\" is not a number (expected 1-32766)");
    reads("session priority", "0x1", "!\"0x1\" is not a number (expected 1-32766)");
    reads("session priority", "1 ", "!\"1 \" is not a number (expected 1-32766)");
    reads("session priority", "", "!\"\" is not a number (expected 1-32766)");
    reads("session priority", "-", "!\"-\" is not a number (expected 1-32766)");
    reads("session vni", "0", "0");
    reads("session vni", "-0", "0");
    reads("session vni", "000", "0");
    reads("session vni", "16777215", "16777215");
    reads("session vni", "16777216", "!16777216 is above 16777215 (expected 0-16777215 or auto)");
    reads("session vni", "auto", "auto");
    reads("session vni", "a", "auto");
    reads("session vni", "full", "!\"full\" is not a number (expected 0-16777215 or auto)");
    reads("session packet-length", "0", "!0 is below 1 (expected 1-65535 or full)");
    reads("session packet-length", "65535", "65535");
    reads("session packet-length", "full", "full");
    reads("filter ingress rule", "65536", "!65536 is above 65535 (expected 1-65535)");
}

static void choices(void **state)
{
    (void)state;
    reads("session direction", "both", "both");
    reads("session direction", "in", "ingress");
    reads("session direction", "inward",
          "!\"inward\" is unknown, expected one of: both, ingress, "
          "egress");
    reads("session direction", "", "!\"\" is unknown, expected one of: both, ingress, egress");
    reads("filter egress rule action", "acc", "accept");
    reads("target balance", "e", "even");
    reads("target balance", "random",
          "!\"random\" is unknown, expected one of: flow, source-interface, even");
}

static void names(void **state)
{
    char long_name[4 * 65 + 1] = "";

    (void)state;
    reads("session", "web", "web");
    reads("session", "_.-9", "_.-9");
    reads("session", "\xe7\xbd\x91\xe7\xbb\x9c", "\xe7\xbd\x91\xe7\xbb\x9c"); /* 网络 */
    reads("session", "\xd0\xa1\xd0\xb5\xd1\x82\xd1\x8c", "\xd0\xa1\xd0\xb5\xd1\x82\xd1\x8c");
    reads("session", "\xe0\xa4\xa8\xe0\xa5\x87", "\xe0\xa4\xa8\xe0\xa5\x87"); /* a mark: ने */
    reads("session", "\xc2\xaa\xc2\xb5\xc2\xba", "\xc2\xaa\xc2\xb5\xc2\xba"); /* ª µ º */
    reads("session", "a b",
          "!\"a b\" is not a name: it has \" \" (expected letters, digits, _ - .)");
    reads("session", "a/b",
          "!\"a/b\" is not a name: it has \"/\" (expected letters, digits, _ - .)");
    reads("session", "a\xc2\xa0", /* no-break space */
          "!\"a\xc2\xa0\" is not a name: it has \"\xc2\xa0\" (expected letters, digits, _ - .)");
    reads("session", "\xe2\x80\xae", /* right-to-left override */
          "!\"\xe2\x80\xae\" is not a name: it has \"\xe2\x80\xae\" (expected letters, digits, _ - "
          ".)");
    reads("session", "\xef\xbc\x9a", /* fullwidth colon */
          "!\"\xef\xbc\x9a\" is not a name: it has \"\xef\xbc\x9a\" (expected letters, digits, _ - "
          ".)");
    reads("session", "\xf0\x9f\x98\x80", /* an emoji */
          "!\"\xf0\x9f\x98\x80\" is not a name: it has \"\xf0\x9f\x98\x80\" (expected letters, "
          "digits, _ - .)");
    reads("session", "", "!is empty (expected 1-64 characters)");
    for (int i = 0; i < 64; i++)
        strcat(long_name, "\xe4\xb8\xad");
    reads("session", long_name, long_name);
    reads("session filter", long_name, long_name);
    strcat(long_name, "x");
    reads("session", long_name, "!has 65 characters (expected 1-64)");
    reads("session target", long_name, "!has 65 characters (expected 1-64)");
}

static void host_names(void **state)
{
    (void)state;
    reads("system host-name", "Box-1.example.NET", "Box-1.example.NET");
    reads("system host-name", "rack_7", "rack_7");
    reads("system host-name", "\xe7\x9b\x92\xe5\xad\x90", "\xe7\x9b\x92\xe5\xad\x90");
    reads("system host-name", "", "!is empty (expected 1-64 characters)");
    reads("system host-name", "a b",
          "!\"a b\" is not a name: it has \" \" (expected letters, digits, _ - .)");
}

static void texts(void **state)
{
    char text[3 * 256 + 1] = "";

    (void)state;
    reads("filter description", "", "");
    reads("filter description", " a \"b\" | \\ ", " a \"b\" | \\ ");
    for (int i = 0; i < 255; i++)
        strcat(text, "\xe2\x82\xac");
    reads("filter description", text, text);
    strcat(text, "x");
    reads("filter description", text, "!has 256 characters (expected 0-255)");
    reads("filter description", "a\tb", "!has control character 0x09");
    reads("filter description", "\xff", "!is not UTF-8");
}

static void interfaces(void **state)
{
    static const char *const bad[] = {"", ".", "..", "a/b", "a:1", "a b", "sixteen-bytes-xx"};

    (void)state;
    reads("session source interface", "eth0.100@if3", "eth0.100@if3");
    reads("session source interface", "fifteen-bytes-x", "fifteen-bytes-x");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char why[300];
        snprintf(why, sizeof why,
                 "!\"%s\" is not an interface name (expected 1-15 bytes without blanks, / and :)",
                 bad[i]);
        reads("session source interface", bad[i], why);
    }
}

static void endpoints(void **state)
{
    static const struct {
        const char *text, *wrong;
    } bad[] = {
        {"", "is not an address"},
        {"10.2.0", "is not an address"},
        {"10.2.0.256", "is not an address"},
        {"010.2.0.2", "is not an address"},
        {"host", "is not an address"},
        {"10.2.0.2/32", "is not an address"},
        {"[10.2.0.2]:1", "is not an address"},
        {"[2001:db8::2", "is not an address"},
        {"[2001:db8::2]x", "is not an address"},
        {"2001:db8::2]:1", "is not an address"},
        {"1111:2222:3333:4444:5555:6666:7777:8888:999a", "is not an address"},
        {"10.2.0.2:", "has a port that is not 1-65535"},
        {"10.2.0.2:0", "has a port that is not 1-65535"},
        {"10.2.0.2:65536", "has a port that is not 1-65535"},
        {"10.2.0.2:+1", "has a port that is not 1-65535"},
        {"[2001:db8::2]:", "has a port that is not 1-65535"},
        {"0.0.0.0", "is no address of a host"},
        {"::", "is no address of a host"},
        {"224.0.0.1", "is a multicast address"},
        {"239.255.255.255", "is a multicast address"},
        {"255.255.255.255", "is the broadcast address"},
        {"ff02::1", "is a multicast address"},
        {"fe80::1", "is a link-local address, which needs its interface, as in fe80::1%eth0"},
        {"fe80::1%", "names no interface behind the %"},
        {"fe80::1%a/b", "names no interface behind the %"},
        {"[fe80::1%eth0:4789", "is not an address"},
        {"2001:db8::2%eth0", "names an interface, which only a link-local address needs"},
        {"10.2.0.2%eth0", "names an interface, which only a link-local address needs"},
        {"::ffff:10.2.0.2", "is an IPv4 address in IPv6 form"},
    };

    (void)state;
    reads("target receiver", "10.2.0.2", "10.2.0.2");
    reads("target receiver", "10.2.0.2:4789", "10.2.0.2");
    reads("target receiver", "10.2.0.2:04790", "10.2.0.2:4790");
    reads("target receiver", "127.0.0.1:65535", "127.0.0.1:65535");
    reads("target receiver", "2001:DB8:0:0::2", "2001:db8::2");
    reads("target receiver", "[2001:db8::2]", "2001:db8::2");
    reads("target receiver", "[2001:db8::2]:4789", "2001:db8::2");
    reads("target receiver", "[2001:db8::2]:4790", "[2001:db8::2]:4790");
    reads("target receiver", "fe80::1%eth0", "fe80::1%eth0");
    reads("target receiver", "[FE80::1%eth0]:4789", "fe80::1%eth0");
    reads("target receiver", "[fe80::1%eth0]:4790", "[fe80::1%eth0]:4790");
    reads("target receiver", "fe80:1234:1234:1234:1234:1234:1234:1234%a23456789012345",
          "fe80:1234:1234:1234:1234:1234:1234:1234%a23456789012345");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char why[300];
        snprintf(why, sizeof why, "!\"%s\" %s (expected ADDRESS[:PORT])", bad[i].text,
                 bad[i].wrong);
        reads("target receiver", bad[i].text, why);
    }
}

static void source_addresses(void **state)
{
    (void)state;
    reads("target source-address", "10.2.0.1", "10.2.0.1");
    reads("target source-address", "FD02:0::1", "fd02::1");
    reads("target source-address", "10.2.0.1:80",
          "!\"10.2.0.1:80\" is not an address (expected ADDRESS)");
    reads("target source-address", "::", "!\"::\" is no address of a host (expected ADDRESS)");
    reads("target source-address", "fe80::1",
          "!\"fe80::1\" is a link-local address (expected ADDRESS)");
    reads("target source-address", "224.0.0.1",
          "!\"224.0.0.1\" is a multicast address (expected ADDRESS)");
}

static void match_values(void **state)
{
    (void)state;
    reads("filter ingress rule protocol", "6", "tcp");
    reads("filter ingress rule family", "ipv6", "ipv6");
    reads("filter ingress rule source", "10.0.0.1/24", "10.0.0.0/24");
    reads("filter ingress rule destination", "2001:DB8::1", "2001:db8::1/128");
    reads("filter ingress rule source-port", "80-80", "80");
    reads("filter ingress rule destination-port", "80-90", "80-90");
    reads("filter ingress rule vlan", "4096", "!4096 is above 4095");
    reads("filter ingress rule family", "ipx", "!\"ipx\" is unknown, expected ipv4 or ipv6");
}

/* However long what is wrong is, the message says what was expected. */
static void long_values_are_shortened(void **state)
{
    char text[LONG_COUNT + 1];

    (void)state;
    memset(text, '9', LONG_COUNT);
    text[LONG_COUNT] = '\0';
    reads("session priority", text,
          "!9999999999999999999999999999999999999999999999999999999999999999... is above 32766 "
          "(expected 1-32766)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_documented),
        cmocka_unit_test(every_default_is_a_value),
        cmocka_unit_test(every_keyword_is_its_own),
        cmocka_unit_test(a_rule_and_its_conditions_have_every_match_field),
        cmocka_unit_test(keywords_may_be_abbreviated),
        cmocka_unit_test(numbers),
        cmocka_unit_test(choices),
        cmocka_unit_test(names),
        cmocka_unit_test(host_names),
        cmocka_unit_test(texts),
        cmocka_unit_test(interfaces),
        cmocka_unit_test(endpoints),
        cmocka_unit_test(source_addresses),
        cmocka_unit_test(match_values),
        cmocka_unit_test(long_values_are_shortened),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
