"""Which quick tests judge the mutants of each module."""

from typing import Final

_SLOW: Final = (
    "hostile",
    "random_paths",
    "mutated",
    "deep_caller",
    "linear_time",
    "foreign_exception",
    "naive_counter",
)
QUICK: Final = "not (" + " or ".join(_SLOW) + ")"
"""What pytest selects: no searches of many random inputs, no measured times."""

SUITES: Final[dict[str, tuple[str, ...]]] = {
    "operators": ("operators", "filters"),
    "conditions": ("conditions", "filters"),
    "paths": ("paths", "filters"),
    "filters": ("filters", "limit_boundaries"),
    "templates": ("templates", "transforms"),
    "filter_documents": ("filter_documents", "filters", "limit_boundaries"),
    "jsonpath": ("jsonpath", "transforms", "limit_boundaries"),
    "decoding": ("decoding", "limit_boundaries", "regressions"),
    "transforms": ("transforms", "limit_boundaries", "templates"),
    "index": ("index",),
}
"""The module's own tests first, then those of its nearest callers."""


def judges_of(module: str) -> list[str]:
    """Return the test files for a module's name, such as ``operators`` or ``index.keys``."""
    names = SUITES.get(module) or SUITES[module.partition(".")[0]]
    return [f"tests/test_{name}.py" for name in names]
