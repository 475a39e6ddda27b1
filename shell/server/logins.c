/* The lines of logins: see logins.h. */
#include "logins.h"
#include "../journal/journal.h"

enum { SUBJECT_MAX = 40 };

/* What a console says of itself, its terminal and where it is from, is no part of it: else each
 * greeting could be a subject of its own, and thousands of them stand in front of what matters. */
static void subject_of(const char *what, const struct role *role, char subject[static SUBJECT_MAX])
{
    snprintf(subject, SUBJECT_MAX, "%s %u", what, (unsigned)role->user);
}

void login_say(const struct peer *peer)
{
    const struct edit *edit = &peer->context.edit;
    char author[AUTHOR_MAX], subject[SUBJECT_MAX];

    author_text(&edit->author, author);
    subject_of("login", &peer->role, subject);
    journal_about(subject, LOG_INFO, "login: %s%s%s, process %d%s%s", author,
                  *edit->from ? " from " : "", edit->from, (int)peer->role.process,
                  peer->context.person ? "" : ", a script",
                  peer->role.may_configure ? "" : ", may only look");
}

void logout_say(const struct peer *peer)
{
    char author[AUTHOR_MAX], subject[SUBJECT_MAX];

    author_text(&peer->context.edit.author, author);
    subject_of("logout", &peer->role, subject);
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
    char subject[SUBJECT_MAX];

    subject_of("refused", role, subject);
    journal_about(subject, LOG_WARNING, "console of user %u, process %d, refused: %s",
                  (unsigned)role->user, (int)role->process, why);
}
