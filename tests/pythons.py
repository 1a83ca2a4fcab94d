"""The Python interpreters of this machine that the library supports."""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from tests.shared_folder import ROOT

MINORS = range(11, 16)
_VERSION = "import sys; print(*sys.version_info[:3], sep='.')"


@cache
def interpreters() -> dict[str, str]:
    """Find one interpreter of each minor version from 3.11 on; versions to paths.

    Looked for are the paths in EGCORE_PYTHONS (separated like those of PATH), the one that
    runs the tests, ``python3.x`` on PATH, and the folder of pyenv's versions.
    """
    given = os.environ.get("EGCORE_PYTHONS", "").split(os.pathsep)
    on_path = [shutil.which(f"python3.{minor}") for minor in MINORS]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    managed = [str(each) for each in sorted(pyenv.glob("3.*/bin/python"))]
    found: dict[str, str] = {}
    for path in (sys.executable, *given, *on_path, *managed):
        version = _version(path) if path else None
        if version is not None:
            minor = version.rpartition(".")[0]
            if int(minor.partition(".")[2]) in MINORS:
                found.setdefault(minor, path)
    return found


def _version(path: str) -> str | None:
    """Ask an interpreter for its version; None when it does not run."""
    done = subprocess.run([path, "-c", _VERSION], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def run(
    python: str, *arguments: str, timeout: float = 120, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run an interpreter on the source of this repository, with nothing of ours inherited."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [python, *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        timeout=timeout,
        check=False,
        cwd=ROOT,
        env={**kept, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", **environment},
    )
