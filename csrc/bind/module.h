/*
 * The ends of a module, which are the same for all: multi-phase initialisation, state
 * per interpreter.  For the one file that defines a module, behind struct
 * alc_module_state, whose objects ALC_STATE_OBJECTS lists as X(type, member): each is a
 * strong reference or NULL.
 */
#ifndef ALC_BIND_MODULE_H
#define ALC_BIND_MODULE_H

static int module_traverse(PyObject *module, visitproc visit, void *arg)
{
    struct alc_module_state *state = PyModule_GetState(module);
#define VISIT_MEMBER(type, member) Py_VISIT(state->member);
    ALC_STATE_OBJECTS(VISIT_MEMBER)
#undef VISIT_MEMBER
    return 0;
}

static int module_clear(PyObject *module)
{
    struct alc_module_state *state = PyModule_GetState(module);
#define CLEAR_MEMBER(type, member) Py_CLEAR(state->member);
    ALC_STATE_OBJECTS(CLEAR_MEMBER)
#undef CLEAR_MEMBER
    return 0;
}

static void module_free(void *module)
{
    module_clear(module);
}

#if PY_VERSION_HEX >= 0x030C0000
#define ALC_MODULE_INTERPRETERS                                                        \
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#else
#define ALC_MODULE_INTERPRETERS
#endif

/*
 * Define the module alembic_c.NAME.  PARTS is an array of functions
 * int (*)(PyObject *module, struct alc_module_state *) that fill it, in order: 0, or -1
 * with an exception set.  METHODS: its functions, or NULL.
 */
#define ALC_MODULE(NAME, DOC, METHODS, PARTS)                                          \
    static int module_exec(PyObject *module)                                           \
    {                                                                                  \
        struct alc_module_state *state = PyModule_GetState(module);                    \
        for (size_t i = 0; i < sizeof(PARTS) / sizeof *(PARTS); i++) {                 \
            if ((PARTS)[i](module, state) < 0) {                                       \
                return -1;                                                             \
            }                                                                          \
        }                                                                              \
        return 0;                                                                      \
    }                                                                                  \
    static PyModuleDef_Slot module_slots[] = {                                         \
        {Py_mod_exec, module_exec},                                                    \
        ALC_MODULE_INTERPRETERS{0, NULL},                                              \
    };                                                                                 \
    static struct PyModuleDef module_definition = {                                    \
        PyModuleDef_HEAD_INIT,                                                         \
        .m_name = "alembic_c." #NAME,                                                  \
        .m_doc = DOC,                                                                  \
        .m_size = sizeof(struct alc_module_state),                                     \
        .m_methods = METHODS,                                                          \
        .m_slots = module_slots,                                                       \
        .m_traverse = module_traverse,                                                 \
        .m_clear = module_clear,                                                       \
        .m_free = module_free,                                                         \
    };                                                                                 \
    PyMODINIT_FUNC PyInit_##NAME(void);                                                \
    PyMODINIT_FUNC PyInit_##NAME(void)                                                 \
    {                                                                                  \
        return PyModuleDef_Init(&module_definition);                                   \
    }

#endif
