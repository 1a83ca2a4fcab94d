"""How long does a body take, and a JSONPath, beside the JSONPath libraries?"""

import pytest

from benchmarks.measure import EVENT_SIZES, PATHS, path_finders, renderers
from benchmarks.scenes import sized_event


@pytest.mark.parametrize("name", list(renderers(sized_event(324))))
@pytest.mark.parametrize("size", EVENT_SIZES)
def test_render(benchmark, name, size):
    """Render a body; egcore's were compared with what they must be before."""
    benchmark.group = f"transform {size} bytes"
    assert benchmark(renderers(sized_event(size))[name].run)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", list(path_finders(PATHS[0])))
def test_path(benchmark, name, path):
    """Evaluate one path; all evaluators found the same before."""
    benchmark.group = f"path {path}"
    assert benchmark(path_finders(path)[name].run)
