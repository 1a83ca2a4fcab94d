"""Route CloudEvents by EventGrid subscription rules: check, filter, transform.

Sans-IO and deterministic: bytes and documents in, values out. Every name here is
documented in docs/reference; everything else is private.
"""

from egcore.conditions import Condition, Field
from egcore.deliveries import Delivery, Failure, Outcome, Result
from egcore.errors import (
    EgcoreError,
    EventError,
    FilterError,
    HostError,
    MissingExtraError,
    Problem,
    RenderError,
    RuleError,
    SubscriptionError,
    TransformError,
    UsageError,
)
from egcore.events import Event, parse_event
from egcore.explain import explain_filter, explain_transform
from egcore.explanations import (
    ConditionExplanation,
    Explanation,
    FieldExplanation,
    FilterExplanation,
    SubscriptionExplanation,
    TargetExplanation,
)
from egcore.filters import Filter, matches
from egcore.http import parse_http, parse_http_batch
from egcore.index.statistics import (
    FilterCost,
    PartitionStatistics,
    Statistics,
    StructureStatistics,
)
from egcore.limits import CLOUDEVENTS, EVENTGRID, Limits
from egcore.matcher import Matcher
from egcore.paths import UNDEFINED
from egcore.requests import Refusal, Request, parse_batch, parse_request
from egcore.router import LiveRouter, Router
from egcore.subscriptions import Source, Subscription, Target
from egcore.transforms import Transform

__version__ = "0.1.0"

__all__ = [
    "CLOUDEVENTS",
    "EVENTGRID",
    "UNDEFINED",
    "Condition",
    "ConditionExplanation",
    "Delivery",
    "EgcoreError",
    "Event",
    "EventError",
    "Explanation",
    "Failure",
    "Field",
    "FieldExplanation",
    "Filter",
    "FilterCost",
    "FilterError",
    "FilterExplanation",
    "HostError",
    "Limits",
    "LiveRouter",
    "Matcher",
    "MissingExtraError",
    "Outcome",
    "PartitionStatistics",
    "Problem",
    "Refusal",
    "RenderError",
    "Request",
    "Result",
    "Router",
    "RuleError",
    "Source",
    "Statistics",
    "StructureStatistics",
    "Subscription",
    "SubscriptionError",
    "SubscriptionExplanation",
    "Target",
    "TargetExplanation",
    "Transform",
    "TransformError",
    "UsageError",
    "explain_filter",
    "explain_transform",
    "matches",
    "parse_batch",
    "parse_event",
    "parse_http",
    "parse_http_batch",
    "parse_request",
]
