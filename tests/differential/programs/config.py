"""`Config` and `CommandLine`."""

import io
import pathlib

from alembic.config import CommandLine, Config, main
from alembic.script import ScriptDirectory
from showing import show

cfg = Config()
for name in (
    "config_file_name",
    "config_ini_section",
    "toml_file_name",
    "cmd_opts",
    "output_buffer",
    "attributes",
    "config_args",
    "toml_args",
    "messaging_opts",
    "toml_alembic_config",
):
    show(name, getattr, cfg, name)
show("sections", cfg.file_config.sections)
show("get", cfg.get_main_option, "x")
show("default", cfg.get_main_option, "x", "d")
show("set", cfg.set_main_option, "x", "1%2")
show("set", cfg.set_main_option, "x", "1%%2")
show("get", cfg.get_main_option, "x")
show("set none", cfg.set_main_option, "y", None)
show("set int", cfg.set_main_option, "y", 3)
show("here", cfg.get_main_option, "here")
show("remove", cfg.remove_main_option, "x")
show("remove", cfg.remove_main_option, "x")
show("get", cfg.get_main_option, "x")
show("section", cfg.get_section, "nope")
show("section", cfg.get_section, "nope", {"a": "b"})
show("section", cfg.get_section, "alembic")
show("option", cfg.get_section_option, "nope", "x")
show("option", cfg.get_section_option, "nope", "x", "d")
show("set section", cfg.set_section_option, "new", "k", "v")
show("section", cfg.get_section, "new")
show("option", cfg.get_section_option, "new", "nokey", "d")
show("alembic option", cfg.get_alembic_option, "k", "d")
show("bool", cfg.get_alembic_boolean_option, "k")
show("template dir", lambda: cfg.get_template_directory().endswith("templates"))
show("versions", cfg.get_version_locations_list)
show("prepend", cfg.get_prepend_sys_paths_list)
show("hooks", cfg.get_hooks_list)
show("print", cfg.print_stdout, "a %s %%", 1)
show("print", cfg.print_stdout, "a %s %%")
buffer = io.StringIO()
Config(stdout=buffer).print_stdout("x é")
show("buffer", buffer.getvalue)

cfg = Config(
    pathlib.Path("alembic.ini"),
    ini_section="other",
    config_args={"mine": "value"},
    attributes={"a": 1},
)
for name in ("config_file_name", "config_ini_section", "attributes", "config_args"):
    show(name, getattr, cfg, name)
show("other", cfg.get_main_option, "script_location")
show("mine", cfg.get_section, "alembic")
show("from_config", ScriptDirectory.from_config, cfg)
cfg = Config("nowhere.ini")
show("none", cfg.get_main_option, "x")
show("none", ScriptDirectory.from_config, cfg)
cfg = Config(toml_file="py/pyproject.toml")
show("toml", lambda: dict(cfg.toml_alembic_config))
show("opt", cfg.get_alembic_option, "lst")
show("opt", cfg.get_alembic_option, "tbl")
show("opt", cfg.get_alembic_option, "num")
show("opt", cfg.get_alembic_option, "flt")
show("opt", cfg.get_alembic_option, "txt")
show("opt", cfg.get_alembic_option, "none", "d")
show("opt", cfg.get_alembic_option, "yes")
show("bool", cfg.get_alembic_boolean_option, "yes")
show("bool", cfg.get_alembic_boolean_option, "txt")
show("opt", cfg.get_alembic_option, "tables")
show("main", cfg.get_main_option, "txt")
show("hooks", cfg.get_hooks_list)

line = CommandLine("prog")
show("prog", lambda: line.parser.prog)


def extra(config, needed, revision="x", sql=False, unknown=3):
    """Do something extra.

    More text.
    """
    print("extra", needed, revision, sql, unknown)


line.register_command(extra)
show("extra", line.main, ["extra", "N", "--sql"])
show("main", main, ["-q", "heads"], prog="other")
options = line.parser.parse_args(["-x", "a=1", "upgrade", "head", "--sql"])
show(
    "options", lambda: sorted(((k, v) for k, v in vars(options).items() if k != "cmd"))
)
show("cmd", lambda: (options.cmd[0].__name__, *options.cmd[1:]))
cfg = Config("alembic.ini", cmd_opts=options)
show("run", line.run_cmd, cfg, options)
