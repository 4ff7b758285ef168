/* See session.h. */
#include "session.h"

#include <string.h>

#include "alc/alloc.h"

int alc_session_fail(struct alc_session *session, const char *message,
                     const char *sqlstate, struct alc_error *err)
{
    size_t len = strlen(message);
    while (len && message[len - 1] == '\n') {
        len--;
    }
    alc_session_forget_failure(session);
    session->message = alc_malloc(len + 1);
    if (!session->message) {
        return alc_error_nomem(err);
    }
    memcpy(session->message, message, len);
    session->message[len] = '\0';
    if (sqlstate) {
        strncpy(session->sqlstate, sqlstate, ALC_SQLSTATE_LEN);
    }
    return alc_error_set(err, ALC_E_IO, 0, "%s", session->message);
}

void alc_session_forget_failure(struct alc_session *session)
{
    alc_free(session->message);
    session->message = NULL;
    memset(session->sqlstate, 0, sizeof session->sqlstate);
}
