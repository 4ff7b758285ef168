/*
 * MySQL's and MariaDB's catalogs into the schema model.
 *
 * Two ways to the same model: SHOW CREATE TABLE of each table, parsed, and queries of
 * information_schema that answer for all tables at once.  The first knows more (the
 * text of partitions), the second takes a fixed number of round trips.
 *
 * What the model says of a table:
 *   - Keys are indexes, the primary key alone is a constraint, because a UNIQUE
 *     constraint is nothing but a unique index to these servers.
 *   - A column's character set and collation are absent where they are the table's.
 *   - DEFAULT NULL is no default.
 *   - The counter of AUTO_INCREMENT is no part of the schema.
 *   - An action of a foreign key that was not written is what the server does then:
 *     RESTRICT in MariaDB, NO ACTION in MySQL.
 *   - A CHECK that MariaDB keeps with a column has no name and that column.
 *
 * Source: the servers' manuals, "SHOW CREATE TABLE", "CREATE TABLE" and the pages about
 * the tables of information_schema.
 */
#ifndef ALC_MYSQL_H
#define ALC_MYSQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alc/catalog.h"
#include "alc/error.h"
#include "alc/rows.h"

/* A character set and the collation that it has without one being said. */
struct alc_mysql_charset {
    struct alc_str name;
    struct alc_str collation;
    const struct alc_mysql_charset *next;
};

/* What has to be known of a session to read what it prints. */
struct alc_mysql_session {
    bool is_mariadb;
    bool ansi_quotes;          /* names are in double quotes */
    bool no_backslash_escapes; /* a backslash in a string is a character */
    const struct alc_mysql_charset *charsets;
};

/*
 * Parse what SHOW CREATE TABLE printed into an empty table of the catalog, whose name
 * and schema are the caller's.  A statement that is not understood to its last token
 * leaves the table opaque, with what was read so far, and is no error.
 * O(length), no recursion.  Returns 0 or ALC_E_NOMEM.
 */
int alc_mysql_parse_table(struct alc_catalog *catalog, struct alc_table *table,
                          const struct alc_mysql_session *session, struct alc_str sql,
                          struct alc_error *err);

/* Whether columns of a type, as the model has it, have a character set. */
bool alc_mysql_has_charset(struct alc_str type);

#endif
