"""Figure "catalogues": the public suites and the hostile catalogue, as the tests hold them.

The tests themselves live beside the modules they test; they run here once more by name,
so that the table says how many cases stand behind the promise.
"""

import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from tests.trust.figures import Budget, Figure

NAME: Final = "catalogues"
ROOT: Final = Path(__file__).parent.parent.parent
TESTS: Final = (
    "tests/test_decoding.py",
    "tests/test_attributes.py",
    "tests/test_events.py",
    "tests/test_templates.py",
    "tests/test_transforms.py",
    "tests/test_jsonpath.py",
)
"""Where the cases of JSONTestSuite, the JSONPath suite and the catalogue are tested."""
CHOSEN: Final = "suite or hostile or catalogue or compliance or cts"
TIMEOUT: Final = 120


def figure(budget: Budget) -> Figure:
    """Run the tests of the catalogues; all must pass, and there must be some."""
    began = time.monotonic()
    files = [each for each in TESTS if (ROOT / each).exists()]
    command = [sys.executable, "-m", "pytest", "-q", "-k", CHOSEN, *files]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT, check=False
    )
    counts = {word: _count(word, done.stdout) for word in ("passed", "failed", "skipped")}
    failures = []
    if done.returncode or not counts["passed"]:
        failures = done.stdout.strip().splitlines()[-5:] or ["no test ran"]
    reached = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    what = "JSONTestSuite, JSONPath suite, hostile catalogue"
    return Figure(NAME, what, "all pass", reached, time.monotonic() - began, failures)


def _count(word: str, text: str) -> int:
    found = re.search(rf"([0-9]+) {word}", text)
    return int(found[1]) if found else 0
