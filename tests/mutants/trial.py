"""One trial: the tests of a module in a forked child that imports the mutant in its place."""

import importlib.abc
import importlib.machinery
import os
import resource
import sys
from collections.abc import Sequence
from types import ModuleType

import pytest

from tests.mutants.suites import judges_of

MEMORY = 3 << 30  # bytes of address space: a mutant without limits must not take the machine


class _Loader(importlib.abc.SourceLoader):
    def __init__(self, path: str, source: bytes) -> None:
        self.path, self.source = path, source

    def get_filename(self, fullname: str) -> str:  # noqa: ARG002 # as the protocol has it
        return self.path

    def get_data(self, path: str) -> bytes:  # noqa: ARG002 # no other path is asked for
        return self.source


class _Finder(importlib.abc.MetaPathFinder):
    """Finds one module, with another source."""

    def __init__(self, name: str, loader: _Loader) -> None:
        self.name, self.loader = name, loader

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002 # as the protocol has it
        target: ModuleType | None = None,  # noqa: ARG002 # the same
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self.name:
            return None
        spec = importlib.machinery.ModuleSpec(fullname, self.loader, origin=self.loader.path)
        spec.has_location = True
        if self.loader.path.endswith("__init__.py"):
            spec.submodule_search_locations = [os.path.dirname(self.loader.path)]  # noqa: PTH120 # a str
        return spec


def start(module: str, path: str, source: bytes, *, seconds: int, select: str) -> int:
    """Fork a child that ends with 0 if the tests pass with this source; return its id.

    It may use so many ``seconds`` of processor time; ``select`` is pytest's ``-k``.
    """
    child = os.fork()
    if not child:
        try:
            _limit(seconds)
            sys.meta_path.insert(0, _Finder(f"egcore.{module}", _Loader(path, source)))
            os._exit(int(_run(module, select)))
        finally:  # whatever a mutant raises: the child must not go on as the parent
            os._exit(99)
    return child


def _limit(seconds: int) -> None:
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _run(module: str, select: str) -> int:
    options = ["-x", "--assert=plain", "-q", "--tb=no", "--no-header", "-k", select]
    return pytest.main([*options, *judges_of(module)])
