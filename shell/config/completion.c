/* What may stand next in a configuration path, for TAB and `?`: read with the same walk as the
 * commands themselves, so nothing is offered that they would refuse. */
#include "completion.h"

#include "path.h"
#include "profile.h"
#include "value.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct completing {
    const struct node *node[TREE_DEPTH]; /* of walk.level in the tree; NULL: not there */
    const struct node *leaf;             /* of walk.open in the tree; NULL: not there, or a list */
    struct walk walk;
    enum path_purpose purpose;
    enum profile profile; /* of the tree */
    const char *partial;
    const struct word *words; /* the complete ones */
    size_t count;
    choice_fn *choice;
    void *context;
};

const char *completion_help(const struct node *instance)
{
    bool described = schema_child(instance->schema, "description");
    const char *description = described ? node_value(instance, "description") : NULL;

    return description && description[0] != '\0' ? description : instance->schema->help;
}

static void offer(struct completing *completing, const char *word, const char *help)
{
    struct choice choice = {.word = word, .help = help};

    if (strncmp(word, completing->partial, strlen(completing->partial)) == 0)
        completing->choice(completing->context, &choice);
}

static void hint(struct completing *completing, const char *text, const char *help)
{
    completing->choice(completing->context,
                       &(struct choice){.word = text, .help = help, .hint = true});
}

static bool is_there(const struct node *node, const struct schema *row)
{
    size_t first;

    return node && node_range(node, row, &first) > 0;
}

/* Follows one step in the tree. false: it is not there. */
static bool follow(struct completing *completing, const struct step *step)
{
    const struct node *node = completing->node[step->depth];

    if (step->row->kind == SCHEMA_LIST && !step->text) {
        completing->leaf = NULL;
        return is_there(node, step->row);
    }
    if (step->row->kind == SCHEMA_LIST || step->row->kind == SCHEMA_CONTAINER) {
        completing->node[step->depth + 1] = !node ? NULL : node_find(node, step->row, step->text);
        return completing->node[step->depth + 1];
    }
    if (step->text)
        return completing->leaf && node_value_has(completing->leaf, step->text);
    completing->leaf = node ? node_find(node, step->row, NULL) : NULL;
    return completing->leaf;
}

/* The complete words in front. false: they are wrong, or lead to nothing that could be deleted or
 * shown. */
static bool read_words(struct completing *completing, const struct node *tree)
{
    static const enum walk_mode modes[] = {
        [PATH_SET] = WALK_SET,    [PATH_DELETE] = WALK_DELETE, [PATH_SHOW] = WALK_SHOW,
        [PATH_EDIT] = WALK_SHOW,  [PATH_MARK] = WALK_SHOW,     [PATH_ANNOTATE] = WALK_SHOW,
        [PATH_RENAME] = WALK_SHOW};
    bool makes = completing->purpose == PATH_SET || completing->purpose == PATH_EDIT;
    struct problem problem;
    struct step step;

    walk_start(&completing->walk, modes[completing->purpose]);
    completing->node[0] = tree;
    for (size_t i = 0; i < completing->count; i++) {
        if (!walk_word(&completing->walk, &completing->words[i], &step, &problem))
            return false;
        bool there = follow(completing, &step);
        free(step.text);
        if (!there && !makes)
            return false;
    }
    return true;
}

/* Whether it, or something below it, has a name that could be another one. */
static bool has_names(const struct schema *row)
{
    bool names = row->kind == SCHEMA_LIST;

    for (const struct schema *child = row->children; !names && child && child->name; child++)
        names = has_names(child);
    return names;
}

/* What is deleted and shown is in the tree; an edit may also begin something new. */
static void offer_keywords(struct completing *completing)
{
    const struct walk *walk = &completing->walk;
    char help[PROFILE_HELP_SIZE];

    for (size_t depth = walk->depth + 1; depth-- > walk_keywords(walk);) {
        const struct walk_level *level = &walk->level[depth];

        for (const struct schema *row = level->row->children; row->name; row++) {
            bool given = level->given >> (row - level->row->children) & 1;
            bool wanted = is_there(completing->node[depth], row);

            if (completing->purpose == PATH_SET)
                wanted = !given;
            else if (completing->purpose == PATH_EDIT)
                wanted = row->children && !schema_implied(row);
            else if (completing->purpose == PATH_RENAME)
                wanted &= has_names(row);
            if (wanted)
                offer(completing, row->name, profile_help(completing->profile, row, help));
        }
    }
}

static void offer_instances(struct completing *completing, const struct node *parent,
                            const struct schema *list)
{
    size_t first, count = parent ? node_range(parent, list, &first) : 0;

    for (size_t i = 0; i < count; i++)
        offer(completing, parent->children[first + i]->key,
              completion_help(parent->children[first + i]));
}

/* Has the line given this value to the open leaf-list? */
static bool is_given(const struct completing *completing, const char *text)
{
    for (size_t i = completing->count - completing->walk.values; i < completing->count; i++)
        if (strcmp(completing->words[i].text, text) == 0)
            return true;
    return false;
}

static void offer_value(struct completing *completing, const char *text, const char *help)
{
    if (!is_given(completing, text) && !walk_needs_quotes(&completing->walk, text))
        offer(completing, text, help);
}

/* The flags that are not given yet, behind those that are. */
static void offer_flags(struct completing *completing, const struct match_field *field)
{
    const char *partial = completing->partial, *comma = strrchr(partial, ',');
    size_t given = comma ? (size_t)(comma - partial) : 0;
    const char *not = (comma ? comma + 1 : partial)[0] == '!' ? "!" : "";
    char text[MATCH_TEXT_MAX], word[MATCH_TEXT_MAX + 8], help[40], why[8];
    struct match_value value = {0};

    snprintf(text, sizeof text, "%.*s", (int)given, partial);
    if (comma && (given >= sizeof text || !match_value_parse(field, text, &value, why, sizeof why)))
        return;
    for (const struct match_name *name = field->names; name->name; name++) {
        if ((value.set | value.clear) & name->value)
            continue;
        snprintf(word, sizeof word, "%s%s%s%s", text, comma ? "," : "", not, name->name);
        snprintf(help, sizeof help, "%s is %sset", name->name, *not ? "not " : "");
        offer_value(completing, word, help);
    }
}

/* The names that a match field's values have. */
static void offer_names(struct completing *completing, const struct match_field *field)
{
    const struct match_name *names = field->names;

    for (size_t i = 0; names[i].name; i++) {
        char help[60];
        size_t first = 0;

        snprintf(help, sizeof help, "%s number %u", field->name, names[i].value);
        while (names[first].value != names[i].value)
            first++;
        if (first == i) /* an alias is taken but not offered */
            offer_value(completing, names[i].name, field->maximum > 0 ? help : field->help);
    }
}

/* A word that the value may be. */
static void offer_word(struct completing *completing, const struct schema_choice *word)
{
    const char *unless_given = profile_default(completing->profile, completing->walk.open);
    char help[PROFILE_HELP_SIZE];

    snprintf(help, sizeof help, "%s%s", word->help,
             unless_given && strcmp(unless_given, word->name) == 0 ? " (default)" : "");
    offer_value(completing, word->name, help);
}

/* The values that the table and this machine know. */
static void offer_known(struct completing *completing, const struct node *tree,
                        const struct interfaces *interfaces)
{
    const struct schema *row = completing->walk.open;

    for (size_t i = 0; row->choices && row->choices[i].name; i++)
        offer_word(completing, &row->choices[i]);
    if (row->also.name && profile_takes_word(completing->profile, row))
        offer_word(completing, &row->also);
    if (row->refers_to)
        offer_instances(completing, tree, schema_child(tree->schema, row->refers_to));
    for (size_t i = 0; row->interfaces && interfaces && i < interfaces->count; i++)
        offer_value(completing, interfaces->names[i], INTERFACE_HELP);
    if (row->match && row->match->kind == MATCH_NAMED)
        offer_names(completing, row->match);
    if (row->match && row->match->kind == MATCH_FLAGS)
        offer_flags(completing, row->match);
}

/* The hint of a value, unless the choices say all or what is typed cannot be it. */
static void hint_value(struct completing *completing, const struct schema *row)
{
    bool names_only = row->match && row->match->kind == MATCH_NAMED && row->match->maximum == 0;
    const char *partial = completing->partial;
    char help[PROFILE_HELP_SIZE], text[PROFILE_TEXT_SIZE];
    const char *shown = profile_hint(completing->profile, row, text);

    if (!shown || names_only ||
        (row->parse == value_number && partial[strspn(partial, "0123456789")] != '\0'))
        return;
    hint(completing, shown, profile_help(completing->profile, row, help));
}

static void offer_bracket(struct completing *completing)
{
    if (strncmp("]", completing->partial, strlen(completing->partial)) == 0)
        completing->choice(
            completing->context,
            &(struct choice){.word = "]", .help = "The end of the list", .syntax = true});
}

static void offer_values(struct completing *completing, const struct node *tree,
                         const struct interfaces *interfaces)
{
    const struct schema *row = completing->walk.open;
    bool makes = completing->purpose == PATH_SET ||
                 (completing->purpose == PATH_EDIT && row->kind == SCHEMA_LIST);

    if (row->kind == SCHEMA_LIST)
        offer_instances(completing, completing->node[completing->walk.depth], row);
    else if (makes)
        offer_known(completing, tree, interfaces);
    else if (completing->leaf)
        for (size_t i = 0; i < completing->leaf->value_count; i++)
            offer_value(completing, completing->leaf->values[i], "What is set now");
    if (makes)
        hint_value(completing, row);
    if (completing->walk.values > 0 && completing->walk.brackets)
        offer_bracket(completing);
    else if (completing->walk.values > 0 && makes)
        offer_keywords(completing);
}

/* May the line end behind the complete words? */
static bool is_complete(const struct completing *completing)
{
    const struct walk *walk = &completing->walk;
    struct problem problem;

    switch (completing->purpose) {
    case PATH_SET:
    case PATH_DELETE:
        return walk_end(walk, completing->words + completing->count, &problem);
    case PATH_SHOW:
        return true;
    case PATH_EDIT:
        return completing->count > 0 && !walk->open && !walk->ended;
    case PATH_RENAME:
        return walk_at(walk)->kind == SCHEMA_LIST && !walk->open &&
               walk->level[walk->depth].given == 0;
    case PATH_MARK:
    case PATH_ANNOTATE:
        return completing->count > 0 && !walk->open;
    }
    return false;
}

/* Behind the `to` of a renaming: what the name may be, and the end. False: there is no `to`. */
static bool complete_new_name(struct completing *completing, const struct node *tree)
{
    const struct word *words = completing->words;
    struct problem problem;
    size_t to = 1;

    while (to < completing->count && (words[to].quoted || strcmp(words[to].text, "to") != 0 ||
                                      !tree_find(tree, words, to, &problem)))
        to++;
    if (to >= completing->count)
        return false;
    size_t given = completing->count - to - 1;
    completing->count = to;
    if (!read_words(completing, tree) || walk_at(&completing->walk)->kind != SCHEMA_LIST)
        return true;
    if (given == 0)
        hint_value(completing, walk_at(&completing->walk));
    else if (completing->partial[0] == '\0')
        hint(completing, "<enter>", ENTER_HELP);
    return true;
}

void complete_path(const struct node *tree, const struct word *words, size_t count,
                   const char *partial, enum path_purpose purpose,
                   const struct interfaces *interfaces, choice_fn *choice, void *context)
{
    struct completing completing = {.purpose = purpose,
                                    .profile = profile_of(tree),
                                    .partial = partial,
                                    .words = words,
                                    .count = count,
                                    .choice = choice,
                                    .context = context};

    if (purpose == PATH_RENAME && complete_new_name(&completing, tree))
        return;
    if (!read_words(&completing, tree))
        return;
    if (completing.walk.open)
        offer_values(&completing, tree, interfaces);
    else if (!completing.walk.ended)
        offer_keywords(&completing);
    if (purpose == PATH_RENAME && is_complete(&completing))
        offer(&completing, "to", "What it is called then follows");
    else if (partial[0] == '\0' && is_complete(&completing) && purpose == PATH_ANNOTATE)
        hint(&completing, "\"TEXT\"", "The comment, in quotes; \"\" takes it away");
    else if (partial[0] == '\0' && is_complete(&completing))
        hint(&completing, "<enter>", ENTER_HELP);
}
