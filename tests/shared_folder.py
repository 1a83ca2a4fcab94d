"""The folder beside the repository with the specification and the public suites."""

import os
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parent.parent


def shared(path: str) -> Path:
    """Give the path of a shared file or folder; skip the test, saying so, when it is absent.

    The folder is ``../shared``, or what the environment variable EGCORE_SHARED names.
    """
    found = Path(os.environ.get("EGCORE_SHARED", ROOT.parent / "shared")) / path
    if not found.exists():
        pytest.skip(f"shared/{path} is not beside this clone")
    return found
