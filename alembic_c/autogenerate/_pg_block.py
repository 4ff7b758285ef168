"""The code block that `_expressions_pg` runs in the server."""

from __future__ import annotations

# What is asked about, `pairs`, by the id: on the real table, and as it was made.
_TARGETS = """
  SELECT id, true AS is_there, real_oid AS relation, name FROM pairs
  WHERE kind = '{kind}'
  UNION ALL
  SELECT id, false, made_oid, {made} FROM pairs WHERE kind = '{kind}'
"""
# What an index is, beside its name and its table.
_INDEXES = f"""
SELECT t.id, t.is_there, pg_catalog.jsonb_build_object(
  'unique', i.indisunique,
  'method', m.amname,
  'expression', (SELECT jsonb_agg(pg_catalog.pg_get_indexdef(i.indexrelid, k, false)
      ORDER BY k) FROM pg_catalog.generate_series(1, i.indnkeyatts) AS k),
  'sorting', i.indoption::text,
  'collation', (SELECT jsonb_agg(
      CASE WHEN u.oid NOT IN (0, coalesce(a.attcollation, 100))
      THEN u.oid::regcollation::text END ORDER BY u.place)
      FROM pg_catalog.unnest(i.indcollation::oid[]) WITH ORDINALITY AS u(oid, place)
      LEFT JOIN pg_catalog.pg_attribute AS a
        ON a.attrelid = i.indrelid AND a.attnum = i.indkey[u.place - 1]),
  'operator classes', (SELECT jsonb_agg(o.opcname ORDER BY u.place)
      FROM pg_catalog.unnest(i.indclass::oid[]) WITH ORDINALITY AS u(oid, place)
      JOIN pg_catalog.pg_opclass AS o ON o.oid = u.oid),
  'parameters', (SELECT jsonb_agg(a.attoptions ORDER BY a.attnum)
      FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = i.indexrelid),
  'include', (SELECT jsonb_agg(pg_catalog.pg_get_indexdef(i.indexrelid, k, false)
      ORDER BY k)
      FROM pg_catalog.generate_series(i.indnkeyatts + 1, i.indnatts) AS k),
  'where', pg_catalog.pg_get_expr(i.indpred, i.indrelid),
  'with', (SELECT jsonb_agg(o ORDER BY o) FROM pg_catalog.unnest(x.reloptions) AS o),
  'nulls_not_distinct', pg_catalog.to_jsonb(i) ->> 'indnullsnotdistinct')
FROM ({_TARGETS.format(kind="index", made="'alembic_c_' || id")}) AS t
JOIN pg_catalog.pg_index AS i ON i.indrelid = t.relation
JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid AND x.relname = t.name
JOIN pg_catalog.pg_am AS m ON m.oid = x.relam
"""
_CHECKS = f"""
SELECT t.id, t.is_there, pg_catalog.jsonb_build_object(
  'expression', pg_catalog.pg_get_expr(c.conbin, c.conrelid))
FROM ({_TARGETS.format(kind="check", made="'alembic_c_' || id")}) AS t
JOIN pg_catalog.pg_constraint AS c
  ON c.conrelid = t.relation AND c.contype = 'c' AND c.conname = t.name
"""
_DEFAULTS = """
SELECT t.id, t.is_there, pg_catalog.jsonb_build_object(
  'expression', pg_catalog.pg_get_expr(d.adbin, d.adrelid))
FROM ({targets}) AS t
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.relation AND a.attname = t.name
JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
"""
_READ = "UNION ALL".join(
    (
        _INDEXES,
        _CHECKS,
        _DEFAULTS.format(targets=_TARGETS.format(kind="default", made="name")),
        _DEFAULTS.format(
            targets=_TARGETS.format(kind="generated", made="'alembic_c_' || id")
        ),
    )
)

# Defaults in which nothing is called but what is built in and not volatile, so that
# they can be evaluated.  The checks of a domain may call anything.
_HARMLESS = """
SELECT p.id,
  pg_catalog.max(pg_catalog.pg_get_expr(d.adbin, d.adrelid))
    FILTER (WHERE d.adrelid = p.real_oid) AS there,
  pg_catalog.max(pg_catalog.pg_get_expr(d.adbin, d.adrelid))
    FILTER (WHERE d.adrelid = p.made_oid) AS here
FROM pairs AS p
JOIN pg_catalog.pg_attribute AS a
  ON a.attrelid IN (p.real_oid, p.made_oid) AND a.attname = p.name
JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE p.kind = 'default'
GROUP BY p.id
HAVING pg_catalog.count(DISTINCT pg_catalog.pg_get_expr(d.adbin, d.adrelid)) = 2
AND pg_catalog.bool_and(
  pg_catalog.strpos(d.adbin::text, '{COERCETODOMAIN') = 0
  AND NOT EXISTS (
    SELECT 1
    FROM pg_catalog.regexp_matches(
      d.adbin::text, ':(?:op)?funcid ([0-9]+)', 'g') AS f
    LEFT JOIN pg_catalog.pg_proc AS c ON c.oid = f[1]::oid
    WHERE c.oid IS NULL OR c.oid >= 16384 OR c.provolatile = 'v'))
"""

_PAIRS = """
WITH pairs AS MATERIALIZED (
  SELECT * FROM pg_catalog.jsonb_to_recordset(pg_catalog.to_jsonb(made))
  AS p(id int, kind text, name text, real_oid oid, made_oid oid)
)
"""

# In place of $BATCHES stands a literal: what is asked, as JSON.
BATCHES = "$BATCHES"
BLOCK = (
    """
DECLARE
  batch jsonb;
  wanted jsonb;
  asked jsonb;
  added jsonb;
  original oid;
  probe text;
  command text;
  pair record;
  is_same boolean;
  made jsonb[];
  answers jsonb[] := ARRAY[]::jsonb[];
  refused text;
BEGIN
  refused := CASE
    WHEN pg_catalog.current_setting('transaction_read_only') = 'on'
      THEN 'the transaction only reads'
    WHEN NOT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'TEMP')
      THEN 'there is no right to temporary tables'
    WHEN EXISTS (SELECT 1 FROM pg_catalog.pg_event_trigger AS t
                 WHERE t.evtenabled <> 'D' AND t.evtevent <> 'login')
      THEN 'event triggers watch DDL'
  END;
  FOR batch IN SELECT * FROM pg_catalog.jsonb_array_elements($BATCHES::jsonb) LOOP
    EXIT WHEN refused IS NOT NULL;
    BEGIN
      made := ARRAY[]::jsonb[];
      FOR wanted IN SELECT * FROM pg_catalog.jsonb_array_elements(batch) LOOP
        BEGIN
          probe := wanted ->> 'probe';
          original := (wanted ->> 'table')::regclass;
          EXECUTE 'CREATE TEMPORARY TABLE ' || probe
            || ' (LIKE ' || (wanted ->> 'table') || ')';
          FOR added IN SELECT * FROM
            pg_catalog.jsonb_array_elements(wanted -> 'columns')
          LOOP
            BEGIN
              EXECUTE 'ALTER TABLE ' || probe || ' ADD COLUMN ' || (added ->> 0);
            EXCEPTION WHEN OTHERS THEN
              NULL; -- what needs the column fails, and tells
            END;
          END LOOP;
          FOR asked IN SELECT * FROM
            pg_catalog.jsonb_array_elements(wanted -> 'asked')
          LOOP
            BEGIN
              command := asked ->> 'sql';
              IF asked ->> 'kind' = 'generated' THEN
                SELECT pg_catalog.replace(command, '$TYPE',
                  pg_catalog.format_type(a.atttypid, a.atttypmod)) INTO command
                FROM pg_catalog.pg_attribute AS a
                WHERE a.attrelid = original AND a.attname = asked ->> 'name';
              END IF;
              EXECUTE command;
              made := made || (asked - 'sql' || pg_catalog.jsonb_build_object(
                'real_oid', original::int8, 'made_oid', probe::regclass::oid::int8));
            EXCEPTION WHEN OTHERS THEN
              answers := answers || pg_catalog.jsonb_build_object(
                'id', asked -> 'id', 'failed', SQLERRM);
            END;
          END LOOP;
        EXCEPTION WHEN OTHERS THEN
          answers := answers || pg_catalog.jsonb_build_object(
            'table', wanted ->> 'table', 'failed', SQLERRM);
        END;
      END LOOP;
      answers := answers || ("""
    + _PAIRS
    + """
        SELECT pg_catalog.array_agg(pg_catalog.jsonb_build_object(
          'id', r.id, CASE WHEN r.is_there THEN 'there' ELSE 'here' END, r.parts))
        FROM ("""
    + _READ
    + """) AS r(id, is_there, parts));
      FOR pair IN"""
    + _PAIRS
    + _HARMLESS
    + """
      LOOP
        BEGIN
          EXECUTE 'SELECT (' || pair.there || ') IS NOT DISTINCT FROM ('
            || pair.here || ')' INTO is_same;
          answers := answers || pg_catalog.jsonb_build_object(
            'id', pair.id, 'same', is_same);
        EXCEPTION WHEN OTHERS THEN
          NULL; -- their type has no equality: they stay different
        END;
      END LOOP;
      RAISE EXCEPTION USING ERRCODE = 'AC000', MESSAGE = 'undone';
    EXCEPTION WHEN SQLSTATE 'AC000' THEN
      NULL; -- and nothing of this batch is there any more
    END;
  END LOOP;
  PERFORM pg_catalog.set_config('alembic_c.answers', pg_catalog.jsonb_build_object(
    'refused', refused, 'answers', pg_catalog.to_jsonb(answers))::text, true);
END
"""
)
# The answers, which are forgotten at once.
ANSWERS = (
    "SELECT pg_catalog.current_setting('alembic_c.answers'),"
    " pg_catalog.set_config('alembic_c.answers', '', true)"
)
