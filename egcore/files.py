"""Rule files: subscription documents as people keep them, and which came from where."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import Any, Final, NamedTuple

from egcore import codes
from egcore.errors import Problem, kind, problem
from egcore.limits import EVENTGRID, Limits
from egcore.positions import position
from egcore.ruletexts import Finding, Text, decode_rules, finding, place_problems

SUFFIXES: Final = (".json", ".jsonl")


class Entry(NamedTuple):
    """One document and where it came from: ``pointer`` leads to it in its text."""

    document: Any
    text: Text
    pointer: str


@dataclass(frozen=True, slots=True)
class RuleFiles:
    """What was read at one path: the documents, in a fixed order, and what is wrong.

    ``findings`` are the problems of reading; those of the documents come from the
    loader and are placed by ``place``.
    """

    path: str
    entries: tuple[Entry, ...]
    findings: tuple[Finding, ...]

    @property
    def documents(self) -> list[Any]:
        """The documents, as ``Router.from_documents`` takes them."""
        return [entry.document for entry in self.entries]

    def place(self, problems: Iterable[Problem]) -> list[Finding]:
        """Say where problems of the documents stand, file by file.

        Their pointers start with the index of the document, as in ``/3/targets``; an
        empty pointer is the whole rule set.
        """
        found = list(problems)
        whole = [Finding(each, self.path) for each in found if not each.pointer]
        return whole + place_problems(self._in_text(each) for each in found if each.pointer)

    def _in_text(self, found: Problem) -> tuple[Problem, Text, str]:
        """Turn the pointer of a problem into one into the text of its document."""
        index, slash, rest = found.pointer[1:].partition("/")
        entry = self.entries[int(index)]
        return found, entry.text, entry.pointer + slash + rest


def read_rules(path: str, *, limits: Limits = EVENTGRID) -> RuleFiles:
    """Read subscription documents from a file, or from all .json and .jsonl files of a directory.

    A .json file holds one document, an array of them, or ``{"subscriptions": [...]}``; a
    .jsonl file one document a line, blank lines aside; any other file is read as .json.
    The files of a directory and of those below it come in the order of their paths.
    A bad file raises nothing and has its place in ``findings``; so have all of them.
    """
    entries: list[Entry] = []
    findings: list[Finding] = []
    for name in _rule_files(path, findings):
        _read_file(name, limits, entries, findings)
    if not entries and not findings and Path(path).is_dir():
        empty = problem(codes.UNREADABLE, "the directory holds no subscription in .json or .jsonl")
        findings.append(Finding(empty, path))
    return RuleFiles(path, tuple(entries), tuple(findings))


def unreadable(error: OSError) -> Problem:
    """Say in the words of the system why a file cannot be read."""
    return problem(codes.UNREADABLE, f"cannot be read: {error.strerror}")


def _rule_files(path: str, findings: list[Finding]) -> list[str]:
    """List the rule files at a path, in an order that does not depend on the file system.

    A directory that cannot be listed has its place in ``findings``: rules that are left
    out without a word would leave out their deliveries, too.
    """
    root = Path(path)
    if not S_ISDIR(_mode(root)):
        return [path]

    def report(error: OSError) -> None:
        findings.append(Finding(unreadable(error), str(error.filename)))

    found: list[Path] = []
    for folder, _, names in os.walk(root, onerror=report):
        found += (each for each in map(Path(folder).joinpath, names) if _is_rule_file(each))
    return [str(each) for each in sorted(found, key=lambda each: each.parts)]


def _is_rule_file(path: Path) -> bool:
    """Whether it is read; what cannot even be looked at is, since reading it tells why."""
    mode = _mode(path) if path.suffix in SUFFIXES else None
    return mode is not None and (mode == 0 or S_ISREG(mode))


def _mode(path: Path) -> int:
    """Return what kind of file it is, 0 where that cannot be told."""
    try:
        return path.stat().st_mode
    except OSError:
        return 0


def _read_file(path: str, limits: Limits, entries: list[Entry], findings: list[Finding]) -> None:
    """Add the documents and the findings of one file."""
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        findings.append(Finding(unreadable(error), path))
        return
    sound = _sound_start(raw)
    if sound is not None:
        findings.append(_not_utf8(path, sound))
        return
    for text in _texts(path, raw.decode()):
        value, found = decode_rules(text, limits=limits)
        if all(each.problem.severity == "warning" for each in found):
            _take_documents(value, text, entries, found)
        findings += found


def _sound_start(raw: bytes) -> str | None:
    """Return the text before the first byte that is not UTF-8; None when there is no such byte."""
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        return raw[: error.start].decode()
    return None


def _not_utf8(path: str, sound: str) -> Finding:
    found = problem(codes.ENCODING, "not UTF-8", hint="save the file as UTF-8")
    text = Text(path, sound).without_secrets()
    return finding(found, text, position(sound, len(sound)))


def _is_lines(path: str) -> bool:
    return path.endswith(".jsonl")


def _texts(path: str, content: str) -> list[Text]:
    """Split a .jsonl file into its lines, blank ones left out; another file is one text."""
    if not _is_lines(path):
        return [Text(path, content)]
    lines = enumerate(content.split("\n"), start=1)
    return [Text(path, line, number) for number, line in lines if line.strip(" \t\r")]


def _take_documents(value: Any, text: Text, entries: list[Entry], findings: list[Finding]) -> None:
    """Add the documents of a decoded text, and findings for what is none."""
    wrapped = type(value) is dict and "subscriptions" in value and not _is_lines(text.path)
    items = value["subscriptions"] if wrapped else value
    prefix = "/subscriptions" if wrapped else ""
    if type(items) is list and not _is_lines(text.path):
        found = [Entry(item, text, f"{prefix}/{index}") for index, item in enumerate(items)]
        entries += (each for each in found if type(each.document) is dict)
        wrong = [each for each in found if type(each.document) is not dict]
        findings += place_problems((_no_document(each), text, each.pointer) for each in wrong)
    elif type(items) is dict and not wrapped:
        entries.append(Entry(items, text, ""))
    else:
        findings += place_problems([(_wrong_kind(text), text, prefix)])


def _no_document(entry: Entry) -> Problem:
    message = f"a subscription must be an object, not {kind(entry.document)}"
    return problem(codes.DOCUMENT_SHAPE, message)


def _wrong_kind(text: Text) -> Problem:
    """Say what a file of this suffix holds."""
    if _is_lines(text.path):
        return problem(codes.FILE_KIND, "a line of a .jsonl rule file is one subscription object")
    return problem(
        codes.FILE_KIND,
        'a rule file holds a subscription, an array of them, or {"subscriptions": [...]}',
    )
