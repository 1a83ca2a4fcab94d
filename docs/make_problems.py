"""Write docs/reference/problems.md from the table of problem codes.

python docs/make_problems.py
"""

from pathlib import Path
from typing import Final

from egcore.codes import CODES, SERVICE_MESSAGES, Code

PAGE: Final = Path(__file__).parent / "reference" / "problems.md"

GROUPS: Final = {
    "EGC1": "Decoding",
    "EGC2": "Events and requests",
    "EGC3": "Filters",
    "EGC4": "Transforms",
    "EGC5": "Subscriptions",
    "EGC6": "Rendering",
    "EGC8": "Files",
    "EGC9": "The host program",
}

INTRODUCTION: Final = """# Problem codes

Whatever is wrong with an event, a document or a call is told as a `Problem`, and every problem
has one of these codes. A code is stable: it is never reused and never changes its meaning, so
it is what to search for, to count and to match on; messages may be reworded. An error stops
the event or the document, a warning does not. The service code is what the EventGrid service
answers in such a case, if it has an answer.
"""


def render() -> str:
    """Give the page."""
    parts = [INTRODUCTION]
    for prefix, heading in GROUPS.items():
        parts.append(f"## {heading}\n")
        parts += [_section(code) for name, code in CODES.items() if name.startswith(prefix)]
    return "\n".join(parts)


def _section(code: Code) -> str:
    service = "none"
    if code.service_code is not None:
        service = f"`{code.service_code}` ({SERVICE_MESSAGES[code.service_code].rstrip('.')})"
    return (
        f"### {code.code}: {code.title}\n\n"
        f"Severity: {code.severity}. Service code: {service}.\n\n"
        f"{code.meaning}\n\n"
        f"What to do: {code.remedy}\n"
    )


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(render(), encoding="utf-8")
