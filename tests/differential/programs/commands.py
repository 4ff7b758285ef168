"""The commands as functions."""

from alembic import command
from showing import config, log, plain, show

log()
cfg = config()


def run(name, *args, **kw):
    show(f"{name} {args} {kw}", getattr(command, name), cfg, *args, **kw)
    print(cfg.out.getvalue())
    cfg.out.seek(0)
    cfg.out.truncate()


run("heads")
run("heads", verbose=True)
run("heads", resolve_dependencies=True)
run("history")
run("history", "a1:a2", True)
run("history", rev_range="bogus")
run("history", indicate_current=True, rev_range=":a2")
run("branches", verbose=True)
run("show", "a1")
run("show", ["a1"])
run("show", "nope")
run("current")
run("upgrade", "a2")
run("current", verbose=True)
run("current", check_heads=True)
run("upgrade", "heads")
run("downgrade", "bee@base")
run("downgrade", "-1")
run("downgrade", "a1:base")
run("downgrade", "a1:base", sql=True)
run("upgrade", "a1:a2")
run("upgrade", "a1:a2", sql=True, tag="t")
run("stamp", "a2")
run("stamp", ["a2", "b1"])
run("stamp", ("base",))
run("stamp", "nope", purge=True)
run("stamp", "a2:b1", sql=True)
run("ensure_version")
run("ensure_version", sql=True)
run("stamp", "heads", purge=True)
run("check")
run("edit", "nope")
run("revision")
run("revision", "msg", rev_id="z", head="a2")
run("revision", "msg", rev_id="z2", head=["z", "b1"], splice=True)
run(
    "revision",
    message="deps",
    rev_id="y",
    head="base",
    depends_on=["a1", "b1"],
    branch_label=["l1", "l2"],
)
run(
    "revision",
    message="deps",
    rev_id="x",
    head="base",
    depends_on="b1",
    branch_label="solo",
    version_path="migrations/versions",
)
run("revision", "auto", autogenerate=True)
run("revision", "auto", sql=True)
run("merge", "heads", message="m", rev_id="q")
run("merge", ["q"])
run("merge", "a1")


def directives(ctx, rev, what):
    print("hook", type(ctx).__name__, plain(rev), [type(d).__name__ for d in what])
    what[:] = []


run(
    "revision",
    "none",
    rev_id="nn",
    process_revision_directives=directives,
    head="q",
    autogenerate=True,
)
command.stamp(cfg, "heads")
run(
    "revision",
    "none",
    rev_id="nn",
    process_revision_directives=directives,
    head="q",
    autogenerate=True,
)
run("upgrade", None)
run("upgrade", 3)
run("downgrade", None)
