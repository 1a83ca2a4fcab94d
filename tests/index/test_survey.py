"""The survey: how filters are filed, why that way, and what each is reckoned to cost."""

import json
from typing import Any

import pytest

from egcore import CLOUDEVENTS, Matcher, Router, Statistics
from egcore.index import bitmaps
from egcore.index.bitmaps import BLOCK
from egcore.index.partition import MAX_GROUPS
from tests.markdown_pages import ROOT
from tests.rules import SOURCE, Document, subscription

CASES = json.loads((ROOT / "tests" / "data" / "statistics.json").read_bytes())


def is_one_of(*values: str) -> list[Document]:
    """Make the field of a filter that is equal to one of some strings."""
    return [{"op": "StringIn", "values": list(values)}]


def _numbered(template: Any, times: int) -> list[Any]:
    """Make filters of a template: "%n" alone becomes a number, within a string its digits."""
    text = json.dumps(template)
    return [json.loads(text.replace('"%n"', str(n)).replace("%n", str(n))) for n in range(times)]


def _stats(case: dict[str, Any]) -> Statistics:
    """Load the filters of a case under names like 0.0: template, copy."""
    filters = {
        f"{number}.{copy}": document
        for number, template in enumerate(case["filters"])
        for copy, document in enumerate(_numbered(template, case.get("times", 1)))
    }
    return Matcher(filters, limits=CLOUDEVENTS).stats()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["what"])
def test_structures(case: dict[str, Any]) -> None:
    """Each filter is told of where it stands, and the partition adds up what is looked at."""
    stats = _stats(case)
    told = [
        [part.source, *each[:1], list(each.key_fields), *each[2:6]]
        for part in stats.partitions
        for each in part.structures
    ]
    assert told == case["structures"]
    assert sum(part.looked_at for part in stats.partitions) == sum(row[-1] for row in told)
    if "because" in case:
        assert stats.partitions[0].structures[0].because == case["because"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["what"])
def test_costs(case: dict[str, Any]) -> None:
    """The dearest come first, ten at most, each with its reason."""
    costly = _stats(case).costly
    assert [list(each) for each in costly][: len(case["costly"])] == case["costly"]
    assert len(costly) == min(10, len(case["filters"]) * case.get("times", 1))
    assert [each.cost for each in costly] == sorted((each.cost for each in costly), reverse=True)


def test_shared_conditions() -> None:
    """Filters that differ in operands only share shape and conditions; keys need none."""
    above = {"op": "NumberGreaterThan", "value": 1}
    stats = Matcher(
        {
            1: {"source": SOURCE, "data": {"n": [above]}},
            2: {"source": SOURCE, "data": {"n": [{**above, "value": 2}]}},
            3: {"source": SOURCE, "data": {"n": [above], "o": [{"op": "IsNotNull"}]}},
            4: {"source": SOURCE},
        }
    ).stats()
    assert (stats.filters, stats.verified, stats.shapes, stats.steps) == (4, 3, 2, 2)
    assert stats.partitions[0].look_ups == 1


@pytest.mark.parametrize("block", [BLOCK, 16])
def test_a_bitmap(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Filters of too many field sets cost what their own fields let through, in any block."""
    monkeypatch.setattr(bitmaps, "BLOCK", block)
    alike, unlike = is_one_of("x"), [{"op": "IsNotNull"}]
    filters: dict[str, Document] = {}
    for n in range(MAX_GROUPS + 1):
        both = {f"k{n}": is_one_of("x", "y"), "o": unlike}
        filters[f"both-{n}"] = {"source": SOURCE, "type": alike, "data": both}
        filters[f"one-{n}"] = {"source": SOURCE, "data": {f"k{n}": alike}}
    stats = Matcher({**filters, "all": {"source": SOURCE}}).stats()
    (part,) = stats.partitions
    keys, bitmap = part.structures
    assert (keys.structure, keys.filters) == ("keys", 1)
    assert (bitmap.structure, bitmap.filters) == ("bitmap", len(filters))
    assert (part.filters, part.look_ups) == (len(filters) + 1, 1 + 1 + MAX_GROUPS + 1)
    assert (len(bitmap.key_fields), bitmap.keys) == (MAX_GROUPS + 2, 1 + 2 * (MAX_GROUPS + 1))
    assert bitmap.looked_at == pytest.approx((MAX_GROUPS + 1) / 2 / 3)
    assert (stats.verified, stats.shapes) == (MAX_GROUPS + 1, 1)
    first = stats.costly[:2]
    assert [each.name for each in first] == ["all", "one-0"]
    found = f"found by a bitmap over {MAX_GROUPS + 2} fields"
    assert first[1].cost == pytest.approx(1 / 3)
    assert first[1].because.startswith(f"{found}, nothing to verify: matches an event of source s ")
    text = str(stats)
    assert f"more than {MAX_GROUPS} sets of key fields" in text
    assert max(map(len, text.splitlines())) < 200


def test_changes_of_a_bitmap_show() -> None:
    """What is gone from a bitmap is not told; what came since is told with its table."""
    filters = {n: {"source": SOURCE, "data": {f"k{n}": is_one_of("x")}} for n in range(50)}
    matcher: Matcher[int] = Matcher(filters)
    changed = matcher.without(7).with_filter(50, {**filters[7]})
    (part,) = changed.stats().partitions
    assert [(each.structure, each.filters) for each in part.structures] == [
        ("keys", 1),
        ("bitmap", 49),
    ]
    for n in range(50):
        changed = changed.without(n) if n != 7 else changed
    (part,) = changed.stats().partitions
    assert [(each.structure, each.filters) for each in part.structures] == [("keys", 1)]


def test_changes_show() -> None:
    """What was added and removed since a table was made is told as it is now."""
    filters = {
        n: {"source": SOURCE, "subject": [{"op": "StringStartsWith", "values": [f"{n:03}"]}]}
        for n in range(40)
    }
    matcher: Matcher[int] = Matcher(filters)
    (before,) = matcher.stats().partitions[0].structures
    more = matcher.with_filter(40, filters[0])
    (after,) = more.stats().partitions[0].structures
    assert (after.filters, after.looked_at) == (41, before.looked_at + 1)
    for n in range(40):
        more = more.without(n)
    (left,) = more.stats().partitions[0].structures
    assert (left.filters, left.looked_at) == (1, 1)
    assert more.without(40).stats().partitions == ()


def test_a_router_names_subscriptions() -> None:
    """A router tells of the filters of routing subscriptions, one for each, by name."""
    router = Router.from_documents(
        [subscription("eu"), subscription("off", status="DISABLED"), subscription("us")]
    )
    stats = router.stats()
    assert stats.filters == 2
    assert [each.name for each in stats.costly] == ["eu", "us"]


def test_several_filters_of_one_subscription() -> None:
    """The sources of one subscription count as one filter, with the cost of the dearer."""
    sources = [
        {"name": "s", "filter": {"source": SOURCE}},
        {"name": "s", "filter": {"type": [{"op": "StringIn", "values": ["t"]}]}},
    ]
    router = Router.from_documents([subscription("one", sources=sources)], limits=CLOUDEVENTS)
    stats = router.stats()
    assert stats.filters == 1
    assert [each.filters for each in stats.partitions] == [1, 1]
    assert [each.cost for each in stats.costly] == [1]


def test_each_reason_is_one_line() -> None:
    """Field names and sources are shown on one line and shortened, whatever they hold."""
    long = "x" * 200
    stats = Matcher(
        {
            "a\nb": {
                "source": [{"op": "StringIn", "values": ["s\n"]}],
                "data": {"k\n": [{"op": "IsNull"}], long: [{"op": "IsNotNull"}]},
            }
        }
    ).stats()
    because = stats.costly[0].because
    assert because.startswith(r"found by data.k\n: looked at for an event of source s\n that")
    assert because.isprintable()
    assert long not in because
    assert r"a\nb" in str(stats)
    assert stats.partitions[0].structures[0].key_fields == ("data.k\n",)
