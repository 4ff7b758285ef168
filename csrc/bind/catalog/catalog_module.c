/*
 * The module alembic_c._catalog, put together of its parts.
 */
#include "catalog_state.h"

#include "../module.h"

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
    alc_bind_proof_exec,  alc_bind_rows_exec,
};

ALC_MODULE(_catalog, "Database catalogs and the equality proof, in C.", NULL, parts)
