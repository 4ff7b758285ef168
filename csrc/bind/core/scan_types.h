/* What the files of the scanner's binding share. */
#ifndef ALC_BIND_CORE_SCAN_H
#define ALC_BIND_CORE_SCAN_H

#include "core_state.h"

#include "alc/scan.h"

struct tree_graph;

/* ScannedTree: the result of one scan, which its ScannedFiles keep alive. */
struct scan_result {
    PyObject_HEAD struct alc_scan_files files;
    struct tree_graph *graph; /* NULL until it is asked for; see scan_tree.c */
};

struct scanned_file {
    PyObject_HEAD struct scan_result *result; /* strong */
    const struct alc_scan_file *file;         /* in result */
};

/* A value as Python has it: a new reference; lists and sets are fresh. */
PyObject *alc_bind_scan_value(const struct alc_value *value);

/* The ScannedFile of file `i`. */
PyObject *alc_bind_scanned_file(const struct alc_module_state *state,
                                struct scan_result *result, size_t i);

/* scan_tree.c */
int alc_bind_scan_tree_exec(PyObject *module, struct alc_module_state *state);

#endif
