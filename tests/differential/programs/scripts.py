"""`ScriptDirectory` and `Script`."""

# ruff: noqa: B023

from alembic.script import ScriptDirectory
from showing import script, show

scripts = script()
for name in (
    "dir",
    "versions",
    "env_py_location",
    "file_template",
    "truncate_slug_length",
    "output_encoding",
    "timezone",
    "sourceless",
    "version_locations",
    "_version_locations",
    "hooks",
    "recursive_version_locations",
):
    show(name, lambda: str(getattr(scripts, name)))
for name in ("get_heads", "get_bases", "get_base", "get_current_head"):
    show(name, getattr(scripts, name))
for id in (
    "a1",
    "a2",
    "b1",
    "bee",
    "bee@head",
    "bee@base",
    "head",
    "heads",
    "base",
    None,
    "a",
    "nope",
    "a2-1",
    "a1+1",
    "bee@a1",
    "a1@head",
    "",
    "-1",
    "+1",
    (),
    ("a1",),
    ("a1", "b1"),
    "a1:a2",
    3,
):
    show(("get", id), scripts.get_revision, id)
    show(("gets", id), scripts.get_revisions, id)
    show(("number", id), scripts.as_revision_number, id)
for upper, lower in (
    ("heads", "base"),
    ("a2", "a1"),
    ("a1", "a2"),
    ("a2", None),
    (("a2", "b1"), "a1"),
    ("nope", "base"),
    ("head", "base"),
    ("a2", "b1"),
    ("bee@head", "a1"),
    ("+1", "base"),
    ("a2", "-1"),
):
    show(
        ("walk", upper, lower),
        lambda: [s.revision for s in scripts.walk_revisions(lower or "base", upper)],
    )
    show(
        ("iterate", upper, lower),
        lambda: [s.revision for s in scripts.iterate_revisions(upper, lower)],
    )
for rev in scripts.walk_revisions():
    for name in (
        "revision",
        "down_revision",
        "doc",
        "longdoc",
        "log_entry",
        "branch_labels",
        "dependencies",
        "nextrev",
        "is_head",
        "is_base",
        "is_branch_point",
        "is_merge_point",
        "_is_real_head",
        "_db_current_indicator",
        "_all_down_revisions",
        "_versioned_down_revisions",
        "cmd_format",
        "path",
        "module",
    ):
        value = getattr(rev, name)
        if name == "cmd_format":
            for kw in (
                {},
                {"verbose": True},
                {
                    "verbose": False,
                    "include_branches": True,
                    "include_doc": True,
                    "include_parents": True,
                    "tree_indicators": False,
                },
            ):
                show(name, lambda: value(**{"verbose": False, **kw}))
        elif name == "module":
            show(
                name,
                lambda: (value.__name__, sorted(n for n in vars(value) if n[0] != "_")),
            )
        else:
            show(name, lambda: value)
    print(str(rev), repr(rev))
show("map", lambda: sorted(k for k in scripts.revision_map._revision_map if k))
show("generate", scripts.generate_revision, "z", "a message", head="a2", refresh=True)
show("next", lambda: scripts.get_revision("a2").nextrev)
show("heads", lambda: scripts.get_heads())
show("generate", scripts.generate_revision, "a7", "again")
show("generate", scripts.generate_revision, "a-1", "x")
show("generate", scripts.generate_revision, "q", None, head=["z", "b1"])
show("none", ScriptDirectory, "nowhere")
show("plain", ScriptDirectory, "migrations")
show("stamp", lambda: [str(s) for s in scripts._stamp_revs("heads", ())])
show("up", lambda: [str(s) for s in scripts._upgrade_revs("heads", ())])
show("down", lambda: [str(s) for s in scripts._downgrade_revs("base", ("a2", "b1"))])
show("down", lambda: scripts._downgrade_revs("nope", ("a2",)))
show("up", lambda: scripts._upgrade_revs("a1", ("a2",)))
show("up", lambda: scripts._upgrade_revs("nope", ("a2",)))
