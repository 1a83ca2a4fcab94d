"""Every case file of tests/regressions, replayed: what was found once stays found."""

from pathlib import Path

import pytest

from tests.trust import cases, table

FILES = sorted(cases.FOLDER.glob("*.json"))


def test_there_are_case_files() -> None:
    """The folder is where it is looked for, and each kind of case has one at least."""
    assert {cases.read(path)[0] for path in FILES} == set(table.REPLAYS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_case(path: Path) -> None:
    """The case holds."""
    figure, arguments = cases.read(path)
    assert table.replay(figure, arguments) is None
