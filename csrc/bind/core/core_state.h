/*
 * What the module alembic_c._core keeps per interpreter, and how a file joins it.
 *
 * The module is made of parts (scan, graph, ...).  To add one:
 *   1. List the objects it keeps (types, exceptions, constants) in ALC_STATE_OBJECTS:
 *      they are strong references, visited and cleared by ../module.h.
 *   2. Write `int alc_bind_<part>_exec(PyObject *, struct alc_module_state *)` in
 *      bind/core/<part>.c: create heap types with PyType_FromModuleAndSpec(), add
 *      functions with PyModule_AddFunctions(); return 0, or -1 with an exception set.
 *   3. Declare it at the end of this file and add it to `parts` in core_module.c.
 * There are no static variables: everything hangs on the module.
 */
#ifndef ALC_BIND_CORE_STATE_H
#define ALC_BIND_CORE_STATE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdbool.h>

#include <stdint.h>

/* X(type, member): each is a strong reference or NULL. */
#define ALC_STATE_OBJECTS(X)                                                           \
    /* scan */                                                                         \
    X(PyTypeObject, scanned_type)                                                      \
    X(PyTypeObject, scan_result_type)                                                  \
    /* graph */                                                                        \
    X(PyTypeObject, revision_type)                                                     \
    X(PyTypeObject, graph_type)                                                        \
    X(PyTypeObject, label_sets_type)                                                   \
    X(PyTypeObject, plain_type)                                                        \
    X(PyObject, foreign_error)

struct alc_module_state {
#define ALC_STATE_MEMBER(type, member) type *member;
    ALC_STATE_OBJECTS(ALC_STATE_MEMBER)
#undef ALC_STATE_MEMBER
    bool without_docstrings; /* scan: the interpreter runs with -OO */
    uint64_t graph_stamp;    /* goes up with each change that a graph has to notice */
};

/* The state of `module`; never NULL for an instance of alembic_c._core. */
struct alc_module_state *alc_bind_state(PyObject *module);

/* The state of the module that defined a heap type (its exact type, not a subclass). */
struct alc_module_state *alc_bind_type_state(PyTypeObject *type);

int alc_bind_scan_exec(PyObject *module, struct alc_module_state *state);
int alc_bind_graph_exec(PyObject *module, struct alc_module_state *state);

#endif
