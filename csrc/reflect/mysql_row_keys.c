/*
 * MySQL's information_schema into the schema model: indexes, keys, CHECKs, the end.
 */
#include "mysql_rows.h"

#include <string.h>

#include "alc/alloc.h"

/*
 * Room for one more behind the n items of an array in the arena, which has twice as
 * many whenever n is a power of two.  NULL when out of memory.
 */
static void *with_room(const void *items, size_t n, size_t item_len,
                       struct alc_arena *arena)
{
    if (n & (n - 1)) {
        return (void *)items;
    }
    void *moved = alc_arena_calloc(arena, n ? n * 2 : 1, item_len);
    if (moved && n) {
        memcpy(moved, items, n * item_len);
    }
    return moved;
}

static void add_name(struct alc_mysql_bulk *bulk, struct row *row,
                     struct alc_str **names, size_t *n, size_t column)
{
    struct alc_str name = copy_text(row, bulk->catalog, column);
    if (row->rc) {
        return;
    }
    struct alc_str *items = with_room(*names, *n, sizeof *items, &bulk->catalog->arena);
    if (!items) {
        row->rc = alc_error_nomem(row->err);
        return;
    }
    items[*n] = name;
    *names = items;
    *n += 1;
}

/* --- indexes -------------------------------------------------------------------------
 */

static void add_part(struct alc_mysql_bulk *bulk, struct row *row,
                     struct mysql_wanted *wanted, struct alc_index *index)
{
    struct alc_index_part *parts =
        with_room(index->parts, index->n_parts, sizeof *parts, &bulk->catalog->arena);
    if (!parts) {
        row->rc = alc_error_nomem(row->err);
        return;
    }
    index->parts = parts;
    struct alc_index_part *part = &parts[index->n_parts++];
    struct alc_str expression = take_text(row, STATISTICS_EXPRESSION);
    part->is_expr = !alc_str_is_absent(expression);
    if (!part->is_expr) {
        take_name(row, STATISTICS_COLUMN_NAME);
        part->text = copy_text(row, bulk->catalog, STATISTICS_COLUMN_NAME);
    } else if (expression.len && mysql_put_expression(bulk, row, expression)) {
        part->text = mysql_take_put(bulk, row);
    } else {
        mysql_doubt(wanted, "expression of a key");
    }
    part->descending = mysql_is(take_text(row, STATISTICS_COLLATION), "D");
    /* That of a spatial key is the size of a rectangle. */
    if (alc_str_is_absent(index->method) &&
        row->cells[STATISTICS_SUB_PART].kind != ALC_CELL_NULL) {
        part->length = take_int(row, STATISTICS_SUB_PART);
    }
}

static struct alc_index *begin_index(struct alc_mysql_bulk *bulk, struct row *row,
                                     struct mysql_wanted *wanted)
{
    struct alc_index *index = NULL;
    struct alc_str type = take_text(row, STATISTICS_INDEX_TYPE);
    if (!row->rc) {
        row->rc = alc_catalog_add_index(&index, bulk->catalog, wanted->table, row->err);
    }
    if (row->rc) {
        return NULL;
    }
    index->name = copy_text(row, bulk->catalog, STATISTICS_INDEX_NAME);
    index->is_unique = !take_flag(row, STATISTICS_NON_UNIQUE);
    index->is_invisible = !mysql_is(take_text(row, STATISTICS_IS_VISIBLE), "YES");
    if (take_text(row, STATISTICS_INDEX_COMMENT).len) {
        index->comment = copy_text(row, bulk->catalog, STATISTICS_INDEX_COMMENT);
    }
    if (mysql_is(type, "SPATIAL")) {
        mysql_put(bulk, row, "spatial", 7);
        index->method = mysql_take_put(bulk, row);
    } else if (!mysql_is(type, "BTREE")) {
        mysql_doubt(wanted, "kind of key"); /* a full-text parser is nowhere told */
    }
    return index;
}

int mysql_read_index(void *self, struct row *row)
{
    struct alc_mysql_bulk *bulk = self;
    struct mysql_wanted *wanted = mysql_find_wanted(bulk, row);
    if (!wanted || row->rc) {
        return row->rc;
    }
    struct alc_table *table = wanted->table;
    struct alc_str name = take_name(row, STATISTICS_INDEX_NAME);
    int64_t place = take_int(row, STATISTICS_SEQ_IN_INDEX);
    struct alc_index *index =
        table->n_indexes ? &table->indexes[table->n_indexes - 1] : NULL;
    if (row->rc) {
        return row->rc;
    }
    if (place == 1) {
        index = begin_index(bulk, row, wanted);
    } else if (!index || !alc_str_eq(index->name, name) ||
               place != (int64_t)index->n_parts + 1) {
        mysql_doubt(wanted, "order of keys");
        return 0;
    }
    if (!row->rc) {
        add_part(bulk, row, wanted, index);
    }
    return row->rc;
}

/* --- foreign keys --------------------------------------------------------------------
 */

int mysql_read_key(void *self, struct row *row)
{
    struct alc_mysql_bulk *bulk = self;
    struct mysql_wanted *wanted = mysql_find_wanted(bulk, row);
    if (!wanted || row->rc) {
        return row->rc;
    }
    struct alc_table *table = wanted->table;
    struct alc_str name = take_name(row, KEYS_CONSTRAINT_NAME);
    struct alc_str schema = take_name(row, KEYS_REFERENCED_TABLE_SCHEMA);
    int64_t place = take_int(row, KEYS_ORDINAL_POSITION);
    struct alc_constraint *key =
        table->n_constraints ? &table->constraints[table->n_constraints - 1] : NULL;
    if (row->rc) {
        return row->rc;
    }
    if (place == 1) {
        row->rc = alc_catalog_add_constraint(&key, bulk->catalog, table, row->err);
        if (row->rc) {
            return row->rc;
        }
        wanted->n_keys++;
        key->kind = ALC_FOREIGN_KEY;
        key->name = copy_text(row, bulk->catalog, KEYS_CONSTRAINT_NAME);
        take_name(row, KEYS_REFERENCED_TABLE_NAME);
        key->ref_table = copy_text(row, bulk->catalog, KEYS_REFERENCED_TABLE_NAME);
        if (!alc_str_eq(schema, bulk->database)) {
            key->ref_schema =
                copy_text(row, bulk->catalog, KEYS_REFERENCED_TABLE_SCHEMA);
        }
    } else if (!key || !alc_str_eq(key->name, name) ||
               place != (int64_t)key->n_columns + 1) {
        mysql_doubt(wanted, "order of foreign keys");
        return 0;
    }
    take_name(row, KEYS_COLUMN_NAME);
    take_name(row, KEYS_REFERENCED_COLUMN_NAME);
    add_name(bulk, row, &key->columns, &key->n_columns, KEYS_COLUMN_NAME);
    add_name(bulk, row, &key->ref_columns, &key->n_ref_columns,
             KEYS_REFERENCED_COLUMN_NAME);
    return row->rc;
}

static enum alc_fk_action take_action(struct row *row, size_t column,
                                      struct mysql_wanted *wanted)
{
    static const struct {
        const char *word;
        enum alc_fk_action action;
    } actions[] = {
        {"NO ACTION", ALC_NO_ACTION},     {"RESTRICT", ALC_RESTRICT},
        {"CASCADE", ALC_CASCADE},         {"SET NULL", ALC_SET_NULL},
        {"SET DEFAULT", ALC_SET_DEFAULT},
    };
    struct alc_str word = take_text(row, column);
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        if (mysql_is(word, actions[i].word)) {
            return actions[i].action;
        }
    }
    mysql_doubt(wanted, "action of a foreign key");
    return ALC_NO_ACTION;
}

int mysql_read_actions(void *self, struct row *row)
{
    struct alc_mysql_bulk *bulk = self;
    struct mysql_wanted *wanted = mysql_find_wanted(bulk, row);
    if (!wanted || row->rc) {
        return row->rc;
    }
    struct alc_table *table = wanted->table;
    struct alc_str name = take_name(row, ACTIONS_CONSTRAINT_NAME);
    for (size_t i = 0; i < table->n_constraints; i++) {
        struct alc_constraint *key = &table->constraints[i];
        if (key->kind == ALC_FOREIGN_KEY && alc_str_eq(key->name, name)) {
            key->on_update = take_action(row, ACTIONS_UPDATE_RULE, wanted);
            key->on_delete = take_action(row, ACTIONS_DELETE_RULE, wanted);
            wanted->n_actions++;
        }
    }
    if (!mysql_is(take_text(row, ACTIONS_MATCH_OPTION), "NONE")) {
        mysql_doubt(wanted, "match of a foreign key");
    }
    return row->rc;
}

/* --- CHECKs --------------------------------------------------------------------------
 */

int mysql_read_check(void *self, struct row *row)
{
    struct alc_mysql_bulk *bulk = self;
    struct mysql_wanted *wanted = mysql_find_wanted(bulk, row);
    struct alc_constraint *check = NULL;
    uint32_t id;
    if (!wanted || row->rc) {
        return row->rc;
    }
    struct alc_table *table = wanted->table;
    struct alc_str name = take_name(row, CHECKS_CONSTRAINT_NAME);
    bool is_enforced = mysql_is(take_text(row, CHECKS_ENFORCED), "YES");
    if (!row->rc) {
        row->rc = alc_catalog_add_constraint(&check, bulk->catalog, table, row->err);
    }
    if (row->rc) {
        return row->rc;
    }
    check->kind = ALC_CHECK;
    check->name = copy_text(row, bulk->catalog, CHECKS_CONSTRAINT_NAME);
    check->not_enforced = !is_enforced;
    if (!row->rc) {
        row->rc =
            alc_interner_add(&id, &bulk->check_names, name.ptr, name.len, row->err);
    }
    if (row->rc || id < bulk->n_checks) {
        return row->rc; /* of two CHECKs with one name, the second has no condition */
    }
    if (ALC_GROW(bulk->checks, bulk->cap_checks, bulk->n_checks + 1)) {
        return alc_error_nomem(row->err);
    }
    bulk->checks[bulk->n_checks++] = (struct mysql_check){
        .table = (uint32_t)(wanted - bulk->tables),
        .constraint = table->n_constraints - 1,
    };
    return 0;
}

int mysql_read_condition(void *self, struct row *row)
{
    struct alc_mysql_bulk *bulk = self;
    struct alc_str name = take_name(row, CONDITIONS_CONSTRAINT_NAME);
    struct alc_str text = take_name(row, CONDITIONS_CHECK_CLAUSE);
    uint32_t id =
        row->rc ? ALC_NO_ID : alc_interner_find(&bulk->check_names, name.ptr, name.len);
    if (id == ALC_NO_ID) {
        return row->rc;
    }
    struct mysql_wanted *wanted = &bulk->tables[bulk->checks[id].table];
    if (mysql_put_expression(bulk, row, text)) {
        wanted->table->constraints[bulk->checks[id].constraint].expr =
            mysql_take_put(bulk, row);
    }
    return row->rc;
}

/* --- the end -------------------------------------------------------------------------
 */

/* The list of a primary key as it is printed, if it is more than columns. */
static void put_list(struct alc_mysql_bulk *bulk, struct row *row,
                     const struct alc_index *key)
{
    char length[32];
    for (size_t i = 0; i < key->n_parts; i++) {
        const struct alc_index_part *part = &key->parts[i];
        mysql_put(bulk, row, ",`", i ? 2 : 0);
        mysql_put(bulk, row, "`", i ? 0 : 1);
        for (size_t k = 0; k < part->text.len; k++) {
            mysql_put(bulk, row, &part->text.ptr[k], 1);
            mysql_put(bulk, row, "`", part->text.ptr[k] == '`');
        }
        mysql_put(bulk, row, "`", 1);
        if (part->length) {
            int len =
                snprintf(length, sizeof length, "(%lld)", (long long)part->length);
            mysql_put(bulk, row, length, (size_t)len);
        }
        mysql_put(bulk, row, " DESC", part->descending ? 5 : 0);
    }
}

/* Make a constraint of the index that is the primary key. */
static void settle_primary_key(struct alc_mysql_bulk *bulk, struct row *row,
                               struct mysql_wanted *wanted, size_t place)
{
    struct alc_table *table = wanted->table;
    struct alc_index key = table->indexes[place];
    struct alc_constraint *constraint;
    bool is_plain = true;
    table->n_indexes--;
    memmove(&table->indexes[place], &table->indexes[place + 1],
            (table->n_indexes - place) * sizeof *table->indexes);
    row->rc = alc_catalog_add_constraint(&constraint, bulk->catalog, table, row->err);
    if (row->rc) {
        return;
    }
    constraint->kind = ALC_PRIMARY_KEY;
    row->rc =
        alc_catalog_texts(&constraint->columns, bulk->catalog, key.n_parts, row->err);
    for (size_t i = 0; !row->rc && i < key.n_parts; i++) {
        constraint->columns[constraint->n_columns++] = key.parts[i].text;
        is_plain = is_plain && !key.parts[i].length && !key.parts[i].descending;
    }
    if (!is_plain) {
        put_list(bulk, row, &key);
        constraint->expr = mysql_take_put(bulk, row);
    }
}

static void settle(struct alc_mysql_bulk *bulk, struct row *row,
                   struct mysql_wanted *wanted)
{
    struct alc_table *table = wanted->table;
    if (!wanted->is_known || !table->n_columns) {
        mysql_doubt(wanted, "not in information_schema");
    }
    if (wanted->n_keys != wanted->n_actions) {
        mysql_doubt(wanted, "foreign keys without actions");
    }
    for (size_t i = 0; i < table->n_constraints; i++) {
        const struct alc_constraint *check = &table->constraints[i];
        if (check->kind == ALC_CHECK && alc_str_is_absent(check->expr)) {
            mysql_doubt(wanted, "a CHECK without a condition");
        }
    }
    for (size_t i = 0; !wanted->doubt && i < table->n_indexes; i++) {
        if (mysql_is(table->indexes[i].name, "PRIMARY")) {
            settle_primary_key(bulk, row, wanted, i);
            return;
        }
    }
}

int alc_mysql_bulk_end(struct alc_mysql_bulk *bulk, struct alc_error *err)
{
    struct alc_catalog *catalog = bulk->catalog;
    struct row row = {NULL, err, 0};
    catalog->n_tables = bulk->first;
    for (size_t i = 0; !row.rc && i < bulk->n_tables; i++) {
        struct mysql_wanted *wanted = &bulk->tables[i];
        settle(bulk, &row, wanted);
        if (!wanted->doubt) {
            catalog->tables[catalog->n_tables++] = wanted->table;
        }
    }
    return row.rc;
}

const char *alc_mysql_bulk_doubt(struct alc_str *name,
                                 const struct alc_mysql_bulk *bulk, size_t n)
{
    *name = (struct alc_str){NULL, 0};
    if (n >= bulk->n_tables) {
        return NULL;
    }
    *name = bulk->tables[n].table->name;
    return bulk->tables[n].doubt;
}
