/* The shell's TAB: answers the completions of bash, zsh and fish, which ask `mirrorsh --complete`.
 */
#ifndef MIRRORSH_SUGGEST_H
#define MIRRORSH_SUGGEST_H

/* words: of the command line that is typed, words[0] the program, words[at] the one to be
 * completed, as bash has them (quotes and all). Prints one choice a line; always STATUS_OK. */
int suggest(int at, int count, char **words);

#endif
