/* What the journal says of who comes to a console, goes, or is not let in: of each user only so
 * often, for scripts come every second. */
#ifndef MIRRORSH_LOGINS_H
#define MIRRORSH_LOGINS_H

#include "peer.h"

/* It has said hello. */
void login_say(const struct peer *peer);
void logout_say(const struct peer *peer);
/* Its connection is ended, for it takes nothing of what waits for it. */
void login_say_hung_up(const struct peer *peer);
void login_say_refused(const struct role *role, const char *why);

#endif
