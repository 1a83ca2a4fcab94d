"""Importing egcore is cheap and brings nothing optional along."""

import subprocess
import sys

OPTIONAL = ("cloudevents", "jsonschema", "rich", "jsonpath_ng", "asyncio", "socket", "hashlib")
BUDGET = 0.040  # seconds of processor time above the bare interpreter (architecture, Habits)


def processor_seconds(statement: str) -> float:
    """Return the least processor time of some runs of a statement in a fresh interpreter."""
    program = f"{statement}; import time; print(time.process_time())"
    runs = [
        subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
        for _ in range(7)
    ]
    return min(float(run.stdout) for run in runs)


def test_nothing_optional_is_imported() -> None:
    """No optional dependency, no event loop, no socket, and OpenSSL not before it is used."""
    program = f"import egcore, sys; print([m for m in {OPTIONAL!r} if m in sys.modules])"
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True
    )
    assert run.stdout.strip() == "[]"


def test_import_is_within_its_budget() -> None:
    """Processor time, not the clock: three times the budget fails even on a slow machine."""
    subprocess.run([sys.executable, "-c", "import egcore"], check=True)  # writes the bytecode
    used = processor_seconds("import egcore") - processor_seconds("pass")
    assert used < 3 * BUDGET
