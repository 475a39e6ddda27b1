/* A configuration in braces, as `show` prints it, back into a tree. A statement is cut out of the
 * text, and its words are split and set as those of a line are, behind the levels around it. */
#include "path.h"
#include "text.h"
#include "utf8.h"
#include <stdlib.h>
#include <string.h>

/* What a statement says of itself. */
struct marks {
    bool inactive, replace;
    char *comment; /* malloced; NULL: none */
};

struct reading {
    struct node *tree;
    struct problems *problems;
    bool replaces; /* replace: is heard */
    bool examines; /* see text_examine */
    bool good;
    const char *at, *end;
    struct path path; /* of the level */
    struct level {
        size_t above; /* words of the path around it */
        struct marks marks;
    } levels[TREE_DEPTH];
    size_t depth;
    struct statement {
        char *text;         /* with blanks in the place of comments and line ends */
        const char *start;  /* the same in the whole text, */
        struct place place; /* there */
        size_t length;
        FILE *comments; /* to `comment`, as long as the statement is cut; NULL: none */
        char *comment;  /* of it, malloced; NULL: none */
        size_t comment_length;
        struct words words;
    } statement;
};

/* ---- places ---- */

/* A problem at a byte of the statement, or of what ends it. */
static bool fail(struct reading *reading, size_t offset, const char *text)
{
    struct place place = reading->statement.place;

    place_pass(&place, reading->statement.start, offset);
    problems_add(reading->problems, place.line, place.column, "%s", text);
    reading->good = false;
    return false;
}

/* ---- cutting ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The text between the signs of a comment in one line, behind what the statement has of them. */
static bool keep_comment(struct reading *reading, const char *from, const char *to)
{
    struct statement *statement = &reading->statement;

    if (statement->comments)
        putc(' ', statement->comments);
    else
        statement->comments = open_memstream(&statement->comment, &statement->comment_length);
    if (!statement->comments)
        return fail(reading, 0, "out of memory");
    from += from < to && *from == ' ';
    to -= from < to && to[-1] == ' ';
    while (from < to) {
        const char *next = from;
        bool line_ends = false;

        while (next < to && is_blank(*next))
            line_ends |= *next++ == '\n';
        if (line_ends) { /* it and what is around it */
            from = next;
            putc(' ', statement->comments);
            continue;
        }
        do {
            uint32_t code;
            size_t length = utf8_decode(from, &code);

            if (length == 0 || (utf8_is_control(code) && code != '\t'))
                return fail(reading, (size_t)(from - statement->start),
                            length == 0 ? "a comment that is not UTF-8"
                                        : "a control character in a comment");
            fwrite(from, 1, length, statement->comments);
            from += length;
        } while (from < next);
    }
    return true;
}

/* What is passed over at the beginning of a word: false when it has no end. */
static bool pass_comment(struct reading *reading)
{
    const char *from = reading->at;

    if (*from == '#') {
        const char *newline = memchr(from, '\n', (size_t)(reading->end - from));

        reading->at = newline ? newline : reading->end;
        return true;
    }
    const char *to = memmem(from + 2, (size_t)(reading->end - from - 2), "*/", 2);
    if (!to)
        return fail(reading, (size_t)(from - reading->statement.start),
                    "the comment is not closed, expected */");
    if (!keep_comment(reading, from + 2, to))
        return false;
    reading->at = to + 2;
    return true;
}

static bool begins_comment(const struct reading *reading)
{
    return *reading->at == '#' ||
           (reading->end - reading->at >= 2 && reading->at[0] == '/' && reading->at[1] == '*');
}

/* Cuts the next statement out, up to what ends it: that in *end, or NUL at the end of all. */
static bool cut(struct reading *reading, char *end)
{
    struct statement *statement = &reading->statement;
    bool fresh = true; /* a word would begin here */
    size_t quote = 0;
    FILE *out;

    place_pass(&statement->place, statement->start, (size_t)(reading->at - statement->start));
    statement->start = reading->at;
    if (!(out = open_memstream(&statement->text, &statement->length)))
        return fail(reading, 0, "out of memory");
    bool good = true, inside = false;
    while (good && reading->at < reading->end && (inside || !memchr("{};", *reading->at, 3))) {
        const char *from = reading->at;
        char c = *from;

        if (!inside && fresh && begins_comment(reading)) {
            good = pass_comment(reading);
            fprintf(out, "%*s", (int)(reading->at - from), "");
            continue;
        }
        if (c == '\0' || (inside && c == '\n'))
            good = fail(reading, c == '\0' ? (size_t)(from - statement->start) : quote,
                        c == '\0' ? "a NUL byte" : "the quote is not closed");
        if (c == '"' && !inside)
            quote = (size_t)(from - statement->start);
        inside ^= c == '"';
        fresh = !inside && is_blank(c);
        putc(!inside && is_blank(c) ? ' ' : c, out);
        reading->at++;
        if (c == '\\' && reading->at < reading->end && strchr("\"\\", *reading->at) &&
            *reading->at != '\0') {
            putc(*reading->at, out);
            reading->at++;
        }
    }
    if (good && inside)
        good = fail(reading, quote, "the quote is not closed");
    bool written = fclose(out) == 0;
    written &= !statement->comments || fclose(statement->comments) == 0;
    if (!written && good)
        good = fail(reading, 0, "out of memory");
    *end = good && reading->at < reading->end ? *reading->at : '\0';
    if (good && *end != '\0')
        reading->at++;
    return good;
}

static void statement_free(struct statement *statement)
{
    words_free(&statement->words);
    free(statement->text);
    free(statement->comment);
    *statement = (struct statement){.start = statement->start, .place = statement->place};
}

/* ---- statements ---- */

/* The words in front of a statement's path; *first: where that begins. */
static bool take_marks(struct reading *reading, struct marks *marks, size_t *first)
{
    const struct words *words = &reading->statement.words;

    for (*first = 0; *first < words->count && !words->at[*first].quoted; ++*first) {
        if (strcmp(words->at[*first].text, "inactive:") == 0)
            marks->inactive = true;
        else if (strcmp(words->at[*first].text, "replace:") == 0 && reading->replaces)
            marks->replace = true;
        else if (strcmp(words->at[*first].text, "replace:") == 0)
            return fail(reading, words->at[*first].start, "replace: stands in a load replace only");
        else
            break;
    }
    for (size_t i = *first; i < words->count; i++)
        if (!words->at[i].quoted && strcmp(words->at[i].text, "|") == 0)
            return fail(reading, words->at[i].start, "a pipe has no place in a configuration");
    return true;
}

/* Marks the node of a path as its statement says, if it is there. */
static bool put_marks(struct reading *reading, const struct marks *marks, struct word *words,
                      size_t count, struct problem *problem)
{
    struct word was = words[count], behind = words[count + 1];
    struct problem unused;
    bool good = true;

    if (!tree_find(reading->tree, words, count, &unused))
        return true;
    if (marks->inactive && !tree_deactivate(reading->tree, words, count, problem))
        good = problem->warning;
    if (good && marks->comment && *marks->comment) {
        words[count] = (struct word){.text = marks->comment, .quoted = true, .start = was.start};
        words[count + 1] = words[count];
        good = tree_annotate(reading->tree, words, count + 1, problem);
        words[count] = was;
        words[count + 1] = behind;
    }
    return good;
}

/* The words of a statement that lead to the one node that it is about. */
static size_t about(const struct word *words, size_t count, struct problem *problem)
{
    struct step *steps = path_steps(WALK_SET, words, count, problem);
    const struct schema *row = NULL;
    size_t path = 0;

    for (size_t i = 0; steps && i < count; i++) {
        const struct schema *next = steps[i].row;

        if (row && next != row) {
            problem_at(problem, &words[i], "a statement of its own is expected for %s", next->name);
            path = 0;
            break;
        }
        if (next->implied || row)
            continue;
        if (!next->children)
            row = next;
        if (next->kind != SCHEMA_LIST || steps[i].text)
            path = i + 1;
    }
    path_steps_free(steps, count);
    return path;
}

static bool set(struct reading *reading, const struct word *words, size_t count,
                struct problem *problem)
{
    const struct statement *statement = &reading->statement;
    struct origin origin = {.place = statement->place, .text = statement->start, .words = words};

    if (tree_set_from(reading->tree, words, count, &origin, problem))
        return true;
    if (reading->examines)
        tree_salvage(reading->tree, words, count, &origin);
    return false;
}

/* A path that ends with ; . */
static bool take_leaf(struct reading *reading, const struct marks *marks, struct word *words,
                      size_t count, struct problem *problem)
{
    bool marked = marks->inactive || marks->replace || marks->comment;
    size_t path = marked ? about(words, count, problem) : 0;
    struct problem unused;

    if (marked && path == 0)
        return false;
    if (marks->replace)
        tree_delete(reading->tree, words, path, &unused);
    if (!set(reading, words, count, problem))
        return false;
    return !marked || put_marks(reading, marks, words, path, problem);
}

static bool is_instance(const struct path *path)
{
    const struct schema *row = schema_root();

    for (size_t i = 0; i < path->count; i++) {
        row = schema_child(row, path->words[i]);
        i += row->kind == SCHEMA_LIST;
    }
    return row->kind == SCHEMA_LIST;
}

/* A path that ends with { : a level, whose marks wait for what is in it. */
static bool take_level(struct reading *reading, struct marks *marks, const struct word *words,
                       size_t count, struct problem *problem)
{
    struct path path = {0};
    struct problem unused;

    if (!tree_path(words, count, &path, problem))
        return false;
    if (!path_editable(&path, words, problem)) {
        path_free(&path);
        return false;
    }
    if (marks->replace)
        tree_delete(reading->tree, words, count, &unused);
    if (is_instance(&path) && !set(reading, words, count, problem)) {
        path_free(&path);
        return false;
    }
    reading->levels[reading->depth++] =
        (struct level){.above = reading->path.count, .marks = *marks};
    *marks = (struct marks){0};
    path_free(&reading->path);
    reading->path = path;
    return true;
}

/* A statement with what ends it; false: nothing more can be made of the text. */
static bool take_statement(struct reading *reading, char end)
{
    struct statement *statement = &reading->statement;
    struct marks marks = {.comment = statement->comment};
    struct problem problem = {0};
    size_t first, count;
    bool good;

    statement->comment = NULL;
    if (!take_marks(reading, &marks, &first)) {
        free(marks.comment);
        return false;
    }
    count = statement->words.count - first;
    if (count == 0) {
        free(marks.comment);
        return fail(reading, statement->length, "a path is missing");
    }
    struct word *whole = path_whole(&reading->path, statement->words.at + first, count);
    struct word *room =
        whole ? realloc(whole, (reading->path.count + count + 2) * sizeof *whole) : NULL;
    if (!room) {
        free(whole);
        free(marks.comment);
        return fail(reading, 0, "out of memory");
    }
    count += reading->path.count;
    room[count + 1] = room[count];
    good = end == '{' ? take_level(reading, &marks, room, count, &problem)
                      : take_leaf(reading, &marks, room, count, &problem);
    if (!good)
        fail(reading, problem.at, problem.text);
    free(room);
    free(marks.comment);
    return good || (end == ';' && !problems_full(reading->problems));
}

/* The level ends: what is in it is there now, and its marks are put on it. */
static bool leave_level(struct reading *reading)
{
    struct level *level = &reading->levels[--reading->depth];
    struct path *path = &reading->path;
    static char nothing[] = "";
    struct word none[3] = {{.text = nothing}, {.text = nothing}, {.text = nothing}};
    struct word *whole = path_whole(path, none, 2);
    struct problem problem = {0};
    bool good = whole;

    if (whole)
        good = put_marks(reading, &level->marks, whole, path->count, &problem);
    if (!good)
        fail(reading, 0, whole ? problem.text : "out of memory");
    free(whole);
    free(level->marks.comment);
    while (path->count > level->above)
        free(path->words[--path->count]);
    return good;
}

/* One statement, or the end of a level; false: that was all. */
static bool next(struct reading *reading)
{
    struct statement *statement = &reading->statement;
    struct problem problem = {0};
    char end = '\0';

    if (!cut(reading, &end))
        return false;
    if (!words_split(statement->text, &statement->words, &problem))
        return fail(reading, problem.at, problem.text);
    bool empty = statement->words.count == 0;
    if (!empty && end != ';' && end != '{')
        return fail(reading, statement->words.at[statement->words.count - 1].end,
                    "missing ; or { behind the statement");
    if (empty && (end == ';' || end == '{'))
        return fail(reading, statement->length,
                    end == ';' ? "a statement is missing in front of the ;"
                               : "a statement is missing in front of the {");
    if (end == '}' && reading->depth == 0)
        return fail(reading, statement->length, "unexpected }: nothing is open");
    if (end == '\0' && reading->depth > 0)
        return fail(reading, statement->length, "missing }: a level is still open");
    return end == '}' ? leave_level(reading) : end != '\0' && take_statement(reading, end);
}

static void read_all(struct reading *reading, const char *text, size_t length)
{
    bool more = true;

    reading->good = true;
    reading->end = text + length;
    reading->at = text + utf8_mark(text, length);
    reading->statement = (struct statement){.start = reading->at, .place = {1, 1}};
    while (more) {
        more = next(reading);
        statement_free(&reading->statement);
    }
    while (reading->depth > 0)
        free(reading->levels[--reading->depth].marks.comment);
    path_free(&reading->path);
}

bool text_load_braces(struct node *tree, const char *text, size_t length, bool replaces,
                      struct problems *problems)
{
    struct reading reading = {.tree = tree, .problems = problems, .replaces = replaces};

    read_all(&reading, text, length);
    return reading.good;
}

bool text_examine_braces(struct node *tree, const char *text, size_t length,
                         struct problems *problems)
{
    struct reading reading = {.tree = tree, .problems = problems, .examines = true};

    read_all(&reading, text, length);
    return reading.good || reading.at == reading.end;
}
