"""Run every benchmark and rewrite docs/performance.md.

usage: python -m benchmarks.run [--print] [NAME...]     names: revisions, ...
"""

from __future__ import annotations

import argparse
import importlib
import platform
import sys
from pathlib import Path

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
# name -> title; benchmarks/bench_<name>.py has report() -> Markdown.
SECTIONS = {
    "revisions": "Revision files and the revision graph",
    "upgrade": "Running migrations",
    "trees": "Real trees",
    "autogenerate": "Autogenerate in Python",
    "catalog": "Autogenerate with the equality proof",
    "mysql": "Autogenerate with the equality proof, on MariaDB",
    "mysql_server": "Autogenerate with the equality proof, on MySQL",
    "testkit": "The test kit",
}
_MARK = "<!-- {edge}: {name} -->"


def _replace(text: str, name: str, body: str) -> str:
    begin, end = (_MARK.format(edge=edge, name=name) for edge in ("begin", "end"))
    before, found, rest = text.partition(begin)
    if not found:
        return f"{text.rstrip()}\n\n## {SECTIONS[name]}\n\n{begin}\n{body}\n{end}\n"
    _, found, after = rest.partition(end)
    if not found:
        raise SystemExit(f"{DOCUMENT}: no '{end}' after '{begin}'")
    return f"{before}{begin}\n{body}\n{end}{after}"


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Compare with upstream in one run.")
    parser.add_argument("names", nargs="*", help=f"of {', '.join(SECTIONS)}")
    parser.add_argument("--print", action="store_true", help="leave the document alone")
    options = parser.parse_args(argv)
    for name in options.names or SECTIONS:
        if name not in SECTIONS:
            parser.error(f"no benchmark {name!r}; there are: {', '.join(SECTIONS)}")
        body = importlib.import_module(f"benchmarks.bench_{name}").report()
        if not body:
            print(f"{name} is not measured: there is no server", file=sys.stderr)
            continue
        body = f"Python {platform.python_version()}.\n\n{body}"
        print(f"## {SECTIONS[name]}\n\n{body}\n", flush=True)
        if not options.print:
            text = DOCUMENT.read_text(encoding="utf-8")
            DOCUMENT.write_text(_replace(text, name, body), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
