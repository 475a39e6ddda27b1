/* How a command answers, and the edit level it leaves: see context.h. */
#include "context.h"
#include "../running/exclusive.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { OUTPUT_CHUNK = 64 * 1024 };

void context_send(struct context *context, enum message_type type, const void *data, size_t length)
{
    context->answer.send(context->answer.peer, type, data, length);
}

size_t context_queued(const struct context *context)
{
    return context->answer.queued(context->answer.peer);
}

void context_output(struct context *context, const char *text, size_t length)
{
    if (length > 0 && context_queued(context) + length > ANSWER_MAX) {
        context_problem(context, 0, "the answer has more than %d MiB: ask for a part of it",
                        ANSWER_MAX >> 20);
        return;
    }
    while (length > 0) {
        size_t part = length < OUTPUT_CHUNK ? length : OUTPUT_CHUNK;

        context_send(context, MESSAGE_OUTPUT, text, part);
        text += part;
        length -= part;
    }
}

void context_notice(struct context *context, const char *format, ...)
{
    va_list arguments;
    char text[600];

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    context_send(context, MESSAGE_NOTICE, text, strlen(text));
}

/* A text about a column of the line. */
__attribute__((format(printf, 4, 0))) static void send_at(struct context *context,
                                                          enum message_type type, uint32_t column,
                                                          const char *format, va_list arguments)
{
    char *message = NULL;
    size_t size;
    FILE *out = open_memstream(&message, &size);

    if (!out)
        return;
    fwrite(&column, sizeof column, 1, out);
    vfprintf(out, format, arguments);
    if (fclose(out) == 0)
        context_send(context, type, message, size);
    free(message);
}

size_t context_width(const struct context *context)
{
    return context->person && !context->request.filtered ? context->size.columns : 0;
}

void context_problem(struct context *context, uint32_t column, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    context->request.failed = true;
    send_at(context, MESSAGE_PROBLEM, column, format, arguments);
    va_end(arguments);
}

void context_warning(struct context *context, uint32_t column, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    send_at(context, MESSAGE_WARNING, column, format, arguments);
    va_end(arguments);
}

void context_list(struct context *context, context_tell_fn *tell, uint32_t column,
                  const struct problems *problems, const char *things)
{
    size_t told = 0;

    while (told < problems->count &&
           context_queued(context) + strlen(problems->at[told].text) < ANSWER_MAX)
        tell(context, column, "%s", problems->at[told++].text);
    if (problems->count - told + problems->more > 0)
        tell(context, column, "and %zu more %s", problems->count - told + problems->more, things);
}

void context_leave(struct context *context)
{
    context->mode = MODE_OPERATIONAL;
    context_top(context);
    edit_leave(&context->edit);
    if (edit_changed(&context->edit))
        context_notice(context, "warning: the candidate has uncommitted changes, kept");
}

void context_top(struct context *context)
{
    path_free(&context->path);
    context->path = (struct path){0};
    free(context->levels);
    context->levels = NULL;
    context->level_count = 0;
}
