/* The lines of logins: see logins.h. */
#include "logins.h"
#include "../journal/journal.h"

void login_say(const struct peer *peer)
{
    const struct edit *edit = &peer->context.edit;
    char author[AUTHOR_MAX], subject[AUTHOR_MAX + AUTHOR_PART_MAX + 16];

    author_text(&edit->author, author);
    snprintf(subject, sizeof subject, "login %s %s", author, edit->from);
    journal_about(subject, LOG_INFO, "login: %s%s%s, process %d%s%s", author,
                  *edit->from ? " from " : "", edit->from, (int)peer->role.process,
                  peer->context.person ? "" : ", a script",
                  peer->role.may_configure ? "" : ", may only look");
}

void logout_say(const struct peer *peer)
{
    char author[AUTHOR_MAX], subject[AUTHOR_MAX + 16];

    author_text(&peer->context.edit.author, author);
    snprintf(subject, sizeof subject, "logout %s", author);
    journal_about(subject, LOG_INFO, "logout: %s, process %d", author, (int)peer->role.process);
}

void login_say_hung_up(const struct peer *peer)
{
    char author[AUTHOR_MAX];

    author_text(&peer->context.edit.author, author);
    journal(LOG_NOTICE, "console of %s, process %d, hung up on: it takes nothing of its output",
            author, (int)peer->role.process);
}

void login_say_refused(const struct role *role, const char *why)
{
    char subject[40];

    snprintf(subject, sizeof subject, "refused %u", (unsigned)role->user);
    journal_about(subject, LOG_WARNING, "console of user %u, process %d, refused: %s",
                  (unsigned)role->user, (int)role->process, why);
}
