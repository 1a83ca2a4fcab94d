"""The pages say what is so: examples run, outputs are real, links lead somewhere, names exist."""

import doctest
import os
import pkgutil
import re
import shutil
import subprocess
import sys
from dataclasses import fields
from importlib import import_module
from typing import Final

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

import egcore
from egcore.operators import OPERATORS
from tests import markdown_pages as pages
from tests import readme_commands

LANGUAGES: Final = {"python", "console", "json", "yaml", "text"}
MODULES: Final = ["egcore"] + [
    module.name
    for module in pkgutil.walk_packages(egcore.__path__, "egcore.")
    if not module.name.endswith("__main__")
]
SYBIL: Final = Sybil(parsers=[PythonCodeBlockParser()])

every_page = pytest.mark.parametrize("page", pages.PAGES, ids=pages.name)


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """Go to a folder that holds the samples where a clone has them."""
    shutil.copytree(pages.DOCS / "samples", tmp_path / "docs" / "samples")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_files(page, folder):
    """Write the blocks that the page names as files."""
    for block in pages.blocks(page):
        if block.file:
            (folder / block.file).write_text(block.text, encoding="utf-8")


# --- Examples ---------------------------------------------------------------------------


@every_page
def test_python_examples(page, clone):
    """Every Python block of a page runs, and gives what the page shows."""
    write_files(page.read_text(encoding="utf-8"), clone)
    for example in SYBIL.parse(page):
        example.evaluate()


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples(name):
    """Every example in a docstring gives what it shows."""
    assert doctest.testmod(import_module(name)).failed == 0


def run(command, folder, status):
    """Run one command of a console block with the ``egcore`` of this interpreter."""
    bin_folder = folder / "bin"
    bin_folder.mkdir(exist_ok=True)
    script = bin_folder / "egcore"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m egcore "$@"\n')
    script.chmod(0o755)
    environment = {
        "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(pages.ROOT),
        "PYTHONUTF8": "1",
    }
    done = subprocess.run(  # noqa: S602 # the project's own pages
        f"(exit {status}); {command}",
        shell=True,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    return done.stdout, done.returncode


def commands(text):
    """Split a console block into commands and the output that each of them shows."""
    parts = re.split(r"^\$ (.*)\n", text, flags=re.MULTILINE)
    assert parts[0] == "", "a console block starts with a command"
    return zip(parts[1::2], parts[2::2], strict=True)


@pytest.mark.skipif(os.name != "posix", reason="console blocks are written for a POSIX shell")
@every_page
def test_console_examples(page, clone):
    """Every command of a console block prints what the page shows, errors included."""
    text = readme_commands.SECTION.sub("", page.read_text(encoding="utf-8"))  # CI runs those
    write_files(text, clone)
    status = 0
    for block in pages.blocks(text):
        if block.language == "console":
            for command, shown in commands(block.text):
                output, status = run(command, clone, status)
                assert output == shown, command


@every_page
def test_blocks_are_of_known_languages(page):
    """No example escapes by the name of its language, or by standing outside a block."""
    text = page.read_text(encoding="utf-8")
    assert {block.language for block in pages.blocks(text)} <= LANGUAGES
    assert ">>>" not in pages.prose(text)
    assert "```" not in pages.prose(text)


def test_the_readme_has_the_two_commands():
    """One command installs egcore and does the main job, the other installs and tests it."""
    job, tests = readme_commands.commands(pages.read("README.md"))
    install = "python3 -m venv .venv && .venv/bin/pip install "
    assert job.startswith(install + ". && .venv/bin/egcore route docs/samples/")
    assert tests == install + "'.[test]' && .venv/bin/pytest"


def test_the_readme_runs_the_main_job():
    """The README shows the main job and its output, and stays short."""
    text = pages.read("README.md")
    shown = [block.text for block in pages.blocks(text) if block.language == "console"]
    assert any(each.startswith("$ egcore route docs/samples/") for each in shown)
    assert len(text.splitlines()) <= 120


# --- Links ------------------------------------------------------------------------------


@every_page
def test_links_lead_to_pages_and_anchors(page):
    """Every link within the repository leads to a file, and to a heading of it if it says so."""
    for link in pages.links(page.read_text(encoding="utf-8")):
        if re.match("[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if anchor:
            assert anchor in pages.anchors(target.read_text(encoding="utf-8")), link


def test_every_page_is_linked_from_the_index():
    """The index leads to every page of docs/."""
    index = pages.DOCS / "index.md"
    linked = {index.parent / link for link in pages.links(index.read_text(encoding="utf-8"))}
    assert set(pages.DOCS.rglob("*.md")) - {index} <= linked


# --- Names ------------------------------------------------------------------------------


def resolve(dotted):
    """Find what a dotted name names: a module, or something in it."""
    parts = dotted.split(".")
    found = import_module(parts[0])
    for depth, part in enumerate(parts[1:], 2):
        try:
            found = getattr(found, part)
        except AttributeError:
            found = import_module(".".join(parts[:depth]))
    return found


@every_page
def test_names_in_the_pages_exist(page):
    """Every ``egcore.…`` name and every field of Limits that a page names exists."""
    text = page.read_text(encoding="utf-8")
    for dotted in re.findall(r"`(egcore(?:\.\w+)+)`", text):
        resolve(dotted)
    known = {field.name for field in fields(egcore.Limits)}
    assert set(re.findall(r"\bLimits\.([a-z]\w*)", text)) <= known


def test_the_page_of_limits_lists_every_field():
    """Each field of Limits stands in the table with its values in both presets."""
    rows = {row[0]: row[1:3] for row in pages.table_rows(pages.read("docs/reference/limits.md"))}
    for field in fields(egcore.Limits):
        expected = [
            f"`{getattr(preset, field.name)!r}`".replace("'", '"')
            for preset in (egcore.EVENTGRID, egcore.CLOUDEVENTS)
        ]
        assert [cell.replace(",", "") for cell in rows[f"`{field.name}`"]] == expected, field.name


def test_the_page_of_the_api_names_every_public_name():
    """Each public name has its place on the page, and nothing else is called public there."""
    headings = re.findall(r"^### `(\w+)", pages.read("docs/reference/api.md"), re.MULTILINE)
    assert sorted(headings) == sorted(egcore.__all__)


def test_the_page_of_operators_has_a_section_for_each():
    """Each of the 18 operators has a heading with an executed example under it."""
    sections = re.split(r"^### ", pages.read("docs/reference/operators.md"), flags=re.MULTILINE)
    shown = {section.partition("\n")[0]: section for section in sections[1:]}
    assert sorted(shown) == sorted(OPERATORS)
    for name, section in shown.items():
        assert f'{{"op": "{name}"' in section
        assert ">>> " in section
