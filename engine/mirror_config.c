/* The end of a configuration that the engine no longer needs. */
#include "mirror_config.h"
#include <stdlib.h>

static void free_rules(struct mirror_rule *rules, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(rules[i].conditions);
    free(rules);
}

void mirror_config_free(struct mirror_config *config)
{
    if (!config)
        return;
    for (size_t i = 0; i < config->filter_count; i++) {
        for (int direction = 0; direction < DIRECTIONS; direction++)
            free_rules(config->filters[i].rules[direction],
                       config->filters[i].rule_count[direction]);
        free(config->filters[i].name);
    }
    for (size_t i = 0; i < config->target_count; i++) {
        free(config->targets[i].receivers);
        free(config->targets[i].name);
    }
    for (size_t i = 0; i < config->session_count; i++) {
        free(config->sessions[i].sources);
        free(config->sessions[i].prefixes);
        free(config->sessions[i].name);
    }
    free(config->filters);
    free(config->targets);
    free(config->sessions);
    free(config);
}
