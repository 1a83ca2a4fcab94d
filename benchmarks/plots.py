"""The report as SVG pictures, from a run alone. Needs matplotlib.

Each picture says what it shows, on which machine, at which scale. Shapes have panels of
one size and one scale, the worst beside the best; cited figures are dashed and say so.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from benchmarks.cited import CITED
from benchmarks.measurements import SELF, YARD, Measurement, Run
from benchmarks.workloads import BATCH_EVENTS, SHAPES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS: Final = {
    SELF: "#c1121f",
    YARD: "#8d99ae",
    "moto": "#2a9d8f",
    "localstack": "#264653",
    "rule-engine": "#e9a13b",
    "mokaccino": "#7b2cbf",
    "event-ruler (Java)": "#1d6fb8",
    "quamina (Go, no ranges)": "#38a3a5",
}
STANDARD: Final = f"where {YARD} of 324 bytes takes 2.8 µs"
SHARED: Final[Mapping[str, Any]] = {
    "svg.hashsalt": "egcore",
    "svg.fonttype": "none",
    "font.size": 9,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def draw(run: Run, folder: Path) -> list[str]:
    """Write each picture that the run has figures for; return the names of the files."""
    import matplotlib as mpl

    mpl.use("agg")
    names = []
    with mpl.rc_context(dict(SHARED)):
        for name, (question, make) in PICTURES.items():
            if any(each.question == question for each in run.measurements):
                _save(make(run), run, folder / name)
                names.append(name)
    return names


def _save(figure: "Figure", run: Run, path: Path) -> None:
    head = run.header
    line = " · ".join(
        [f"scale {run.scale}", head["cpu"], f"Python {head['python']}", f"commit {head['commit']}"]
    )
    rest = f"{head['date']} · {head['workload']} · slowness {run.slowness:.2f}"
    figure.text(0.01, 0.005, f"{line}\n{rest}", fontsize=7, color="#555555", va="bottom")
    figure.savefig(path, metadata={"Date": None, "Creator": None})


def _figure(
    rows: int, columns: int, width: float, height: float, title: str, **options: Any
) -> tuple["Figure", Iterator["Axes"]]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    figure.get_layout_engine().set(rect=(0, 0.06, 1, 0.94))
    figure.suptitle(title, x=0.01, ha="left", fontsize=11, fontweight="bold")
    panels = figure.subplots(rows, columns, squeeze=False, **options)
    return figure, iter(panels.flat)


def time_per_event(run: Run) -> "Figure":
    """Draw time per event over rules, one panel a shape, everything on one scale."""
    title = f"Time for one event over the number of rules, in L = {YARD} of its bytes"
    figure, panels = _figure(
        2, 3, 14, 8, f"{title} (lower is better; both axes log)", sharex=True, sharey=True
    )
    handles: dict[str, Any] = {}
    for place, (shape, panel) in enumerate(zip(SHAPES, panels, strict=True)):
        panel.set(xscale="log", yscale="log", title=shape_title(run, shape))
        for label, points, style in time_lines(run, shape):
            (line,) = panel.plot(*zip(*points, strict=True), label=label, **style)
            handles.setdefault(label, line)
        panel.tick_params(labelbottom=True, labelleft=True)
        panel.minorticks_off()
        panel.set_ylabel("L for one event" if place % 3 == 0 else "")
        panel.set_xlabel("rules" if place >= 3 else "")
    figure.legend(handles.values(), handles.keys(), loc="outside right upper", fontsize=8)
    return figure


def shape_title(run: Run, shape: str) -> str:
    """Name a shape, with how much matches where most rules were measured."""
    series = run.series("match event", SELF, shape)
    if not series or series[-1].matches is None:
        return shape
    last = series[-1]
    return f"{shape} ({last.matches:,.1f} matches at {last.rules:,})"


Line = tuple[str, list[tuple[int, float]], dict[str, Any]]


def time_lines(run: Run, shape: str) -> Iterator[Line]:
    """Give each line of a panel: its label, its points in L, its style."""
    ours = {"color": COLOURS[SELF], "marker": "o", "markersize": 4, "zorder": 5, "linewidth": 2.2}
    for entry, what, style in (("event", "parsed Event", "-"), ("text", "checked bytes", ":")):
        points = _points(run.series(f"match {entry}", SELF, shape))
        if points:
            yield f"{SELF}, {what} in", points, {**ours, "linestyle": style}
    yard = _points(run.series("match text", YARD, shape))
    if yard:
        yield f"{YARD} (1 L)", yard, {"color": COLOURS[YARD], "linewidth": 1}
    for name in run.subjects("peers"):
        points = _points(run.series("peers", name, shape))
        if points and not name.startswith(SELF):
            style_of = {"color": COLOURS[name], "marker": "s", "markersize": 3}
            yield f"{name}, dict in", points, style_of
    yield from _cited_lines(run, shape)


def _cited_lines(run: Run, shape: str) -> Iterator[Line]:
    """Give the cited times in L of the shape's events, on the machine that they were taken on."""
    yards = [each.standard for each in run.series("match text", YARD, shape) if each.standard]
    if not yards:
        return
    yard = median(yards) * 1e6
    for each in CITED:
        if each.shape == shape:
            points = [(rules, spent / yard) for rules, spent in each.microseconds.items()]
            style = {"linestyle": "--", "marker": "x", "linewidth": 1}
            label = f"{each.engine}, text in: CITED"
            yield label, points, {"color": COLOURS[each.engine], **style}


def _points(series: list[Measurement]) -> list[tuple[int, float]]:
    return [(each.rules, each.ratio) for each in series if each.ratio]


def memory(run: Run) -> "Figure":
    """Draw memory over rules, with the targets."""
    figure, panels = _figure(1, 2, 10, 4.5, "Memory of loaded subscriptions over their number")
    total, each_one = panels
    total.set(xscale="log", yscale="log", xlabel="subscriptions", ylabel="MB of the process")
    each_one.set(xscale="log", xlabel="subscriptions", ylabel="bytes for one subscription")
    for name, colour in ((SELF, COLOURS[SELF]), ("the index of it", "#1d6fb8")):
        series = run.series("memory", name, "selective")
        rules = [each.rules for each in series]
        style = {"color": colour, "marker": "o", "label": name}
        total.plot(rules, [each.value * each.rules / 1e6 for each in series], **style)
        each_one.plot(rules, [each.value for each in series], **style)
    for limit, colour in ((3_000, COLOURS[SELF]), (1_000, "#1d6fb8")):
        each_one.axhline(limit, color=colour, linestyle=":", label=f"target ≤ {limit:,}")
    each_one.set_ylim(bottom=0)
    each_one.legend(fontsize=8)
    return figure


def load(run: Run) -> "Figure":
    """Draw load time over rules: seconds in all, and microseconds for one."""
    title = "Load: parsed documents to a router (lower is better)"
    figure, panels = _figure(1, 2, 10, 4.5, f"{title}, {STANDARD}")
    total, each_one = panels
    total.set(xscale="log", yscale="log", xlabel="subscriptions", ylabel="seconds in all")
    each_one.set(xscale="log", xlabel="subscriptions", ylabel="µs for one")
    for name in (SELF, "the index of it", YARD):
        series = run.series("load", name, "selective")
        label = f"{YARD} of the documents" if name == YARD else name
        style = {"color": COLOURS.get(name, "#1d6fb8"), "marker": "o", "label": label}
        rules = [each.rules for each in series]
        total.plot(rules, [(each.standard or 0) * each.rules for each in series], **style)
        each_one.plot(rules, [(each.standard or 0) * 1e6 for each in series], **style)
    for limit, colour in ((45, COLOURS[SELF]), (10, "#1d6fb8")):
        each_one.axhline(limit, color=colour, linestyle=":", label=f"target ≤ {limit} µs")
    each_one.set_ylim(bottom=0)
    each_one.legend(fontsize=8)
    return figure


def latency(run: Run) -> "Figure":
    """Draw percentiles of single requests, the worst one included."""
    title = "One process of 20 selective events: percentiles of single requests (log)"
    figure, (panel,) = _figure(1, 1, 8, 4.5, title)
    names = ("p50", "p90", "p99", "p99.9", "worst")
    sizes = sorted({each.rules for each in run.measurements if each.question == "latency"})
    for place, rules in enumerate(sizes):
        found = [run.find("latency", name, "selective", rules) for name in names]
        values = [each.value * 1e3 for each in found if each is not None]
        spots = [spot + place * 0.8 / len(sizes) for spot in range(len(values))]
        bars = panel.bar(spots, values, width=0.75 / len(sizes), label=f"{rules:,} subscriptions")
        panel.bar_label(bars, fmt="{:.2f}", fontsize=7)
    panel.set(yscale="log", ylabel="ms for one request")
    panel.set_xticks(range(len(names)), names)
    panel.legend(fontsize=8)
    return figure


def throughput(run: Run) -> "Figure":
    """Draw events per second of whole jobs, one thread, from parsing to deliveries."""
    title = f"Events in one second, one thread, {STANDARD} (higher is better; log)"
    figure, (panel,) = _figure(1, 1, 11, 6, title)
    bars = dict(throughputs(run))
    colours = [COLOURS[SELF] if name.startswith(SELF) else COLOURS[YARD] for name in bars]
    drawn = panel.barh(list(bars), list(bars.values()), color=colours)
    panel.bar_label(drawn, fmt="{:,.0f}", fontsize=8, padding=3)
    panel.invert_yaxis()
    panel.margins(x=0.15)
    panel.set(xscale="log", xlabel="events per second")
    return figure


def throughputs(run: Run) -> Iterator[tuple[str, float]]:
    """Give what the bars show: reading, matching in every shape, whole requests."""
    for name in run.subjects("decode"):
        found = run.find("decode", name, "324 bytes")
        if found is not None and found.standard:
            yield f"{name}: read one event of 324 bytes", 1 / found.standard
    for shape in SHAPES:
        for each in run.series("match text", SELF, shape)[-1:]:
            rules = f"{each.rules:,} rules, {each.matches or 0:,.1f} matches"
            yield f"{SELF}: bytes to names, {shape}, {rules}", 1 / (each.standard or 1)
    for each in run.measurements:
        if each.question == "process" and each.subject == SELF:
            deliveries = f"{(each.matches or 0) / BATCH_EVENTS:.1f} deliveries"
            label = f"{SELF}: process, {each.shape}, {each.rules:,} rules, {deliveries}"
            yield label, BATCH_EVENTS / (each.standard or 1)


PICTURES: Final[Mapping[str, tuple[str, Callable[[Run], Any]]]] = {
    "time.svg": ("match event", time_per_event),
    "throughput.svg": ("process", throughput),
    "memory.svg": ("memory", memory),
    "load.svg": ("load", load),
    "latency.svg": ("latency", latency),
}
"""Each picture with the question it needs figures of."""
