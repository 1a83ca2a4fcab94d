"""The generated part of docs/explanation/performance.md."""

from benchmarks.measurements import Run
from benchmarks.tables import header, left_out, target_table
from benchmarks.targets import MET, MISSED, evaluate

BEGIN = "<!-- measured: begin, written by python -m benchmarks.report --docs -->"
END = "<!-- measured: end -->"


def section(run: Run) -> str:
    """Write the part between the markers: header, verdict, table, picture."""
    judged = evaluate(run)
    verdicts = [reached.verdict for _, reached in judged]
    met, missed = verdicts.count(MET), verdicts.count(MISSED)
    rest = len(judged) - met - missed
    counts = f"{met} are met, {missed} are missed, {rest} have no limit or need a larger scale"
    parts = [
        f"These figures are from a run of scale **{run.scale}**{SCALE_NOTES.get(run.scale, '')}.",
        header(run),
        f"Of {len(judged)} rows {counts}.",
        target_table(judged, with_command=True),
        "![Time for one event over the number of rules, all shapes](images/time.svg)",
        "Left out of the comparison:",
        left_out(run),
    ]
    return "\n\n".join(parts)


SCALE_NOTES = {
    "quick": ": a short run up to 10,000 rules, to show that the measurements work. "
    "They are not the figures to judge egcore by",
}


def with_section(page: str, run: Run) -> str:
    """Return a page with its generated part replaced.

    Raises:
        ValueError: the page lacks the two markers.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the page lacks the markers of the generated part")
    return f"{before}{BEGIN}\n\n{section(run)}\n\n{END}{after}"
