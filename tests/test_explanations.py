"""Explanations as values: the tree, the JSON document, pickling and equality."""

import json
import pickle
from typing import Any

from egcore.events import parse_event
from egcore.explain import explain, explain_filter, explain_transform
from egcore.explanations import Explanation
from egcore.limits import CLOUDEVENTS
from egcore.subscriptions import Subscription

EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "e-1",
    "source": "orders",
    "type": "order.paid",
    "data": {"sizes": [6, 2], "items": [{"sku": "x"}], "customer": 'Zoë "Z"'},
}
SOURCE = [{"op": "StringIn", "values": ["orders"]}]
DOCUMENTS: list[dict[str, Any]] = [
    {
        "id": "sub-1",
        "name": "orders-eu",
        "sources": [
            {
                "id": "source-1",
                "name": "orders",
                "filter": {
                    "source": SOURCE,
                    "data": {
                        "sizes": {
                            "and": [
                                {"op": "NumberGreaterThan", "value": 5},
                                {"op": "NumberLessThan", "value": 3},
                            ]
                        },
                        "items": {"sku": [{"op": "StringNotIn", "values": ["x"]}]},
                        "note": [{"op": "IsNull"}],
                    },
                },
            }
        ],
        "targets": [
            {
                "id": "target-1",
                "name": "HC.Kafka",
                "transform": {
                    "type": "VARIABLE",
                    "value": '{"who":"$.data.customer","no":"$.data.no","greeting":"Hi"}',
                    "template": '{"text":"${greeting} ${who}","no":${no}}',
                },
            },
            {"id": "target-2", "name": "hook", "transform": {"type": "ORIGINAL"}},
        ],
    },
    {
        "id": "sub-2",
        "name": "refunds",
        "status": "DISABLED",
        "sources": [
            {
                "id": "source-2",
                "name": "orders",
                "filter": {"source": SOURCE, "type": [{"op": "StringIn", "values": ["a", "b"]}]},
            }
        ],
        "targets": [{"id": "target-3", "name": "t", "transform": {"type": "ORIGINAL"}}],
    },
]
TREE = """\
event e-1 from orders: 1 of 2 subscriptions match
  subscription orders-eu: matches
    source orders: holds
      source = "orders": holds
        StringIn ["orders"]: holds, equals 'orders'
      data.sizes = [6,2], every condition counts: holds
        NumberGreaterThan 5: holds, element 0 is greater than 5
        NumberLessThan 3: holds, element 1 is less than 3
      data.items.sku = undefined: holds
        StringNotIn ["x"]: holds, undefined: data.items is an array, so the negative condition holds
      data.note = undefined: holds
        IsNull: holds, undefined: data.note is missing
    target HC.Kafka: VARIABLE, application/json
      ${who}: "$.data.customer" gives "Zoë \\"Z\\""
      ${no}: "$.data.no" gives undefined
      ${greeting}: "Hi"
      body, 34 bytes: {"text":"Hi Zoë \\"Z\\"","no":null}
    target hook: ORIGINAL, application/json
      body, 139 bytes: {"specversion":"1.0","id":"e-1","source":"orders","type":"order.paid",\
"data":{"sizes":[6,2],"items":[{"sku":"x"}],"customer":"Zoë \\"Z\\""}}
  subscription refunds: does not match
    because it is not routing: its status is DISABLED
    because source orders fails at type
    source orders: fails
      source = "orders": holds
        StringIn ["orders"]: holds, equals 'orders'
      type = "order.paid": fails
        StringIn ["a","b"]: fails, equals none of the 2 values"""


def explanation() -> Explanation:
    """Explain the event against both subscriptions."""
    given = [Subscription.from_document(each, limits=CLOUDEVENTS) for each in DOCUMENTS]
    return explain(given, EVENT)


def test_the_tree() -> None:
    """The whole explanation as text: every level indented, every value on its line."""
    assert str(explanation()) == TREE


def test_the_document() -> None:
    """The explanation as JSON holds every value whole, and no value where there is none."""
    document = explanation().document()
    assert json.loads(json.dumps(document)) == document
    assert {name: document[name] for name in ("event_id", "event_source", "matched")} == {
        "event_id": "e-1",
        "event_source": "orders",
        "matched": ["sub-1"],
    }
    first, second = document["subscriptions"]
    assert first["sources"][0]["fields"][1] == {
        "field": "data.sizes",
        "path": ["data", "sizes"],
        "combine": "all",
        "value": [6, 2],
        "undefined_because": None,
        "holds": True,
        "conditions": [
            {
                "op": "NumberGreaterThan",
                "operand": 5,
                "holds": True,
                "element": 0,
                "because": "element 0 is greater than 5",
            },
            {
                "op": "NumberLessThan",
                "operand": 3,
                "holds": True,
                "element": 1,
                "because": "element 1 is less than 3",
            },
        ],
    }
    undefined = first["sources"][0]["fields"][3]
    assert "value" not in undefined
    assert "operand" not in undefined["conditions"][0]
    assert first["targets"][0] == {
        "id": "target-1",
        "name": "HC.Kafka",
        "type": "VARIABLE",
        "variables": {
            "who": {"expression": "$.data.customer", "value": 'Zoë "Z"'},
            "no": {"expression": "$.data.no"},
            "greeting": {"expression": "Hi", "value": "Hi"},
        },
        "notes": [],
        "body": '{"text":"Hi Zoë \\"Z\\"","no":null}',
        "content_type": "application/json",
        "problem": None,
    }
    assert (second["id"], second["name"], second["matched"]) == ("sub-2", "refunds", False)
    assert second["reasons"] == [
        "it is not routing: its status is DISABLED",
        "source orders fails at type",
    ]
    assert second["sources"][0]["id"] == "source-2"
    assert second["targets"] == []


def test_explanations_are_values() -> None:
    """They compare, and pickle as what they are."""
    explained = explanation()
    assert explained == explanation()
    again = pickle.loads(pickle.dumps(explained))  # noqa: S301 - our own bytes
    assert again == explained
    assert str(again) == TREE


def test_a_filter_and_a_transform_alone() -> None:
    """Without a source or target there is no id and no name."""
    explained = explain_filter({"source": SOURCE}, EVENT)
    assert str(explained).startswith('filter: holds\n  source = "orders": holds\n')
    assert list(explained.document()) == ["holds", "fields"]
    assert "id" not in explain_transform({"type": "ORIGINAL"}, EVENT).document()


def test_a_problem_stands_in_place_of_the_body() -> None:
    """The tree and the document say why there is no body."""
    text = "x" * 600
    document = {"type": "VARIABLE", "value": f'{{"x":"{text}"}}', "template": "${x}" * 500}
    explained = explain_transform(document, EVENT)
    assert "no body: EGC601 error: the rendered body has more than 262144 bytes" in str(explained)
    assert "body," not in str(explained)
    written = explained.document()
    assert written["body"] is None
    assert written["problem"] == {
        "code": "EGC601",
        "message": "the rendered body has more than 262144 bytes",
        "pointer": "",
    }


def test_notes_stand_in_the_tree() -> None:
    """A path that was not evaluated independently is named."""
    explained = explain_transform({"type": "ORIGINAL"}, EVENT)._replace(notes=("x: so it is",))
    assert "\n  x: so it is\n" in str(explained)


def test_long_and_hostile_values_are_cut_in_the_tree_only() -> None:
    """Whatever the event holds, the tree has one printable line for each thing said."""
    hostile = "\n\x1b[2J\u2028😀" * 300
    event = parse_event({**EVENT, "id": "a\u2028b", "data": {"x": hostile}})
    document = {"source": SOURCE, "data": {"x": [{"op": "IsNotNull"}]}}
    transform = {"type": "VARIABLE", "value": '{"x":"$.data.x"}', "template": "${x}"}
    target = explain_transform(transform, event)
    trees = [str(Explanation(event, ())), str(explain_filter(document, event)), str(target)]
    for tree, lines in zip(trees, (1, 5, 3), strict=True):
        assert len(tree.splitlines()) == lines
        assert all(line.isprintable() for line in tree.splitlines())
        assert len(tree) < 10_000
    assert target.document()["body"] == hostile
