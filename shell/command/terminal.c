/* terminal length, terminal width: for terminals that do not know their own size, as those on a
 * serial line, and for programs that want no pager. The client has the terminal. */
#include "command_table.h"
#include "context.h"

enum { LENGTH_MOST = 1000, WIDTH_LEAST = 20, WIDTH_MOST = 1024 };

static enum command_status run_length(struct context *context, const struct arguments *arguments)
{
    struct terminal_setting setting = {.what = TERMINAL_LENGTH};

    setting.value = (uint32_t)argument_number(arguments, "N", 0);
    context_send(context, MESSAGE_SCREEN, &setting, sizeof setting);
    return COMMAND_OK;
}

static enum command_status run_width(struct context *context, const struct arguments *arguments)
{
    unsigned long width = argument_number(arguments, "N", 0);
    struct terminal_setting setting = {.what = TERMINAL_WIDTH, .value = (uint32_t)width};

    if (width > 0 && width < WIDTH_LEAST) {
        problem_at(context->problem, argument_words(arguments, "N"), "a width is 0 or %d-%d",
                   WIDTH_LEAST, WIDTH_MOST);
        return COMMAND_FAILED;
    }
    if (width == 0)
        setting.value = WIDTH_MOST;
    context_send(context, MESSAGE_SCREEN, &setting, sizeof setting);
    return COMMAND_OK;
}

const struct command terminal_commands[] = {
    {.path = "terminal length",
     .help = "Lines of the screen",
     .modes = MODE_OPERATIONAL,
     .arguments = {{.name = "N",
                    .help = "Lines; 0: output is not paged",
                    .kind = ARGUMENT_INTEGER,
                    .minimum = 0,
                    .maximum = LENGTH_MOST,
                    .required = true}},
     .run = run_length},
    {.path = "terminal width",
     .help = "Columns of the screen",
     .modes = MODE_OPERATIONAL,
     .arguments = {{.name = "N",
                    .help = "Columns; 0: as wide as can be",
                    .kind = ARGUMENT_INTEGER,
                    .minimum = 0,
                    .maximum = WIDTH_MOST,
                    .required = true}},
     .run = run_width},
    {0},
};
