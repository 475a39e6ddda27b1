/* mirrorsh --check FILE. */
#ifndef MIRRORSH_CHECK_FILE_H
#define MIRRORSH_CHECK_FILE_H

/* Loads FILE as a configuration and validates it; prints every problem on standard error as
 * FILE:LINE:COLUMN: error: TEXT. 0 all well, 1 problems, -errno unreadable. */
int check_file(const char *path);

#endif
