/*
 * The module alembic_c._catalog: multi-phase initialisation, heap types, state per
 * interpreter.
 */
#include "catalog_state.h"

/*
 * What goes wrong in a database that a foreign module reads.  Public in
 * alembic_c.catalog.
 */
static int errors_exec(PyObject *module, struct alc_module_state *state)
{
    state->database_error = PyErr_NewExceptionWithDoc(
        "alembic_c.catalog.DatabaseError",
        "A database could not be opened or read.\n\n"
        "sqlstate: PostgreSQL's code of the failure; None if it has none.",
        NULL, NULL);
    if (!state->database_error ||
        PyObject_SetAttrString(state->database_error, "sqlstate", Py_None) < 0) {
        return -1;
    }
    return PyModule_AddObjectRef(module, "DatabaseError", state->database_error);
}

static int (*const parts[])(PyObject *, struct alc_module_state *) = {
    errors_exec,          alc_bind_catalog_exec, alc_bind_pg_exec,
    alc_bind_sqlite_exec, alc_bind_mysql_exec,   alc_bind_metadata_exec,
    alc_bind_proof_exec,
};

static int catalog_exec(PyObject *module)
{
    struct alc_module_state *state = PyModule_GetState(module);

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (parts[i](module, state) < 0) {
            return -1;
        }
    }
    return 0;
}

static int catalog_traverse(PyObject *module, visitproc visit, void *arg)
{
    struct alc_module_state *state = PyModule_GetState(module);

#define VISIT_MEMBER(type, member) Py_VISIT(state->member);
    ALC_STATE_OBJECTS(VISIT_MEMBER)
#undef VISIT_MEMBER
    return 0;
}

static int catalog_clear(PyObject *module)
{
    struct alc_module_state *state = PyModule_GetState(module);

#define CLEAR_MEMBER(type, member) Py_CLEAR(state->member);
    ALC_STATE_OBJECTS(CLEAR_MEMBER)
#undef CLEAR_MEMBER
    return 0;
}

static void catalog_free(void *module)
{
    catalog_clear(module);
}

static PyModuleDef_Slot catalog_slots[] = {
    {Py_mod_exec, catalog_exec},
#if PY_VERSION_HEX >= 0x030C0000
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
    {0, NULL},
};

static struct PyModuleDef catalog_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "alembic_c._catalog",
    .m_doc = "Database catalogs and the equality proof, in C.",
    .m_size = sizeof(struct alc_module_state),
    .m_slots = catalog_slots,
    .m_traverse = catalog_traverse,
    .m_clear = catalog_clear,
    .m_free = catalog_free,
};

PyMODINIT_FUNC PyInit__catalog(void);

PyMODINIT_FUNC PyInit__catalog(void)
{
    return PyModuleDef_Init(&catalog_module);
}
