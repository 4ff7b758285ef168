/*
 * Whether a CREATE TABLE statement is written in the form that SQLAlchemy writes.
 *
 * SQLite's pragmas do not tell the names of constraints or the options of foreign keys;
 * SQLAlchemy finds them with patterns over the statement's text.  Over a statement
 * written by hand these may find more or less than SQLite does, and then what the
 * comparators see is not what a parser says.
 */
#ifndef ALC_REGULAR_H
#define ALC_REGULAR_H

#include <stdbool.h>

#include "alc/str.h"

/*
 * True only if constraints stand on their own (no UNIQUE or REFERENCES behind a
 * column), identifiers are words of ASCII letters, digits and underscores or are in
 * double quotes with nothing odd inside, no text in quotes holds a constraint's
 * keyword, no foreign key says MATCH, and there are no comments.  O(n), no allocation.
 */
bool alc_is_regular(struct alc_str sql);

#endif
