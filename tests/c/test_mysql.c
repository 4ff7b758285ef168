/* The parser of what SHOW CREATE TABLE prints. */
#include "alc/mysql.h"
#include "harness.h"
#include "model_dump.h"

#define TEXT(s)                                                                        \
    {                                                                                  \
        s, sizeof s - 1                                                                \
    }
#define END ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci"
#define TAIL "engine InnoDB charset utf8mb4 collate utf8mb4_general_ci; "
#define MYSQL_END_OF_TABLE ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"

static struct alc_mysql_charset latin1 = {TEXT("latin1"), TEXT("latin1_swedish_ci"),
                                          NULL};
static struct alc_mysql_charset utf8mb4 = {TEXT("utf8mb4"), TEXT("utf8mb4_0900_ai_ci"),
                                           &latin1};

static const struct alc_mysql_session mariadb = {.is_mariadb = true,
                                                 .charsets = &utf8mb4};
static const struct alc_mysql_session mysql = {.charsets = &utf8mb4};
static const struct alc_mysql_session ansi = {.is_mariadb = true, .ansi_quotes = true};

static const struct {
    const struct alc_mysql_session *session;
    const char *sql;
    const char *model;
} cases[] = {
    /* types */
    {&mariadb,
     "CREATE TABLE `t` (\n  `a` int(11) NOT NULL AUTO_INCREMENT,\n"
     "  `b` bigint(20) unsigned zerofill DEFAULT NULL,\n"
     "  `c` enum('a','b''c','d,e)') DEFAULT 'a',\n  `d` decimal(10,2) DEFAULT 1.50,\n"
     "  `e` double DEFAULT -1e-10,\n  PRIMARY KEY (`a`)\n" END " AUTO_INCREMENT=7",
     "a int(11) not null auto_increment; b bigint(20) unsigned zerofill; "
     "c enum('a','b''c','d,e)') default 'a'; d decimal(10,2) default 1.50; "
     "e double default -1e-10; pk -(a); " TAIL},
    /* character sets: absent where they are the table's */
    {&mariadb,
     "CREATE TABLE `t` (\n"
     "  `a` text CHARACTER SET latin1 COLLATE latin1_swedish_ci DEFAULT NULL,\n"
     "  `b` varchar(3) COLLATE utf8mb4_general_ci NOT NULL,\n"
     "  `c` varchar(3) COLLATE utf8mb4_bin NOT NULL\n" END,
     "a text charset latin1 collate latin1_swedish_ci; b varchar(3) not null; "
     "c varchar(3) not null charset utf8mb4 collate utf8mb4_bin; " TAIL},
    {&mysql,
     "CREATE TABLE `t` (\n  `a` varchar(5) CHARACTER SET latin1 DEFAULT NULL,\n"
     "  `b` varchar(5) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci,\n"
     "  `c` varchar(5) CHARACTER SET unheard DEFAULT NULL\n" MYSQL_END_OF_TABLE,
     "a varchar(5) charset latin1 collate latin1_swedish_ci; b varchar(5); "
     "c varchar(5) charset unheard; "
     "engine InnoDB charset utf8mb4 collate utf8mb4_0900_ai_ci; "},
    /* defaults */
    {&mariadb,
     "CREATE TABLE `t` (\n  `a` varchar(9) DEFAULT 'x''y\\\\z\\n' COMMENT 'co''m',\n"
     "  `b` timestamp NULL DEFAULT current_timestamp() ON UPDATE current_timestamp(),\n"
     "  `c` int(11) DEFAULT (1 + (2)) CHECK (`c` > 0),\n  `d` bit(3) DEFAULT b'101',\n"
     "  `e` varchar(9) DEFAULT concat('a)','b'),\n"
     "  `f` int(11) DEFAULT nextval(`x`.`s`),\n  `g` int(11) DEFAULT `x`.`f`(1)\n" END,
     "a varchar(9) default 'x''y\\\\z\\n' comment co'm; "
     "b timestamp default current_timestamp() on update current_timestamp(); "
     "c int(11) default (1 + (2)); d bit(3) default b'101'; "
     "e varchar(9) default concat('a)','b'); f int(11) default nextval(`x`.`s`); "
     "g int(11) default `x`.`f`(1); ck -(c) [`c` > 0]; " TAIL},
    {&mysql,
     "CREATE TABLE `t` (\n  `a` int DEFAULT '1',\n"
     "  `b` datetime(6) DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),\n"
     "  `c` json DEFAULT (json_array()),\n"
     "  `d` varchar(9) DEFAULT (concat(_utf8mb4'a',_utf8mb4'\\')'))\n" END,
     "a int default '1'; b datetime(6) default CURRENT_TIMESTAMP(6) on update "
     "CURRENT_TIMESTAMP(6); c json default (json_array()); "
     "d varchar(9) default (concat(_utf8mb4'a',_utf8mb4'\\')')); " TAIL},
    /* generated, invisible, and what only some versions print */
    {&mariadb,
     "CREATE TABLE `t` (\n  `a` int(11) GENERATED ALWAYS AS (`k` * 2) STORED,\n"
     "  `b` int(11) GENERATED ALWAYS AS (`k` + 1) VIRTUAL INVISIBLE COMMENT 'gen',\n"
     "  `c` int(11) INVISIBLE DEFAULT 5,\n"
     "  `d` longtext /*M!100301 COMPRESSED*/ DEFAULT NULL,\n"
     "  `e` int(11) DEFAULT NULL WITHOUT SYSTEM VERSIONING,\n"
     "  `f` point REF_SYSTEM_ID=4326 NOT NULL\n" END " WITH SYSTEM VERSIONING",
     "a int(11) as `k` * 2 stored; b int(11) as `k` + 1 invisible comment gen; "
     "c int(11) default 5 invisible; d longtext options compressed; "
     "e int(11) options without system versioning; "
     "f point not null options ref_system_id=4326; "
     "engine InnoDB charset utf8mb4 collate utf8mb4_general_ci versioned; "},
    {&mysql,
     "CREATE TABLE `t` (\n  `a` int GENERATED ALWAYS AS ((`k` * 2)) STORED NOT NULL,\n"
     "  `b` int DEFAULT NULL /*!80023 INVISIBLE */,\n"
     "  `c` point NOT NULL /*!80003 SRID 4326 */,\n"
     "  `d` int /*!50606 STORAGE DISK */ /*!50606 COLUMN_FORMAT FIXED */ DEFAULT '1',\n"
     "  CONSTRAINT `k` CHECK ((`a` > 1)) /*!80016 NOT ENFORCED */\n" END,
     "a int not null as (`k` * 2) stored; b int invisible; "
     "c point not null options srid=4326; "
     "d int default '1' options storage=disk column_format=fixed; "
     "ck k [(`a` > 1)] not enforced; " TAIL},
    {&mariadb,
     "CREATE TABLE `t` (\n  `s` timestamp(6) GENERATED ALWAYS AS ROW START,\n"
     "  `e` timestamp(6) GENERATED ALWAYS AS ROW END INVISIBLE\n" END,
     "s timestamp(6) as ROW START stored; e timestamp(6) as ROW END stored; " TAIL},
    /* keys */
    {&mariadb,
     "CREATE TABLE `t` (\n  `a` int(11) NOT NULL,\n  `b` text DEFAULT NULL,\n"
     "  PRIMARY KEY (`a`),\n  UNIQUE KEY `u` (`a`,`b`(10)) USING HASH,\n"
     "  KEY `k` (`b`(5) DESC,`a`) USING BTREE COMMENT 'a ''comment'')',\n"
     "  FULLTEXT KEY `f` (`b`),\n  SPATIAL KEY `s` (`a`),\n  KEY `i` (`a`) IGNORED,\n"
     "  KEY `o` (`a`) KEY_BLOCK_SIZE=4\n" END,
     "a int(11) not null; b text; pk -(a); uix u(a,b length 10) using hash; "
     "ix k(b desc length 5,a) comment a 'comment'); ix f(b) using fulltext; "
     "ix s(a) using spatial; ix i(a) invisible; ix o(a) options "
     "key_block_size=4; " TAIL},
    {&mysql,
     "CREATE TABLE `t` (\n  `a` int NOT NULL,\n  PRIMARY KEY (`a` DESC,`b`(3)),\n"
     "  KEY `e` ((`a` + 1),(lower(`b`)) DESC),\n"
     "  KEY `v` (`a`) /*!80000 INVISIBLE */,\n"
     "  FULLTEXT KEY `f` (`b`) /*!50100 WITH PARSER `ngram` */ \n" END,
     "a int not null; pk -(a,b) [`a` DESC,`b`(3)]; ix e(=`a` + 1,=lower(`b`) desc); "
     "ix v(a) invisible; ix f(b) using fulltext options parser=ngram; " TAIL},
    {&mariadb,
     "CREATE TABLE `t` (\n  `a` int(11) DEFAULT NULL,\n  KEY `a` (`a`),\n"
     "  KEY `h` (`a`) USING BTREE\n) ENGINE=MEMORY DEFAULT CHARSET=latin1",
     "a int(11); ix a(a) using hash; ix h(a); "
     "engine MEMORY charset latin1 collate latin1_swedish_ci; "},
    /* constraints: the action that was not written is the server's */
    {&mariadb,
     "CREATE TABLE `t` (\n  `a` int(11) DEFAULT NULL,\n"
     "  CONSTRAINT `f` FOREIGN KEY (`a`, `b`) REFERENCES `o` (`x`, `y`) "
     "ON DELETE CASCADE ON UPDATE NO ACTION,\n"
     "  CONSTRAINT `g` FOREIGN KEY (`a`) REFERENCES `d`.`o` (`x`) ON UPDATE SET NULL,\n"
     "  CONSTRAINT `c` CHECK (`a` <> ')')\n" END,
     "a int(11); fk f(a,b) -> -.o(x,y) /cascade/0; fk g(a) -> d.o(x) null/restrict/0; "
     "ck c [`a` <> ')']; " TAIL},
    {&mysql,
     "CREATE TABLE `t` (\n  `a` int DEFAULT NULL,\n"
     "  CONSTRAINT `f` FOREIGN KEY (`a`) REFERENCES `o` (`x`) ON DELETE RESTRICT\n" END,
     "a int; fk f(a) -> -.o(x) /restrict/0; " TAIL},
    /* options of tables */
    {&mariadb,
     "CREATE TABLE `t` (\n  `a` int(11) DEFAULT NULL\n" END " STATS_PERSISTENT=1 "
     "ROW_FORMAT=DYNAMIC DATA DIRECTORY='/x y' `ENCRYPTED`=YES "
     "COMMENT='it''s \\\\ back\\nline'",
     "a int(11); engine InnoDB charset utf8mb4 collate utf8mb4_general_ci options "
     "stats_persistent=1 row_format=DYNAMIC data_directory=/x y encrypted=YES "
     "comment it's \\ back\nline; "},
    {&mysql,
     "CREATE TABLE `t` (\n  `a` int DEFAULT NULL\n" END
     " /*!80021 ENGINE_ATTRIBUTE '{\"a\": 1}' */ /*!50100 TABLESPACE `ts` */ "
     "UNION=(`a`,`b`)",
     "a int; engine InnoDB charset utf8mb4 collate utf8mb4_general_ci options "
     "engine_attribute={\"a\": 1} tablespace=ts union=(`a`,`b`); "},
    {&mariadb,
     "CREATE TABLE `p` (\n  `a` int(11) NOT NULL\n" END "\n PARTITION BY RANGE (`a`)\n"
     "(PARTITION `p0` VALUES LESS THAN (2000) ENGINE = InnoDB)",
     "a int(11) not null; engine InnoDB charset utf8mb4 collate utf8mb4_general_ci "
     "PARTITION BY RANGE (`a`)\n(PARTITION `p0` VALUES LESS THAN (2000) ENGINE = "
     "InnoDB); "},
    {&mysql,
     "CREATE TABLE `p` (\n  `a` int NOT NULL\n" END
     "\n/*!50100 PARTITION BY HASH (`a`)\nPARTITIONS 4 */",
     "a int not null; engine InnoDB charset utf8mb4 collate utf8mb4_general_ci "
     "PARTITION BY HASH (`a`)\nPARTITIONS 4; "},
    {&mariadb,
     "CREATE TABLE `s` (\n  `next_not_cached_value` bigint(21) NOT NULL COMMENT 'a'\n"
     ") ENGINE=InnoDB SEQUENCE=1",
     "next_not_cached_value bigint(21) not null comment a; engine InnoDB sequence; "},
    {&mariadb, "CREATE TEMPORARY TABLE `t` (\n  `a` int(11) DEFAULT NULL\n" END,
     "a int(11); " TAIL "temp; "},
    /* names */
    {&mariadb,
     "CREATE TABLE `t` (\n  `a``b` int(11) DEFAULT NULL,\n  `c\"d,)` int(11) NOT "
     "NULL,\n"
     "  `KEY` int(11) NOT NULL,\n  `\xC3\xA9\n` int(11) NOT NULL,\n"
     "  KEY `PRIMARY KEY` (`a``b`)\n" END,
     "a`b int(11); c\"d,) int(11) not null; KEY int(11) not null; "
     "\xC3\xA9\n int(11) not null; ix PRIMARY KEY(a`b); " TAIL},
    {&ansi,
     "CREATE TABLE \"t\" (\n  \"a\"\"b\" int(11) DEFAULT NULL,\n"
     "  CONSTRAINT \"c\" FOREIGN KEY (\"a\"\"b\") REFERENCES \"o\" (\"x\")\n" END,
     "a\"b int(11); fk c(a\"b) -> -.o(x) restrict/restrict/0; " TAIL},
    {&mariadb,
     "CREATE TABLE t (\n  id int(11) NOT NULL,\n  period date DEFAULT NULL,\n"
     "  vector int(11) DEFAULT NULL,\n  `key` int(11) DEFAULT NULL,\n"
     "  PRIMARY KEY (id),\n  KEY k1 (c(5),k DESC),\n"
     "  CONSTRAINT f FOREIGN KEY (a, b) REFERENCES par (u, v)\n" END,
     "id int(11) not null; period date; vector int(11); key int(11); pk -(id); "
     "fk f(a,b) -> -.par(u,v) restrict/restrict/0; ix k1(c length 5,k desc); " TAIL},
    /* names that look like numbers; names and no numbers */
    {&mariadb,
     "CREATE TABLE 9t (\n  9num int(11) DEFAULT NULL,\n  1e5 int(11) DEFAULT NULL,\n"
     "  PRIMARY KEY (9num),\n  KEY 2nd (1e5(3),9num)\n" END,
     "9num int(11); 1e5 int(11); pk -(9num); ix 2nd(1e5 length 3,9num); " TAIL},
    {&mariadb, "CREATE TABLE t (\n  1.5 int(11) DEFAULT NULL\n" END,
     "opaque: name expected"},
    {&mysql,
     "CREATE TABLE t (\n  a int DEFAULT NULL\n) /*!50100 TABLESPACE sp */ "
     "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4",
     "a int; engine InnoDB charset utf8mb4 collate utf8mb4_0900_ai_ci "
     "options tablespace=sp; "},
    /* what is not understood */
    {&mariadb, "", "opaque: unexpected token"},
    {&mariadb, "CREATE ALGORITHM=UNDEFINED VIEW `v` AS select 1 AS `x`",
     "opaque: no table"},
    {&mariadb,
     "CREATE TABLE `t` (\n  `s` date NOT NULL,\n  PERIOD FOR `p` (`s`, `e`)\n" END,
     "opaque: period"},
    {&mariadb, "CREATE TABLE `t` (\n  `a` int(11) DEFAULT NULL\n",
     "opaque: unexpected token"},
    {&mariadb, "CREATE TABLE `t` (\n  `a` int(11) DEFAULT (1 + (2)\n",
     "opaque: open parenthesis"},
    {&mariadb, "CREATE TABLE `t` (\n  `a` int(11) DEFAULT 'open\n" END,
     "opaque: broken token"},
    {&mariadb, "CREATE TABLE `t` (\n  `a` int(11) /*!50000 NOT NULL\n" END,
     "opaque: broken token"},
    {&mariadb, "CREATE TABLE `t` (\n  `a` int(11) /* open\n" END,
     "opaque: broken token"},
    {&mariadb, "CREATE TABLE `t` (\n  `a` int(11) SOMETIMES\n" END,
     "opaque: value of an option"},
    {&mariadb, "CREATE TABLE `t` (\n  `a`\n" END, "opaque: type expected"},
    {&mariadb, "CREATE TABLE `t` (\n  `a` int(11) DEFAULT *\n" END, "opaque: default"},
    {&mariadb, "CREATE TABLE `t` (\n  `a` int(11) DEFAULT `b`\n" END,
     "opaque: default"},
    {&mariadb, "CREATE TABLE `t` (\n  KEY `k` (`a`(x))\n" END,
     "opaque: length of a prefix"},
    {&mariadb, "CREATE TABLE `t` (\n  KEY `k` (`a`(9999999999))\n" END,
     "opaque: length of a prefix"},
    {&mariadb, "CREATE TABLE `t` (\n  KEY `k` (`a`) USING MAGIC\n" END,
     "opaque: kind of index"},
    {&mariadb, "CREATE TABLE `t` (\n  KEY `k` (`a`,`p` WITHOUT OVERLAPS)\n" END,
     "opaque: unexpected token"},
    {&mariadb, "CREATE TABLE `t` (\n  `a` int(11) NOT NULL\n" END " WITH MAGIC",
     "opaque: unexpected token"},
    {&mariadb, "CREATE TABLE `t` (\n  `a` int(11) NOT NULL\n" END "; SELECT 1",
     "opaque: text behind the statement"},
};

struct statement {
    const struct alc_mysql_session *session;
    const char *sql;
    struct alc_buf *out; /* or NULL */
};

static int parse(void *arg)
{
    const struct statement *statement = arg;
    struct alc_str sql = {statement->sql, strlen(statement->sql)};
    struct alc_str name = {"t", 1};
    struct alc_catalog catalog;
    struct alc_table *table;
    struct alc_buf canonical;
    struct alc_error err;
    alc_error_init(&err);
    alc_buf_init(&canonical);
    alc_catalog_init(&catalog, ALC_BACKEND_MYSQL);
    int rc = alc_catalog_add_table(&table, &catalog, alc_str_absent(), name, &err);
    rc =
        rc ? rc : alc_mysql_parse_table(&catalog, table, statement->session, sql, &err);
    if (!rc && statement->out) {
        dump_table(statement->out, table);
    }
    rc = rc ? rc : alc_catalog_finish(&catalog, &err);
    rc = rc ? rc : alc_catalog_canonical(&canonical, &catalog, &err);
    alc_buf_release(&canonical);
    alc_catalog_release(&catalog);
    return rc;
}

static void test_statements(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct alc_buf out;
        alc_buf_init(&out);
        struct statement statement = {cases[i].session, cases[i].sql, &out};
        case_name = cases[i].sql;
        CHECK(parse(&statement) == 0);
        size_t len = strlen(cases[i].model);
        if (!CHECK(out.len == len && memcmp(out.ptr, cases[i].model, len) == 0)) {
            printf("\n  got:  %.*s\n  want: %s", (int)out.len, out.ptr, cases[i].model);
        }
        alc_buf_release(&out);
    }
}

static void test_out_of_memory(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct statement statement = {cases[i].session, cases[i].sql, NULL};
        check_out_of_memory(parse, &statement);
    }
}

/* Nesting costs no stack, and counting the items of a list no second pass for each. */
static void test_deep_nesting(void)
{
    enum { DEPTH = 100000 };
    struct alc_buf sql;
    alc_buf_init(&sql);
    dump(&sql, "CREATE TABLE `t` (`a` int DEFAULT ");
    for (int i = 0; i < DEPTH; i++) {
        dump(&sql, "(");
    }
    for (int i = 0; i < DEPTH; i++) {
        dump(&sql, ")");
    }
    dump(&sql, ")%c", '\0');
    struct statement statement = {&mariadb, sql.ptr, NULL};
    CHECK(parse(&statement) == 0);
    alc_buf_release(&sql);
}

static const struct test_case tests[] = {
    {"statements", test_statements},
    {"out of memory", test_out_of_memory},
    {"deep nesting", test_deep_nesting},
};

int main(void)
{
    return run_tests(tests, sizeof tests / sizeof *tests);
}
