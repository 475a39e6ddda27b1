/* From the pipes to the person or the file: see filter.h. */
#include "filter.h"
#include "terminal.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool filter_open(struct filter *filter, size_t *kept, struct problem *problem)
{
    const struct words *words = &filter->words;
    const struct word *save;
    char why[400];
    bool good;

    if (!pipe_parse(words->at, words->count, &filter->pipe, kept, problem))
        return false;
    filter->pipe.stopped = terminal_called;
    save = filter->pipe.save;
    if (*kept == 0 && words->count > 0)
        good = problem_at(problem, words->at, "a command is missing in front of the pipe");
    else /* before the box has done anything */
        good = !save || output_file_open(&filter->file, save->text, why, sizeof why) ||
               problem_at(problem, save, "%s", why);
    if (!good)
        pipe_close(&filter->pipe);
    return good;
}

static int emit(struct filter *filter, const struct connection_handler *handler, const char *text,
                size_t length)
{
    if (!filter->pipe.save)
        return handler->output(handler->context, text, length);
    output_file_write(&filter->file, text, length);
    filter->failed |= filter->file.error != 0;
    return filter->file.error ? -ECANCELED : 0;
}

int filter_put(struct filter *filter, const struct connection_handler *handler, const char *text,
               size_t length, bool last)
{
    char *through = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&through, &size);
    int failed = -ENOMEM;
    bool good;

    if (!out)
        return failed;
    good = last ? pipe_finish(&filter->pipe, out) : pipe_feed(&filter->pipe, text, length, out);
    if (fclose(out) == 0)
        failed = size ? emit(filter, handler, through, size) : 0;
    free(through);
    return failed || good ? failed : FILTER_STOPPED;
}

void filter_show(struct filter *filter)
{
    if (filter && filter->pipe.save)
        output_file_show(&filter->file);
}

bool filter_close(struct filter *filter, const struct connection_handler *handler, bool whole)
{
    unsigned long long lines = filter->file.lines;
    const struct word *save = filter->pipe.save;
    char why[400];
    bool good = output_file_close(&filter->file, whole, why, sizeof why);

    if (!good)
        handler->problem(handler->context, words_column(filter->line, save->start), why);
    if (good && whole && save && handler->person) {
        snprintf(why, sizeof why, "Wrote %llu line%s to %.256s\n", lines, lines == 1 ? "" : "s",
                 save->text);
        handler->output(handler->context, why, strlen(why));
    }
    pipe_close(&filter->pipe);
    return good;
}
