/*
 * What the modules for connections of our own (_libpq, _sqlite3) have in common: an
 * object around a session of source/library/session.h, under a lock, since its rows are
 * pulled without the GIL; the capsules that hand these to a reader of _catalog.
 */
#ifndef ALC_BIND_FOREIGN_H
#define ALC_BIND_FOREIGN_H

#include "../row_source.h"

#include <stdatomic.h>

#include "../../source/library/session.h"

/* X(type, member): each is a strong reference or NULL. */
#define ALC_STATE_OBJECTS(X)                                                           \
    X(PyTypeObject, connection_type)                                                   \
    X(PyObject, database_error)

struct alc_module_state {
#define ALC_STATE_MEMBER(type, member) type *member;
    ALC_STATE_OBJECTS(ALC_STATE_MEMBER)
#undef ALC_STATE_MEMBER
};

/*
 * The head of a connection's object, with its session behind it.  The lock's holder may
 * run Python code: handle signals while it waits, raise an exception.  That code must
 * not wait for what its own thread holds.
 */
struct alc_foreign {
    PyObject_HEAD struct alc_session *session; /* under `lock` */
    PyThread_type_lock lock;
    atomic_ulong owner; /* the thread that holds it, or 0 */
    bool close_wanted;  /* by code that ran under the lock; for its holder to do */
    size_t n_queries;   /* under `lock`: the last one's rows can be read, no others */
    struct alc_bind_source
        *reading; /* under `lock`: what signals are handled through */
};

/*
 * The part of a module that is the same: DatabaseError, and the type, which has
 * alc_foreign_methods and alc_foreign_dealloc.  0, or -1 with an exception set.
 */
int alc_foreign_exec(PyObject *module, struct alc_module_state *state,
                     PyType_Spec *spec);
extern PyMethodDef alc_foreign_methods[];
void alc_foreign_dealloc(PyObject *object);

/*
 * Take over a session that is closed, which stands behind the head, and load its
 * library: the path `given`, or for NULL and None the one that is found.
 * Returns 0, or -1 with an exception set; `self` can be released in either case.
 */
int alc_foreign_init(struct alc_foreign *self, struct alc_session *session,
                     PyObject *given);

/* Load the library alone: None, or NULL with an exception set. */
PyObject *alc_foreign_load(struct alc_session *session, PyObject *given);

/*
 * Without the GIL between these two, in which the session may wait: `waiting` is the
 * caller's.  To be called under the lock, or before anybody else has the object.
 */
void alc_foreign_begin_waiting(struct alc_foreign *self,
                               struct alc_bind_source *waiting);
void alc_foreign_end_waiting(struct alc_foreign *self, struct alc_bind_source *waiting);

/* Under the lock: set the exception of what failed with `rc`, if none is set. */
void alc_foreign_raise(struct alc_foreign *self, int rc, const struct alc_error *err);

/* Take the lock with the GIL, which its holder gets meanwhile.  Returns 0, or -1 with
 * RuntimeError set if this thread has it. */
int alc_foreign_enter(struct alc_foreign *self);
void alc_foreign_leave(struct alc_foreign *self);

#endif
