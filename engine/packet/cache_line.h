/* How the processor takes memory: for who lays it out for that, or asks for it ahead. */
#ifndef MIRRORSH_CACHE_LINE_H
#define MIRRORSH_CACHE_LINE_H

enum { CACHE_LINE = 64 }; /* bytes */

#endif
