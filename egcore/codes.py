"""The problem codes: one stable code for each thing that can be wrong.

A code is never reused and never changes its meaning. ``CODES`` maps each code
to its title, its severity, the code the EventGrid service answers with (when it
has one), and two sentences for the reader: what it means and what to do.
docs/reference/problems.md shows the same texts; a test holds the two equal.

Groups: 1xx decoding, 2xx events and requests, 3xx filters, 4xx transforms,
5xx subscriptions, 6xx rendering, 8xx files, 9xx the host program.
"""

from typing import Final, Literal, NamedTuple

Severity = Literal["error", "warning"]

# The service's own codes and messages (spec sections 3.1 and 6).
BAD_REQUEST: Final = "EG.00014000"
NOT_FOUND: Final = "EG.00014040"
INVALID_PARAMETERS: Final = "EG.00513000"
INVALID_FILTER: Final = "EG.00513004"
REQUEST_TOO_LARGE: Final = "EG.00533007"
EVENT_TOO_LARGE: Final = "EG.00533012"
TOO_MANY_EVENTS: Final = "EG.00533013"

SERVICE_MESSAGES: Final[dict[str, str]] = {
    BAD_REQUEST: "Bad request",
    NOT_FOUND: "Not request resource found",
    INVALID_PARAMETERS: "invalid parameters",
    INVALID_FILTER: "invalid filter parameters",
    REQUEST_TOO_LARGE: "The total size of a request's all events is too large.",
    EVENT_TOO_LARGE: "An event is too large.",
    TOO_MANY_EVENTS: "Too many events for a request.",
}


class Code(NamedTuple):
    """What one code stands for."""

    code: str
    title: str
    severity: Severity
    service_code: str | None
    meaning: str
    remedy: str


CODES: Final[dict[str, Code]] = {}


def _code(
    code: str,
    title: str,
    service_code: str | None,
    meaning: str,
    remedy: str,
    severity: Severity = "error",
) -> str:
    CODES[code] = Code(code, title, severity, service_code, meaning, remedy)
    return code


# --- 1xx: decoding ---------------------------------------------------------

ENCODING: Final = _code(
    "EGC101",
    "not UTF-8",
    BAD_REQUEST,
    "The bytes are not valid UTF-8, or they start with a byte order mark.",
    "Encode the text as UTF-8 without a byte order mark.",
)
SYNTAX: Final = _code(
    "EGC102",
    "not JSON",
    BAD_REQUEST,
    "The text is not one JSON value in the grammar of RFC 8259.",
    "Write it with a JSON encoder; look at the named line and column.",
)
NESTING: Final = _code(
    "EGC103",
    "nested too deeply",
    BAD_REQUEST,
    "Objects and arrays stand inside each other more levels deep than Limits.nesting. "
    "The levels are counted before the text is parsed.",
    "Flatten the value.",
)
DUPLICATE_KEY: Final = _code(
    "EGC104",
    "a key stands twice in one object",
    BAD_REQUEST,
    "Two readers of such an object need not agree on its value, so it is refused.",
    "Keep one of the two members.",
)
NUMBER_RANGE: Final = _code(
    "EGC105",
    "a number is not finite",
    BAD_REQUEST,
    "NaN, Infinity, or a number with a fraction or exponent that overflows a double.",
    "Send a finite number, or the digits as a string.",
)
NUMBER_LENGTH: Final = _code(
    "EGC106",
    "a number has too many digits",
    BAD_REQUEST,
    "A number is written with more digits than Limits.number_digits.",
    "Send fewer digits, or the digits as a string.",
)
SURROGATE: Final = _code(
    "EGC107",
    "half of a surrogate pair",
    BAD_REQUEST,
    "A string holds a lone surrogate (U+D800 to U+DFFF), which is no character.",
    "Send both halves of the pair, or the character itself.",
)
NOT_JSON_TYPE: Final = _code(
    "EGC108",
    "not a JSON type",
    BAD_REQUEST,
    "A Python value is not exactly dict, list, str, int, float, bool or None, "
    "a key is not a str, or a container holds itself. Nothing is coerced.",
    "Convert the value before it is passed in.",
)
RAW_SIZE: Final = _code(
    "EGC109",
    "the input is too large to parse",
    REQUEST_TOO_LARGE,
    "The input has more bytes, white space included, than Limits.raw_event_bytes or "
    "Limits.raw_request_bytes. It was not parsed.",
    "Send less in one piece.",
)

# --- 2xx: events and requests ----------------------------------------------

EVENT_SHAPE: Final = _code(
    "EGC201",
    "an event is not an object",
    INVALID_PARAMETERS,
    "A CloudEvent is a JSON object; this is another kind of value.",
    "Send one object per event.",
)
ATTRIBUTE_MISSING: Final = _code(
    "EGC202",
    "a required attribute is missing",
    INVALID_PARAMETERS,
    "id, source, specversion and type are required; a null attribute is an absent one.",
    "Add the attribute.",
)
ATTRIBUTE_TYPE: Final = _code(
    "EGC203",
    "an attribute has the wrong type",
    INVALID_PARAMETERS,
    "The attributes of the CloudEvents specification are strings.",
    "Send a string.",
)
ATTRIBUTE_EMPTY: Final = _code(
    "EGC204",
    "an attribute is empty",
    INVALID_PARAMETERS,
    "id, source, type and datacontenttype must not be empty strings.",
    "Give the attribute a value.",
)
ATTRIBUTE_CHARACTER: Final = _code(
    "EGC205",
    "an attribute holds a forbidden character",
    INVALID_PARAMETERS,
    "Control characters, Unicode non-characters and lone surrogates are not allowed "
    "in attributes (CloudEvents 1.0, type system, String).",
    "Remove the character.",
)
SPECVERSION: Final = _code(
    "EGC206",
    "specversion is not 1.0",
    INVALID_PARAMETERS,
    'Only CloudEvents 1.0 is understood; specversion must be exactly "1.0".',
    'Send "specversion": "1.0".',
)
TIME: Final = _code(
    "EGC207",
    "time is not an RFC 3339 date-time",
    INVALID_PARAMETERS,
    "time needs a date, a time and an offset, for example 2025-01-02T03:04:05.678Z.",
    "Write the time in the RFC 3339 form.",
)
CONTENT_TYPE: Final = _code(
    "EGC208",
    "datacontenttype is not allowed",
    INVALID_PARAMETERS,
    "The service takes application/json only, compared without case, parameters allowed.",
    "Send application/json, or route with the CLOUDEVENTS preset.",
)
DATASCHEMA: Final = _code(
    "EGC209",
    "dataschema is not a URI",
    INVALID_PARAMETERS,
    "dataschema needs a scheme, a colon and no spaces; the empty string is accepted.",
    "Send an absolute URI or leave the attribute out.",
)
EXTENSION_NAME: Final = _code(
    "EGC210",
    "an extension attribute has a bad name",
    INVALID_PARAMETERS,
    "Extension names are made of a-z and 0-9 and are at most Limits.extension_name_chars long.",
    "Rename the attribute.",
)
EXTENSION_VALUE: Final = _code(
    "EGC211",
    "an extension attribute has a bad value",
    INVALID_PARAMETERS,
    "Extension values are strings, booleans or 32-bit integers.",
    "Move structured values into data.",
)
DATA_TYPE: Final = _code(
    "EGC212",
    "data is not an object",
    INVALID_PARAMETERS,
    "The service takes a JSON object as data, or no data at all.",
    "Wrap the value in an object, or route with the CLOUDEVENTS preset.",
)
DATA_BASE64: Final = _code(
    "EGC213",
    "data_base64 is not allowed or not base64",
    INVALID_PARAMETERS,
    "The service has no data_base64; under CLOUDEVENTS it must be RFC 4648 base64 with padding.",
    "Send data, or encode the bytes with the standard alphabet.",
)
DATA_TWICE: Final = _code(
    "EGC214",
    "data and data_base64 together",
    INVALID_PARAMETERS,
    "An event has one payload: data or data_base64.",
    "Remove one of the two.",
)
EVENT_SIZE: Final = _code(
    "EGC215",
    "an event is too large",
    EVENT_TOO_LARGE,
    "The event has more bytes than Limits.event_bytes: its own span of the request, or its "
    "compact UTF-8 JSON when it was built from a dict.",
    "Send a reference to the payload instead of the payload.",
)
REQUEST_SHAPE: Final = _code(
    "EGC216",
    "a request holds no events",
    BAD_REQUEST,
    'A request is {"events": [...]} with at least one event; a batch is a JSON array.',
    "Wrap the events, or use parse_event for a bare event.",
)
REQUEST_COUNT: Final = _code(
    "EGC217",
    "too many events in a request",
    TOO_MANY_EVENTS,
    "A request holds more events than Limits.request_events.",
    "Split the request.",
)
REQUEST_SIZE: Final = _code(
    "EGC218",
    "a request is too large",
    REQUEST_TOO_LARGE,
    "All events of a request together have more bytes than Limits.request_bytes.",
    "Split the request.",
)
NO_SUBSCRIPTION: Final = _code(
    "EGC219",
    "no subscription for the source",
    NOT_FOUND,
    "Limits.require_subscription is set and no routing subscription of the channel "
    "could receive events of this source.",
    "Create or enable a subscription, or check the source with precheck.",
)
HTTP_HEADER: Final = _code(
    "EGC220",
    "an HTTP header is not usable",
    INVALID_PARAMETERS,
    "A CloudEvents header is repeated, is not valid percent-encoded UTF-8, or names "
    "an attribute that a header cannot carry.",
    "Send each ce- header once, encoded as the HTTP binding says.",
)
HTTP_MODE: Final = _code(
    "EGC221",
    "not a CloudEvents HTTP message of this mode",
    INVALID_PARAMETERS,
    "The content type is neither application/cloudevents+json (structured mode), "
    "application/cloudevents-batch+json (batch mode), nor another type with ce- headers "
    "(binary mode); or it is a batch where one event is expected.",
    "Set the content type, or call the function of the right mode.",
)
DATA_SCHEMA: Final = _code(
    "EGC222",
    "data does not fit its schema",
    INVALID_PARAMETERS,
    "The opt-in check of event data against a JSON Schema found a violation.",
    "Compare the data with the schema at the named place.",
)

SCHEMA_DOCUMENT: Final = _code(
    "EGC223",
    "a data schema is not usable",
    None,
    "A document of source, type and schema is malformed, or its schema breaks its draft of "
    "JSON Schema, or refers to something outside itself.",
    "Correct the document at the named place; copy the schemas it refers to into $defs.",
)

# --- 3xx: filters ------------------------------------------------------------

FILTER_SHAPE: Final = _code(
    "EGC301",
    "a filter is not an object",
    INVALID_FILTER,
    'A filter is {"source": [...], "type": [...], "subject": [...], "data": {...}}.',
    "Write an object.",
)
FILTER_KEY: Final = _code(
    "EGC302",
    "an unknown key in a filter",
    INVALID_FILTER,
    "The service knows source, type, subject and data; under CLOUDEVENTS every attribute name.",
    "Correct the key, or put fields of the payload under data.",
)
FILTER_SOURCE: Final = _code(
    "EGC303",
    "a filter has no source",
    INVALID_FILTER,
    "The service requires a source field in every filter.",
    'Add "source": [{"op": "StringIn", "values": [...]}].',
)
OPERATOR_UNKNOWN: Final = _code(
    "EGC304",
    "an unknown operator",
    INVALID_FILTER,
    "op must be one of the 18 operators, spelled exactly.",
    "Use the suggested name; docs/reference/operators lists them all.",
)
CONDITION_SHAPE: Final = _code(
    "EGC305",
    "a condition is malformed",
    INVALID_FILTER,
    'A condition is an object with "op" and exactly the operand its operator takes.',
    "Remove other members.",
)
OPERAND_MISSING: Final = _code(
    "EGC306",
    "a condition lacks its operand",
    INVALID_FILTER,
    "The operator takes values or value, and the condition has none.",
    "Add the operand.",
)
OPERAND_TYPE: Final = _code(
    "EGC307",
    "an operand has the wrong type",
    INVALID_FILTER,
    "String operators take strings, number operators take numbers; nothing is coerced, "
    "and booleans are not numbers.",
    "Change the operand or the operator.",
)
OPERAND_EMPTY: Final = _code(
    "EGC308",
    "an operand is an empty list",
    INVALID_FILTER,
    "values needs at least one entry.",
    "Add a value or remove the condition.",
)
RANGE: Final = _code(
    "EGC309",
    "a range is malformed",
    INVALID_FILTER,
    "A range is a pair [low, high] of numbers with low at most high.",
    "Write two numbers, the smaller one first.",
)
FIELD_EMPTY: Final = _code(
    "EGC310",
    "a field has no conditions",
    INVALID_FILTER,
    "A leaf holds at least one condition, and an object under data at least one field.",
    "Add a condition or remove the field.",
)
FIELD_CONDITIONS: Final = _code(
    "EGC311",
    "too many conditions on one field",
    INVALID_FILTER,
    "A field has more conditions than Limits.conditions_per_field.",
    "Join values in one condition, or split the subscription.",
)
DATA_FIELDS: Final = _code(
    "EGC312",
    "too many match fields under data",
    INVALID_FILTER,
    "The leaves under data are more than Limits.data_fields.",
    "Remove a field, or split the subscription.",
)
DATA_LEVELS: Final = _code(
    "EGC313",
    "a match field is too deep under data",
    INVALID_FILTER,
    "A leaf is more levels below data than Limits.data_levels.",
    "Match on a field nearer to data.",
)
FILTER_SIZE: Final = _code(
    "EGC314",
    "a filter is too large",
    INVALID_FILTER,
    "The filter, as compact UTF-8 JSON, has more bytes than Limits.filter_bytes.",
    "Shorten the value lists, or split the subscription.",
)
SOURCE_OPERATOR: Final = _code(
    "EGC315",
    "an operator that source does not take",
    INVALID_FILTER,
    "The service takes StringIn only on source; under CLOUDEVENTS all string operators.",
    "List the sources with StringIn.",
)
AND_FORM: Final = _code(
    "EGC316",
    "and is not allowed here",
    INVALID_FILTER,
    'The form {"and": [...]} holds conditions only, is not nested, and is not allowed on source.',
    "List the conditions directly under and.",
)
FIELD_SHAPE: Final = _code(
    "EGC317",
    "a field is neither conditions nor an object",
    INVALID_FILTER,
    'A leaf is a list of conditions or {"and": [...]}; under data an object nests further fields.',
    "Put the conditions in a list.",
)
FILTER_DUPLICATE_KEY: Final = _code(
    "EGC318",
    "a key stands twice in a filter",
    INVALID_FILTER,
    "The service lets the last one count, so the earlier conditions are silently lost; "
    "under CLOUDEVENTS it is refused.",
    "Join the conditions under one key.",
    "warning",
)

# --- 4xx: transforms ---------------------------------------------------------

TRANSFORM_SHAPE: Final = _code(
    "EGC401",
    "a transform is malformed",
    INVALID_PARAMETERS,
    'A transform is an object with "type", "value" and "template".',
    "Write an object with a type.",
)
TRANSFORM_TYPE: Final = _code(
    "EGC402",
    "an unknown transform type",
    INVALID_PARAMETERS,
    "type is ORIGINAL, CONSTANT or VARIABLE.",
    "Use one of the three.",
)
TRANSFORM_VALUE: Final = _code(
    "EGC403",
    "a transform lacks its value",
    INVALID_PARAMETERS,
    "CONSTANT and VARIABLE need value, a string.",
    "Add the value; for VARIABLE it is a JSON object written as a string.",
)
VALUE_LENGTH: Final = _code(
    "EGC404",
    "a transform value is too long",
    INVALID_PARAMETERS,
    "value has more characters than Limits.transform_value_chars.",
    "Shorten it.",
)
TRANSFORM_TEMPLATE: Final = _code(
    "EGC405",
    "a transform lacks its template",
    INVALID_PARAMETERS,
    "VARIABLE needs template, a string.",
    "Add the template.",
)
TEMPLATE_LENGTH: Final = _code(
    "EGC406",
    "a template is too long",
    INVALID_PARAMETERS,
    "template has more characters than Limits.template_chars.",
    "Shorten it.",
)
VARIABLES_SHAPE: Final = _code(
    "EGC407",
    "the variables are not a JSON object",
    INVALID_PARAMETERS,
    "The value of a VARIABLE transform is a string that holds one JSON object "
    "of variable names and expressions.",
    'Write it like "{\\"name\\": \\"$.data.name\\"}".',
)
VARIABLES_COUNT: Final = _code(
    "EGC408",
    "too many variables",
    INVALID_PARAMETERS,
    "The transform defines more variables than Limits.variables.",
    "Remove variables.",
)
VARIABLE_NAME: Final = _code(
    "EGC409",
    "a variable has a bad name",
    INVALID_PARAMETERS,
    "Names are letters, digits, '.', '_' and '-', start with a letter or digit, "
    "do not start with HC. and are at most Limits.variable_name_chars long.",
    "Rename the variable.",
)
EXPRESSION_TYPE: Final = _code(
    "EGC410",
    "a variable is not a path or a scalar",
    INVALID_PARAMETERS,
    "An expression is a JSONPath string that starts with $, or a constant string, number, "
    "boolean or null.",
    "Put objects and arrays into the template.",
)
EXPRESSION_LENGTH: Final = _code(
    "EGC411",
    "a variable expression is too long",
    INVALID_PARAMETERS,
    "The expression has more characters than Limits.expression_chars.",
    "Shorten it.",
)
PATH_SYNTAX: Final = _code(
    "EGC412",
    "a JSONPath is not valid or not supported",
    INVALID_PARAMETERS,
    "Names, indexes, slices, wildcards and one descendant segment are supported, in the "
    "spelling of RFC 9535 without white space; filters, unions and functions are not.",
    "Write a path of the subset.",
)
PATH_LENGTH: Final = _code(
    "EGC413",
    "a JSONPath has too many segments",
    INVALID_PARAMETERS,
    "The path has more segments than Limits.path_segments or more '..' than "
    "Limits.path_descendants.",
    "Shorten the path.",
)
VARIABLE_UNDEFINED: Final = _code(
    "EGC414",
    "a template uses an undefined variable",
    INVALID_PARAMETERS,
    "Every ${name} must be defined in value.",
    "Define the variable or correct its name.",
)
PLACEHOLDER: Final = _code(
    "EGC415",
    "a placeholder is malformed",
    INVALID_PARAMETERS,
    "${ needs a name and a closing brace.",
    "Write ${name}.",
)
PLACEHOLDER_PLACE: Final = _code(
    "EGC416",
    "a placeholder stands where no value can go",
    INVALID_PARAMETERS,
    "In a JSON template a placeholder is part of a string value or a whole value, "
    "not part of a key, and does not follow an unfinished escape.",
    "Move the placeholder into a value.",
)
TEMPLATE_NOT_JSON: Final = _code(
    "EGC417",
    "a template looks like JSON and is not",
    INVALID_PARAMETERS,
    "The template starts like JSON but does not parse, so it is rendered as text "
    "and inserted values are not escaped.",
    "Correct the JSON, or ignore this if text is meant.",
    "warning",
)
FUNCTION_NEEDS_JSON: Final = _code(
    "EGC418",
    "HC.FunctionGraph needs JSON",
    INVALID_PARAMETERS,
    "The function target is documented to need a JSON body; this transform renders text.",
    "Write the template or the constant as JSON.",
    "warning",
)

# --- 5xx: subscriptions ------------------------------------------------------

DOCUMENT_SHAPE: Final = _code(
    "EGC501",
    "a document is not an object",
    INVALID_PARAMETERS,
    "A subscription, source, target or precheck document is a JSON object.",
    "Write an object.",
)
MEMBER_MISSING: Final = _code(
    "EGC502",
    "a required member is missing",
    INVALID_PARAMETERS,
    "The document lacks a member that it needs.",
    "Add the member.",
)
MEMBER_TYPE: Final = _code(
    "EGC503",
    "a member has the wrong type",
    INVALID_PARAMETERS,
    "A member of the document holds another kind of value than the service uses.",
    "Change the value.",
)
NAME: Final = _code(
    "EGC504",
    "a name is not allowed",
    INVALID_PARAMETERS,
    "Subscription names are letters, digits, '.', '_' and '-', start with a letter or digit "
    "and are at most Limits.subscription_name_chars long.",
    "Rename it.",
)
DESCRIPTION_LENGTH: Final = _code(
    "EGC505",
    "a description is too long",
    INVALID_PARAMETERS,
    "The description has more characters than Limits.description_chars.",
    "Shorten it.",
)
ENUM: Final = _code(
    "EGC506",
    "a member has an unknown value",
    INVALID_PARAMETERS,
    "type, status and provider_type take a fixed set of words.",
    "Use one of the words that the message lists.",
)
SOURCES_COUNT: Final = _code(
    "EGC507",
    "a wrong number of sources",
    INVALID_PARAMETERS,
    "A subscription has exactly Limits.subscription_sources sources.",
    "Split the subscription.",
)
TARGETS_COUNT: Final = _code(
    "EGC508",
    "a wrong number of targets",
    INVALID_PARAMETERS,
    "A subscription has 1 to Limits.subscription_targets targets.",
    "Split the subscription.",
)
RESOURCE_ID: Final = _code(
    "EGC509",
    "an id is not allowed",
    INVALID_PARAMETERS,
    "Source and target ids are 32 to 64 lower-case letters, digits and '-', "
    "and start with a letter or digit.",
    "Correct the id, or leave it out: it is then derived.",
)
SUBSCRIPTION_TWICE: Final = _code(
    "EGC510",
    "two subscriptions share an id or a name",
    INVALID_PARAMETERS,
    "Ids and names are unique in a rule set.",
    "Rename or remove one of the two.",
)
CONNECTION_ID: Final = _code(
    "EGC511",
    "a connection_id is too long",
    INVALID_PARAMETERS,
    "connection_id has more characters than Limits.connection_id_chars.",
    "Correct the id.",
)
DETAIL_SIZE: Final = _code(
    "EGC512",
    "a detail is too large",
    INVALID_PARAMETERS,
    "A detail object, as compact UTF-8 JSON, has more bytes than Limits.detail_bytes.",
    "Shorten it.",
)
SOURCE_NAME: Final = _code(
    "EGC513",
    "a source is not in its own filter",
    INVALID_PARAMETERS,
    "The source's name is not among the source values of its filter.",
    "Add the name to the filter, or correct it.",
    "warning",
)

TARGET_TWICE: Final = _code(
    "EGC514",
    "two targets of a subscription share an id",
    INVALID_PARAMETERS,
    "Delivery ids are made of the target's id: receivers would take one delivery for the other.",
    "Give one of them another id, or leave it out: it is then derived.",
)

# --- 6xx: rendering ------------------------------------------------------------

BODY_SIZE: Final = _code(
    "EGC601",
    "a rendered body is too large",
    None,
    "The body of one delivery would have more bytes than Limits.body_bytes.",
    "Insert less of the event in the template.",
)
PATH_STEPS: Final = _code(
    "EGC602",
    "a transform takes too many steps",
    None,
    "The paths of one body visited more values than Limits.path_steps.",
    "Use fewer wildcards.",
)

# --- 8xx: files ----------------------------------------------------------------

UNREADABLE: Final = _code(
    "EGC801",
    "a file cannot be read",
    None,
    "The file does not exist, is not a file, or may not be read.",
    "Correct the path or its permissions.",
)
FILE_KIND: Final = _code(
    "EGC802",
    "a file of an unknown kind",
    None,
    "The file's content is not what this argument takes.",
    "Give a file of the kind that the message names.",
)

# --- 9xx: the host program -------------------------------------------------------

HOST_STACK: Final = _code(
    "EGC901",
    "too little free stack",
    None,
    "The caller is so deep in its own stack that a value of the permitted nesting cannot be "
    "handled. The event is not at fault.",
    "Call from a shallower place, or raise sys.setrecursionlimit.",
)
USAGE: Final = _code(
    "EGC902",
    "a call is wrong",
    None,
    "An argument has a type or value that the function does not take.",
    "Correct the call.",
)
MISSING_EXTRA: Final = _code(
    "EGC903",
    "an optional package is not installed",
    None,
    "The function needs a package that is installed only with one of the extras.",
    "Run the pip command that the message names.",
)
INTERNAL: Final = _code(
    "EGC904",
    "an internal error",
    None,
    "The library found that its own result does not add up. No input should be able to do this.",
    "Please report it with the rules and the event, if they may be shared.",
)
WORKER: Final = _code(
    "EGC905",
    "a worker process failed",
    None,
    "One of the processes among which --jobs divides the work could not be started, or ended "
    "before its work was done. Mostly the system was short of memory and stopped it.",
    "Use fewer jobs, or make room. What was written up to then is right, and not all.",
)
