/* Where in a line a problem is, counted in words. */
#ifndef MIRRORSH_TESTS_PLACES_H
#define MIRRORSH_TESTS_PLACES_H

#include "../../shell/config/words.h"

/* The index of the word that it is about; the number of words: one is missing behind them. */
static inline size_t problem_word(const struct problem *problem, const struct words *words)
{
    size_t word = 0;

    while (word < words->count && words->at[word].start != problem->at)
        word++;
    return words->at[word].start == problem->at ? word : SIZE_MAX;
}

#endif
