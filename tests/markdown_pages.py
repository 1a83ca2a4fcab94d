"""The project's Markdown pages: their headings, links and fenced blocks."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parent.parent
DOCS: Final = ROOT / "docs"
PAGES: Final = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])

_FENCE: Final = re.compile(r"^```(.*)\n((?:.*\n)*?)```$", re.MULTILINE)
_CODE: Final = re.compile(r"`[^`\n]*`")
_LINK: Final = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING: Final = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
_TARGET: Final = re.compile(r"^\(([a-z0-9-]+)\)=$", re.MULTILINE)
_FILE_NAME: Final = re.compile(r"`([a-z0-9.-]+\.[a-z]+)`[^`\n]*:\n\n$")


class Block(NamedTuple):
    """A fenced block; ``file`` is the name that the line before it gives to its content."""

    language: str
    text: str
    file: str | None


def name(page: Path) -> str:
    """Name a page in test ids and messages."""
    return page.relative_to(ROOT).as_posix()


def read(page: str) -> str:
    """Read a page by its path from the root of the repository."""
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(text: str) -> Iterator[Block]:
    """Give the fenced blocks of a page in order."""
    for match in _FENCE.finditer(text):
        named = _FILE_NAME.search(text, 0, match.start())
        yield Block(match[1], match[2], named[1] if named else None)


def prose(text: str) -> str:
    """Give a page without its fenced blocks."""
    return _FENCE.sub("", text)


def links(text: str) -> list[str]:
    """Give the targets of all links of a page, those in code aside."""
    return _LINK.findall(_CODE.sub("", prose(text)))


def anchors(text: str) -> set[str]:
    """Give the anchors of a page: of its headings, as code hosts and MyST make them, and its own.

    Lower case, spaces to dashes, everything else but letters, digits, ``_`` and ``-`` dropped.
    """
    headings = (re.sub(r"[^\w -]", "", each.lower()) for each in _HEADING.findall(prose(text)))
    return {each.replace(" ", "-") for each in headings} | set(_TARGET.findall(text))


def table_rows(text: str) -> list[list[str]]:
    """Give the cells of all table rows of a page, heads included; an escaped bar is no border."""
    rows = [line for line in prose(text).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows]
