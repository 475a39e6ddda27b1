#include "trees.h"

#include "../../shell/config/completion.h"
#include "../../shell/config/profile.h"

static const char *const machine[] = {"eth0", "eth1", "lo"};
static const struct interfaces interfaces = {.names = machine, .count = 3};

static void collect(void *context, const struct choice *choice)
{
    FILE *out = context;

    assert_non_null(choice->help);
    assert_true(choice->help[0] != '\0');
    fprintf(out, "%s%s", ftell(out) == 0 ? "" : " ", choice->word);
    if (choice->hint)
        putc('?', out);
    if (out && strcmp(choice->help, "the web") == 0)
        fputs("=the web", out);
    if (strlen(choice->help) > 10 &&
        strcmp(choice->help + strlen(choice->help) - 10, " (default)") == 0)
        fputs("=default", out);
}

static struct node *sample(void)
{
    return tree_of("filter web description \"the web\"; filter web ingress rule 10 action accept;"
                   "filter web ingress rule 20; filter dns; target t receiver 10.0.0.1 10.0.0.2;"
                   "session s vni 5 disabled source interface eth0 veth9 tag env prod");
}

/* `line` is complete words and the partial one behind the last blank. */
static void offers(enum path_purpose purpose, const char *line, const char *expected)
{
    struct node *tree = sample();
    const char *blank = strrchr(line, ' ');
    const char *partial = blank ? blank + 1 : line;
    char *front = strndup(line, (size_t)(partial - line));
    struct problem problem;
    struct words words;
    struct writer writer;

    assert_true(words_split(front, &words, &problem));
    complete_path(tree, words.at, words.count, partial, purpose, &interfaces, collect,
                  write_start(&writer));
    assert_text(&writer, expected);
    words_free(&words);
    free(front);
    tree_free(tree);
}

/* The keywords of a session that a line has not given, each with a blank behind it. */
static const char *but(const char *given)
{
    static char keywords[400];

    keywords[0] = '\0';
    for (const struct schema *row = schema_child(schema_root(), "session")->children; row->name;
         row++)
        if (!strstr(given, row->name))
            strcat(strcat(keywords, row->name), " ");
    return keywords;
}

/* `line` has given some leaves of a session: the others are offered behind `first`. */
static void offers_others(const char *line, const char *first)
{
    char expected[500];

    snprintf(expected, sizeof expected, "%s%s<enter>?", first, but(line));
    offers(PATH_SET, line, expected);
}

static void setting(void **state)
{
    (void)state;
    offers(PATH_SET, "", "system filter target session");
    offers(PATH_SET, "s", "system session");
    offers(PATH_SET, "x", "");
    offers(PATH_SET, "system ", "host-name profile idle-timeout workers ring-size");
    offers(PATH_SET, "system host-name ", "NAME?");
    offers(PATH_SET, "filter ", "dns web=the web NAME?");
    offers(PATH_SET, "filter w", "web=the web NAME?");
    offers(PATH_SET, "filter new ", "description ingress egress <enter>?");
    offers(PATH_SET, "filter web in", "ingress");
    offers(PATH_SET, "filter web ingress ", "rule");
    offers(PATH_SET, "filter web ingress rule ", "10 20 <1-65535>?");
    offers(PATH_SET, "filter web ingress rule 1", "10 <1-65535>?");
    offers(PATH_SET, "filter web ingress rule x", "");
    offers(PATH_SET, "filter new ingress rule ", "<1-65535>?");
    offers(PATH_SET, "filter web ingress rule 10 action ", "accept reject");
    offers(PATH_SET, "filter web ingress rule 10 action r", "reject");
    offers(PATH_SET, "filter web ingress rule 10 action reject s", "source source-port");
    offers(PATH_SET, "filter web ingress rule 10 family ", "ipv4 ipv6");
    offers(PATH_SET, "filter web ingress rule 10 protocol ud", "udp udplite NAME|<0-255>?");
    offers(PATH_SET, "filter web ingress rule 10 protocol icm", "icmp icmp6 NAME|<0-255>?");
    offers(PATH_SET, "filter web ingress rule 10 dscp ef", "ef NAME|<0-63>?");
    offers(PATH_SET, "filter web ingress rule 10 tcp-flags ",
           "syn ack fin rst psh urg [!]FLAG[,[!]FLAG]...?");
    offers(PATH_SET, "filter web ingress rule 10 tcp-flags !a", "!ack [!]FLAG[,[!]FLAG]...?");
    offers(PATH_SET, "filter web ingress rule 10 tcp-flags !ack,",
           "!ack,syn !ack,fin !ack,rst !ack,psh !ack,urg [!]FLAG[,[!]FLAG]...?");
    offers(PATH_SET, "filter web ingress rule 10 tcp-flags syn,!ack,!r",
           "syn,!ack,!rst [!]FLAG[,[!]FLAG]...?");
    offers(PATH_SET, "filter web ingress rule 10 tcp-flags sin,", "[!]FLAG[,[!]FLAG]...?");
    offers(PATH_SET, "filter web ingress rule 10 con", "condition");
    offers(PATH_SET, "filter web ingress rule 10 condition ", "<1-65535>?");
    offers(PATH_SET, "filter web ingress rule 10 condition 1 source ", "ADDRESS[/LENGTH]?");
    offers(PATH_SET, "filter web ingress rule 10 condition 1 vlan 5 s", "source source-port");
    offers(PATH_SET, "filter web ingress rule 10 source ", "ADDRESS[/LENGTH]?");
}

static void setting_a_session(void **state)
{
    (void)state;
    offers_others("session s ", "");
    offers_others("session s disabled vni 6 ", "");
    offers(PATH_SET, "session s priority ", "<1-32766>?");
    offers(PATH_SET, "session s priority 3", "<1-32766>?");
    offers(PATH_SET, "session s vni ", "auto=default <0-16777215>?");
    offers(PATH_SET, "session s vni a", "auto=default");
    offers(PATH_SET, "session s packet-length ", "full=default <1-65535>?");
    offers(PATH_SET, "session s direction ", "both=default ingress egress");
    offers(PATH_SET, "session s filter ", "dns web=the web NAME?");
    offers(PATH_SET, "session s target ", "t NAME?");
    offers(PATH_SET, "session s source interface ", "eth0 eth1 lo IFNAME?");
    offers_others("session s source interface eth1 ", "eth0 lo IFNAME? all-interfaces prefix ");
    offers(PATH_SET, "session s source interface [ eth1 ", "eth0 lo IFNAME? ]");
    offers(PATH_SET, "session s source interface [ eth1 ] p", "prefix priority packet-length");
    offers(PATH_SET, "session s source interface eth1 vni 5 p", "priority packet-length");
    offers(PATH_DELETE, "session s source interface [ eth0 ", "veth9 ]");
    offers(PATH_DELETE, "session s source interface [ eth0 ] ", "<enter>?");
    offers(PATH_SET, "session s source interface eth1 e", "eth0 IFNAME?");
    offers(PATH_SET, "session s description ", "TEXT?");
    offers(PATH_SET, "session s tag ", "env KEY?");
    offers(PATH_SET, "session s tag env ", "VALUE?");
    offers(PATH_SET, "session s tag env x d", "description direction disabled");
    offers(PATH_SET, "session s tag env x t", "target tag");
    offers(PATH_SET, "ses s dir in d", "description disabled");
}

static void note_help(void *context, const struct choice *choice)
{
    if (strcmp(choice->word, "vni") == 0 || choice->hint)
        snprintf(context, PROFILE_HELP_SIZE, "%s", choice->help);
}

static void helps(const char *line, const char *partial)
{
    struct node *tree = tree_new();
    char help[PROFILE_HELP_SIZE] = "";
    struct problem problem;
    struct words words;

    assert_true(words_split(line, &words, &problem));
    complete_path(tree, words.at, words.count, partial, PATH_SET, NULL, note_help, help);
    assert_string_equal(help, "VXLAN network identifier (default auto)");
    words_free(&words);
    tree_free(tree);
}

static void helping(void **state)
{
    (void)state;
    helps("session s", "v");
    helps("session s vni", "5");
}

static void deleting(void **state)
{
    (void)state;
    offers(PATH_DELETE, "", "filter target session");
    offers(PATH_DELETE, "filter ", "dns web=the web <enter>?");
    offers(PATH_DELETE, "filter web ", "description ingress <enter>?");
    offers(PATH_DELETE, "filter web ingress ", "rule <enter>?");
    offers(PATH_DELETE, "filter web ingress rule ", "10 20 <enter>?");
    offers(PATH_DELETE, "session s ", "source vni tag disabled <enter>?");
    offers(PATH_DELETE, "session s tag ", "env <enter>?");
    offers(PATH_DELETE, "session s tag env ", "<enter>?");
    offers(PATH_EDIT, "session s tag env ", "");
    offers(PATH_DELETE, "session s vni ", "5 <enter>?");
    offers(PATH_DELETE, "session s vni 5 ", "<enter>?");
    offers(PATH_DELETE, "session s disabled ", "<enter>?");
    offers(PATH_DELETE, "session s source interface ", "eth0 veth9 <enter>?");
    offers(PATH_DELETE, "session s source interface eth0 ", "veth9 <enter>?");
    offers(PATH_DELETE, "session new ", "");
    offers(PATH_DELETE, "session s vni 6 ", "");
    offers(PATH_DELETE, "filter web egress ", "");
    offers(PATH_DELETE, "system ", "");
}

static void showing(void **state)
{
    (void)state;
    offers(PATH_SHOW, "", "filter target session <enter>?");
    offers(PATH_SHOW, "session ", "s <enter>?");
    offers(PATH_SHOW, "session s ", "source vni tag disabled <enter>?");
    offers(PATH_SHOW, "session s vni ", "<enter>?");
    offers(PATH_SHOW, "session s vni 5", "");
}

static void editing(void **state)
{
    (void)state;
    offers(PATH_EDIT, "", "system filter target session");
    offers(PATH_EDIT, "filter ", "dns web=the web NAME?");
    offers(PATH_EDIT, "filter web ", "ingress egress <enter>?");
    offers(PATH_EDIT, "filter web ingress ", "rule <enter>?");
    offers(PATH_EDIT, "filter web ingress rule ", "10 20 <1-65535>?");
    offers(PATH_EDIT, "session s ", "source <enter>?");
    offers(PATH_EDIT, "session s vni ", "");
}

static void wrong_words_in_front(void **state)
{
    (void)state;
    offers(PATH_SET, "sesion ", "");
    offers(PATH_SET, "s ", "");
    offers(PATH_SET, "\"session\" ", "");
    offers(PATH_SET, "session s priority 0 ", "");
    offers(PATH_SET, "session a/b ", "");
    offers(PATH_DELETE, "session s vni 5 disabled ", "");
    offers(PATH_SHOW, "session s vni 5 ", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(setting),
        cmocka_unit_test(setting_a_session),
        cmocka_unit_test(helping),
        cmocka_unit_test(deleting),
        cmocka_unit_test(showing),
        cmocka_unit_test(editing),
        cmocka_unit_test(wrong_words_in_front),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
