"""Every number and policy that the engine obeys, in one frozen value.

``EVENTGRID`` is what the service documents (spec section 2); ``CLOUDEVENTS`` is for
people who route CloudEvents that never meet the service. A field that may be None
is then without limit. Marks in the comments: doc (documented by the service), seen
(seen in its SDKs or traffic), ours (left open there; our decision).
"""

from dataclasses import dataclass, fields
from typing import Final, Literal, get_args

from egcore.errors import usage

# Ceilings that keep the promise of the same answer on every Python:
# 640 digits is the lowest value of sys.set_int_max_str_digits, so str() never raises;
# 64 levels fit in 140 free stack frames with room for the library's own calls.
MAX_NESTING: Final = 64
MAX_NUMBER_DIGITS: Final = 640


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits and policies; ``dataclasses.replace(EVENTGRID, data_fields=10)`` makes another.

    Sizes are bytes, lengths are characters, the rest are counts. Raises
    ``UsageError`` when a field has a type or value that it does not take.
    """

    # Events and requests
    event_bytes: int = 65_536  # doc; KiB ours
    request_bytes: int = 262_144  # doc; the sum over the events of a request
    raw_event_bytes: int = 65_536  # ours: nothing larger is ever parsed
    raw_request_bytes: int = 327_680  # ours
    request_events: int | None = 20  # doc
    nesting: int = MAX_NESTING  # ours: counted from the event object
    number_digits: int = MAX_NUMBER_DIGITS  # ours
    extension_name_chars: int | None = 20  # CloudEvents says SHOULD
    data: Literal["object", "any"] = "object"  # doc: Struct
    content_types: Literal["json", "any"] = "json"  # doc
    require_subscription: bool = False  # doc: on in the service API

    # Filters
    filter_bytes: int | None = 2_048  # seen; compact UTF-8 JSON, ours
    data_fields: int | None = 5  # doc; counted as leaves, ours
    data_levels: int | None = 5  # doc; levels below data, ours
    conditions_per_field: int | None = 5  # doc
    filter_attributes: Literal["service", "any"] = "service"  # doc
    filter_duplicate_keys: Literal["last", "refuse"] = "last"  # doc

    # Transforms
    transform_value_chars: int = 1_024  # doc
    template_chars: int = 2_048  # doc
    variables: int = 100  # doc
    variable_name_chars: int = 64  # doc
    expression_chars: int = 1_024  # doc
    path_segments: int = 32  # ours
    path_descendants: int = 1  # ours
    jsonpath: Literal["subset", "wide"] = "subset"  # ours: wide is for trusted rule authors
    path_steps: int = 250_000  # ours: values visited for one body
    body_bytes: int = 262_144  # ours: counted while the body is built
    function_needs_json: bool = False  # doc, but the vendor's own samples send text

    # Subscriptions
    subscription_name_chars: int | None = 128  # doc
    description_chars: int | None = 255  # doc
    subscription_sources: int | None = 1  # seen: exactly
    subscription_targets: int | None = 5  # seen: 1 to
    resource_id_min_chars: int | None = 32  # seen: source and target ids
    resource_id_max_chars: int | None = 64  # seen
    connection_id_chars: int | None = 64  # doc
    detail_bytes: int | None = 1_024  # seen

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not _fits(field.type, value):
                raise usage(f"Limits.{field.name} takes {_takes(field.type)}")
            ceiling = _CEILINGS.get(field.name)
            if ceiling is not None and value > ceiling:
                raise usage(f"Limits.{field.name} is at most {ceiling}")


_CEILINGS: Final = {"nesting": MAX_NESTING, "number_digits": MAX_NUMBER_DIGITS}


def _fits(declared: object, value: object) -> bool:
    """Whether a value is of the field's declared type: int, int | None, bool or a Literal."""
    if declared is bool:
        return type(value) is bool
    choices = get_args(declared)
    if str in map(type, choices):
        return type(value) is str and value in choices
    if value is None:
        return type(None) in choices
    return type(value) is int and value >= 0


def _takes(declared: object) -> str:
    """Say in words what a field takes."""
    if declared is bool:
        return "True or False"
    choices = get_args(declared)
    if str in map(type, choices):
        return " or ".join(map(repr, choices))
    return "a whole number from 0" + (" or None" if choices else "")


EVENTGRID: Final = Limits()
"""What the EventGrid service documents; the default everywhere."""

CLOUDEVENTS: Final = Limits(
    request_events=None,
    extension_name_chars=None,
    data="any",
    content_types="any",
    filter_bytes=None,
    data_fields=None,
    data_levels=None,
    conditions_per_field=None,
    filter_attributes="any",
    filter_duplicate_keys="refuse",
    subscription_name_chars=None,
    description_chars=None,
    subscription_sources=None,
    subscription_targets=None,
    resource_id_min_chars=None,
    resource_id_max_chars=None,
    connection_id_chars=None,
    detail_bytes=None,
)
"""For CloudEvents that never meet the service: any data, any attribute, no counts."""
