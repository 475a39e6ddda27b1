/* The engine's threads, none of which a signal interrupts: signals are the main thread's. */
#ifndef MIRRORSH_THREAD_H
#define MIRRORSH_THREAD_H

#include <pthread.h>

/* As pthread_create(3) does: 0 or -errno. */
int thread_start(pthread_t *thread, void *(*run)(void *argument), void *argument);

#endif
