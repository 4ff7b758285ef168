/* The scanner's part of alembic_c._core. */
#include "state.h"

int alc_bind_scan_exec(PyObject *module, struct alc_module_state *state)
{
    (void)module;
    (void)state;
    return 0;
}
