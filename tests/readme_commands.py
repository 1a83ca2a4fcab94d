"""The commands of the README's section "Two commands": shown, or run as they stand.

python3 tests/readme_commands.py [--run]

Needs nothing but Python: these commands are what installs the rest.
"""

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
SECTION: Final = re.compile(r"^## Two commands\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_BLOCK: Final = re.compile(r"^```console\n(.*?)```$", re.MULTILINE | re.DOTALL)


def commands(readme: str) -> list[str]:
    """Give the console blocks of the section."""
    section = SECTION.search(readme)
    return [block.strip() for block in _BLOCK.findall(section[1])] if section else []


def main(arguments: list[str]) -> int:
    """Print each command; with ``--run`` run it, too, and stop at the first that fails."""
    for command in commands((ROOT / "README.md").read_text(encoding="utf-8")):
        print(command, flush=True)  # noqa: T201 # a command line speaks
        if arguments == ["--run"]:
            subprocess.run(command, shell=True, cwd=ROOT, check=True)  # noqa: S602 # our own page
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
