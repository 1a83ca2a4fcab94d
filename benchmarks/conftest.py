"""Options and sizes of the benchmarks. ``pytest benchmarks`` times them, with
``--benchmark-disable`` it runs each once: for life, not for figures.
"""

import pytest

from benchmarks.scales import SCALES, Scale


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--scale``: how many rules the largest benchmarks hold."""
    parser.addoption(
        "--scale",
        choices=("life", "quick", "full"),
        default=None,
        help="sizes of the benchmarks: full goes to 100,000 rules (default: quick, to 10,000; "
        "life with --benchmark-disable)",
    )


def chosen_scale(config: pytest.Config) -> Scale:
    """Return the scale that the options ask for."""
    life = bool(config.getoption("benchmark_disable", default=False))
    return SCALES[config.getoption("--scale") or ("life" if life else "quick")]


@pytest.fixture(scope="session")
def scale(pytestconfig: pytest.Config) -> Scale:
    """The scale of this run."""
    return chosen_scale(pytestconfig)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each benchmark that asks for ``rules``, ``few`` or ``many`` the sizes of the scale."""
    scale = chosen_scale(metafunc.config)
    sizes = {"rules": scale.rules, "few": scale.loops, "many": scale.many}
    for name, values in sizes.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, values)
