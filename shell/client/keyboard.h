/* What is typed on the terminal of a line editor, read ahead of who takes it: so a paste comes in
 * large pieces, none of it is lost while a line runs, and a ^C is heard however much was typed
 * before it. */
#ifndef MIRRORSH_KEYBOARD_H
#define MIRRORSH_KEYBOARD_H

#include <stdbool.h>

/* As the terminal's VINTR: no text has this byte, and libedit, which puts ^C in the place of a
 * VINTR that is disabled, keeps it. */
enum { KEYBOARD_NO_INTERRUPT = 0xff };

/* The terminal, for who reads it by himself: reading does not wait, where that may be had. It stays
 * the keyboard's. */
int keyboard_descriptor(void);
/* Whether terminal.c reads ahead while anything waits there. For who has the terminal in modes in
 * which ^C is a character; ahead of others nothing is read. Returns what was so before. */
bool keyboard_read_ahead(bool on);
/* What keyboard_read is to be called for when poll finds it readable; -1: nothing now. */
int keyboard_wanted(void);
/* Reads what is there. True: a ^C is among it; what was typed before it is dropped, and itself. */
bool keyboard_read(void);
/* Whether keyboard_take need not wait. */
bool keyboard_has(void);
/* The next byte, in the order they were typed; waits for it unless one is there. False: the
 * terminal has gone. */
bool keyboard_take(unsigned char *byte);
/* Puts back into the terminal what is typed and was not taken, for who has it next; where the
 * kernel does not allow that (TIOCSTI, ioctl_tty(2)), it is lost. In the modes that the terminal
 * then has. */
void keyboard_give_back(void);

#endif
