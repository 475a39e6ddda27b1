/* What fuzzers draw from: the same every time, unless MIRRORSH_FUZZ_SEED says another seed;
 * MIRRORSH_FUZZ_ROUNDS makes a run longer. */
#ifndef MIRRORSH_FUZZ_RANDOM_H
#define MIRRORSH_FUZZ_RANDOM_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t state_of_random;

static inline unsigned random_below(unsigned limit)
{
    state_of_random = state_of_random * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(state_of_random >> 33) % limit;
}

static inline const char *one_of(const char *const *texts)
{
    unsigned count = 0;

    while (texts[count])
        count++;
    return texts[random_below(count)];
}

/* Says the seed; how many rounds are wanted. */
static inline unsigned random_begin(unsigned rounds)
{
    const char *seed = getenv("MIRRORSH_FUZZ_SEED"), *more = getenv("MIRRORSH_FUZZ_ROUNDS");

    state_of_random = seed ? strtoull(seed, NULL, 10) : 1;
    printf("# seed %llu\n", (unsigned long long)state_of_random);
    return more ? (unsigned)strtoul(more, NULL, 10) : rounds;
}

#endif
