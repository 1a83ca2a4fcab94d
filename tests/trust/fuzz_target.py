"""The process that fuzzes: ``python -m tests.trust.fuzz_target FOUND CORPUS -options``.

FOUND is a folder for inputs that a judge did not like, each kind of fault once; the process
goes on after it. All else is for libFuzzer, which writes inputs that kill, hang or fill the
memory where ``-artifact_prefix`` says. Needs atheris; the library alone is instrumented.
"""

import hashlib
import importlib
import pkgutil
import sys
from pathlib import Path

import atheris


def _load_library() -> None:
    """Load every module of the library, those that it loads on first use too."""
    with atheris.instrument_imports(include=["egcore"]):
        import egcore

        for module in pkgutil.iter_modules(egcore.__path__):
            if module.name != "__main__":
                importlib.import_module(f"egcore.{module.name}")


def main() -> None:
    """Fuzz until libFuzzer ends the process."""
    _load_library()
    from tests.trust import fuzz_inputs

    found, seen = Path(sys.argv.pop(1)), set[str]()

    def try_one(data: bytes) -> None:
        case = fuzz_inputs.read(data)
        wrong = fuzz_inputs.judge(*case) if case else None
        if wrong is not None and wrong not in seen:
            seen.add(wrong)
            (found / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)

    atheris.Setup(sys.argv, try_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
