/*
 * The module alembic_c._core.  What is in it comes from its parts; core_state.h says
 * how to add one.
 */
#include "core_state.h"

#include "../module.h"

static int (*const parts[])(PyObject *, struct alc_module_state *) = {
    alc_bind_scan_exec,
    alc_bind_graph_exec,
};

struct alc_module_state *alc_bind_state(PyObject *module)
{
    return PyModule_GetState(module);
}

struct alc_module_state *alc_bind_type_state(PyTypeObject *type)
{
    return PyType_GetModuleState(type);
}

ALC_MODULE(_core, "Revision files and the revision graph, in C.", NULL, parts)
