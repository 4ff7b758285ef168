"""Follows links of the built site, as somebody with a question does.

usage: python -m tests.docs.questions DIRECTORY      (`make docs` has built it)

Exits with 1 if a question of questions.md is not answered where it says, or if a link
within the site leads nowhere.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urldefrag

TABLE = Path(__file__).with_name("questions.md")
FRONT = "index.html"
MOST_CLICKS = 3

# What typography makes of the quotes of a source.
_PLAIN = str.maketrans("\u2018\u2019\u201c\u201d\u00a0", "''\"\" ")


class Question(NamedTuple):
    """A row of the table: the way is the words of links from the front page."""

    text: str
    way: tuple[str, ...]
    answer: str


def questions(table: str) -> list[Question]:
    """Return the rows of the table in a Markdown page."""
    rows = re.findall(r"^\| (.*) \| (.*) \| (.*) \|$", table, re.MULTILINE)
    return [
        Question(text, tuple(way.split(" \u203a ")), answer)
        for text, way, answer in rows[2:]
    ]


def plain(text: str) -> str:
    """Return text as it is compared: one space between words, straight quotes."""
    return " ".join(text.translate(_PLAIN).split())


class Page(HTMLParser):
    """What a reader has of a page: its links, and the text of each section.

    shown: (words, address) of the links in the article and in the contents beside it;
    addresses: those of all links. sections: id -> text, "" for all of the article;
    home: every id -> the id of the section that it stands in.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.shown: list[tuple[str, str]] = []
        self.addresses: list[str] = []
        self.sections: dict[str, str] = {}
        self.home: dict[str, str] = {}
        self._open: list[str] = []
        self._link: list[str] | None = None
        self._address = ""
        # Depth of elements inside of the article, or of the contents; 0 is outside.
        self._article = self._contents = 0
        self._hidden = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        classes = given.get("class", "").split()
        if tag == "article":
            self._article += 1
            self._open.append("")
        elif tag == "div" and (self._contents or "toc-tree" in classes):
            self._contents += 1
        elif tag == "section":
            self._open.append(given.get("id", ""))
        if "id" in given:
            self.home[given["id"]] = self._open[-1] if self._open else ""
        if tag == "a" and "href" in given:
            self._address = given["href"]
            self.addresses.append(self._address)
            self._hidden = "headerlink" in classes
            self._link = []

    def handle_endtag(self, tag: str) -> None:
        if tag == "article":
            self._article -= 1
        elif tag == "div" and self._contents:
            self._contents -= 1
        if tag in ("article", "section") and self._open:
            self._open.pop()
        if tag == "a" and self._link is not None:
            if (self._article or self._contents) and not self._hidden:
                self.shown.append((plain("".join(self._link)), self._address))
            self._link = None
            self._hidden = False

    def handle_data(self, data: str) -> None:
        if self._hidden:
            return
        if self._link is not None:
            self._link.append(data)
        if self._article:
            for name in {*self._open}:
                self.sections[name] = self.sections.get(name, "") + data


class Site:
    """The pages of a directory, by their path in it."""

    def __init__(self, directory: Path) -> None:
        self.pages = {
            path.relative_to(directory).as_posix(): Page(path.read_text("utf-8"))
            for path in directory.rglob("*.html")
        }
        self._directory = directory.resolve()

    def target(self, page: str, address: str) -> tuple[str, str] | None:
        """Return page, or file, and fragment of a link; None if it leaves the site."""
        if re.match(r"[a-z]+:|//", address):
            return None
        path, fragment = urldefrag(address)
        name = page
        if path:
            file = (self._directory / page).parent / unquote(path)
            name = file.resolve().relative_to(self._directory).as_posix()
        return name, unquote(fragment)

    def text(self, page: str, fragment: str) -> str:
        """Return the text of a section, or of a whole page."""
        found = self.pages[page]
        return plain(found.sections.get(found.home.get(fragment, ""), ""))

    def broken(self) -> Iterator[str]:
        """Yield a line for each dead link, on the pages that links lead to."""
        reached = [FRONT]
        for name in reached:
            for address in dict.fromkeys(self.pages[name].addresses):
                target = self.target(name, address)
                if target is None:
                    continue
                path, fragment = target
                there = self.pages.get(path)
                if there and path not in reached:
                    reached.append(path)
                if there is None and not (self._directory / path).exists():
                    yield f"{name}: there is no page {address}"
                elif there and fragment and fragment not in there.home:
                    yield f"{name}: there is no such place as {address}"

    def unanswered(self, question: Question) -> str | None:
        """Return what keeps a reader from the answer, None if nothing does."""
        page, fragment = FRONT, ""
        for words in question.way:
            found = {
                self.target(page, address)
                for shown, address in self.pages[page].shown
                if shown == plain(words)
            }
            if len(found) != 1:
                return f"{page} has {len(found) or 'no'} places to go at {words!r}"
            target = found.pop()
            if target is None or target[0] not in self.pages:
                return f"{words!r} on {page} leaves the site"
            page, fragment = target
        if len(question.way) > MOST_CLICKS:
            return f"it takes {len(question.way)} clicks"
        if plain(question.answer) not in self.text(page, fragment):
            return f"{page}#{fragment} does not have {question.answer!r}"
        return None


def main(directory: str) -> int:
    """Say what is wrong with a built site; return the exit status."""
    site = Site(Path(directory))
    asked = questions(TABLE.read_text("utf-8"))
    wrong = list(site.broken())
    for question in asked:
        problem = site.unanswered(question)
        if problem:
            wrong.append(f"{question.text}: {problem}")
    print(*wrong, sep="\n", end="\n" if wrong else "")
    clicks = [len(question.way) for question in asked]
    print(
        f"{len(site.pages)} pages, {len(asked)} questions, "
        f"{sum(clicks)} clicks, at most {max(clicks)}; {len(wrong)} wrong"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
