/*
 * What the comparators see of a table of MySQL or MariaDB, through SQLAlchemy's
 * patterns over the lines that SHOW CREATE TABLE prints.
 */
#ifndef ALC_DIFF_MYSQL_RULES_H
#define ALC_DIFF_MYSQL_RULES_H

#include <stdbool.h>

#include "alc/catalog.h"

/*
 * Whether the patterns read the whole table as it is: names without quotes,
 * parentheses, commas and line ends, no word that they take for the start of
 * partitions, columns of which no attribute hides the next, keys without options that
 * they do not know. O(size), no allocation.
 */
bool alc_mysql_is_regular(const struct alc_table *table);

/*
 * Whether indexes and unique constraints are as wanted.  A unique index is both, and is
 * what the model has by that name, or by its columns for a constraint without one; an
 * index that the server may have made for a foreign key is not compared.
 * O(n * m) in the number of keys.
 */
bool alc_mysql_same_keys(const struct alc_table *actual,
                         const struct alc_table *wanted);

/* Whether two foreign keys connect the same: then only one of them is compared. */
bool alc_mysql_has_key_twice(const struct alc_table *table);

/* Whether an action of a foreign key is as wanted.  What a server does where nothing is
 * said is not reported, and a declared RESTRICT is taken for that too. */
bool alc_mysql_same_action(enum alc_fk_action actual, enum alc_fk_action wanted,
                           bool is_mariadb);

#endif
