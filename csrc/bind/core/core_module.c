/*
 * The module alembic_c._core: multi-phase initialisation, heap types, state per
 * interpreter.  What is in it comes from its parts; core_state.h says how to add one.
 */
#include "core_state.h"

static int (*const parts[])(PyObject *, struct alc_module_state *) = {
    alc_bind_scan_exec,
    alc_bind_graph_exec,
};

static int core_exec(PyObject *module)
{
    struct alc_module_state *state = alc_bind_state(module);

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (parts[i](module, state) < 0) {
            return -1;
        }
    }
    return 0;
}

static int core_traverse(PyObject *module, visitproc visit, void *arg)
{
    struct alc_module_state *state = alc_bind_state(module);

#define VISIT_MEMBER(type, member) Py_VISIT(state->member);
    ALC_STATE_OBJECTS(VISIT_MEMBER)
#undef VISIT_MEMBER
    return 0;
}

static int core_clear(PyObject *module)
{
    struct alc_module_state *state = alc_bind_state(module);

#define CLEAR_MEMBER(type, member) Py_CLEAR(state->member);
    ALC_STATE_OBJECTS(CLEAR_MEMBER)
#undef CLEAR_MEMBER
    return 0;
}

static void core_free(void *module)
{
    core_clear(module);
}

static PyModuleDef_Slot core_slots[] = {
    {Py_mod_exec, core_exec},
#if PY_VERSION_HEX >= 0x030C0000
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
    {0, NULL},
};

static struct PyModuleDef core_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "alembic_c._core",
    .m_doc = "Revision files and the revision graph, in C.",
    .m_size = sizeof(struct alc_module_state),
    .m_slots = core_slots,
    .m_traverse = core_traverse,
    .m_clear = core_clear,
    .m_free = core_free,
};

struct alc_module_state *alc_bind_state(PyObject *module)
{
    return PyModule_GetState(module);
}

struct alc_module_state *alc_bind_type_state(PyTypeObject *type)
{
    return PyType_GetModuleState(type);
}

PyMODINIT_FUNC PyInit__core(void);

PyMODINIT_FUNC PyInit__core(void)
{
    return PyModuleDef_Init(&core_module);
}
