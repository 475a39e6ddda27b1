/* What the engine tells of a data plane that takes the place of another: which sessions and
 * receivers have gone down or come up, and, where details are asked for, what it has decided about
 * interfaces, ways and neighbours. The control thread's only. */
#ifndef MIRRORSH_NEWS_H
#define MIRRORSH_NEWS_H

#include "dataplane.h"

struct teller {
    engine_tell_fn *tell; /* NULL: nobody asks */
    void *context;
    bool details;
};

void news_tell(const struct teller *teller, enum engine_news news, const char *subject,
               const char *format, ...) __attribute__((format(printf, 4, 5)));

/* before: NULL is none. Both as long as their configurations are there. */
void news_of_change(const struct teller *teller, const struct dataplane *before,
                    const struct dataplane *after, const struct counter_names *names);

#endif
