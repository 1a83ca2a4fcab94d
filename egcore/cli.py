"""The command ``egcore``: arguments in, lines and an exit status out.

Each subcommand is a function that takes the parsed arguments and returns its exit
status; ``COMMANDS`` lists them. 0 is fine, 1 a negative answer, 2 wrong usage or
unreadable input, 3 an internal error. Data goes to stdout, all else to stderr.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import (
    AbstractContextManager,
    closing,
    contextmanager,
    nullcontext,
    redirect_stderr,
    suppress,
)
from functools import partial
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, TextIO

from egcore import __version__, codes
from egcore.errors import EgcoreError, RuleError, usage
from egcore.files import SUFFIXES, read_rules
from egcore.limits import CLOUDEVENTS, EVENTGRID, Limits
from egcore.progress import Bar
from egcore.reporters import (
    Tally,
    delivery_lines,
    diagnostics,
    internal_error,
    number,
    refusal_lines,
    summary,
)
from egcore.router import Router
from egcore.ruletexts import Finding
from egcore.streams import STDIN, check_readable, read_events

FINE: Final = 0
NEGATIVE: Final = 1
WRONG_USAGE: Final = 2
INTERNAL: Final = 3
INTERRUPTED: Final = 130  # 128 + SIGINT, what shells show
CLOSED_PIPE: Final = 141  # 128 + SIGPIPE, what shells show of any other filter

PRESETS: Final[dict[str, Limits]] = {"eventgrid": EVENTGRID, "cloudevents": CLOUDEVENTS}


class Command(NamedTuple):
    """A subcommand: its name, its help texts, its arguments, and what it does."""

    name: str
    help: str
    description: str
    epilog: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


# --- The program -----------------------------------------------------------------


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status. Raises nothing."""
    with _some_stderr():
        return _guarded(argv)


def _guarded(argv: Sequence[str] | None) -> int:
    """Run the command line; turn whatever is raised into a message and a status."""
    try:
        status = _run(argv)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _discard_output()
        return CLOSED_PIPE
    except EgcoreError as error:
        return _report(error)
    except OSError as error:  # what is read has its own errors: this is the output
        _discard_output(sys.stdout)
        _say(f"egcore: error: cannot write: {error.strerror}")
        return WRONG_USAGE
    except Exception as error:  # noqa: BLE001 - the last fence: no traceback, it may show data
        _say(f"egcore: {internal_error(error)}")
        return INTERNAL
    return status


@contextmanager
def _some_stderr() -> Iterator[None]:
    """Let what is said go nowhere where stderr is closed: Python has None for it then."""
    if sys.stderr is not None:
        yield
        return
    with Path(os.devnull).open("w") as nowhere, redirect_stderr(nowhere):
        yield


def _run(argv: Sequence[str] | None) -> int:
    """Parse the arguments and run the subcommand; --help, --version and errors end here too."""
    if sys.stdout is None:  # closed
        raise usage("the standard output is closed", hint="to drop it: > /dev/null")
    try:
        arguments = _parse(list(sys.argv[1:] if argv is None else argv))
    except SystemExit as stop:
        return int(stop.code or 0)
    run: Callable[[argparse.Namespace], int] = arguments.run
    return run(arguments)


def _report(error: EgcoreError) -> int:
    """Tell the problems of an error, and return the status that fits the first of them."""
    is_ours = error.problems[0].code in (codes.INTERNAL, codes.WORKER)
    for each in error.problems:
        _say(f"egcore: {each.message}" if is_ours else f"egcore: error: {each.message}")
        if each.hint:
            _say(f"hint: {each.hint}")
    return INTERNAL if is_ours else WRONG_USAGE


def _say(line: str) -> None:
    print(line, file=sys.stderr)  # noqa: T201 - a command line speaks


def _discard_output(*streams: TextIO) -> None:
    """Let what is still buffered go nowhere: the interpreter flushes it when it exits."""
    for stream in streams or (sys.stdout, sys.stderr):
        with suppress(OSError), Path(os.devnull).open("wb") as null:  # not every stream is a file
            os.dup2(null.fileno(), stream.fileno())


# --- Arguments -------------------------------------------------------------------

_DESCRIPTION: Final = """\
Route CloudEvents by EventGrid subscription rules.

A rule is a subscription: a filter that says which events it wants, and targets
that say what each of them gets. egcore reads events, applies the rules, and
prints the deliveries as JSON Lines. It sends nothing.
"""

_EPILOG: Final = """\
examples:
  egcore route rules.json events.jsonl            who gets what
  egcore route rules/ - < events.jsonl | jq .     rules of a directory, events of a pipe
  egcore route --help                             all about route

exit status: 0 fine, 1 a negative answer, 2 wrong usage or unreadable input,
3 an internal error. Data goes to stdout, all else to stderr.
"""

_ROUTE: Final = """\
Route events by rules and print one JSON line for each delivery.

RULES   a .json file with a subscription, an array of subscriptions or
        {"subscriptions": [...]}; a .jsonl file with one subscription a line; or a
        directory: all .json and .jsonl files in it and below, ordered by path.
EVENTS  .json files with an event, an array of events or a request
        {"events": [...]}; other files, and the standard input (-), are JSON Lines:
        each line is an event or a request. A request has at most 20 events and
        256 KiB; an event 64 KiB. Files of any size are read in constant memory.

A bad rule stops the run before anything is routed. A bad event does not: it is
reported as a JSON line on stderr, or in the file of --refusals, with its index
among all events of the input. A request that is refused as a whole and a line that
is not JSON take one index each.

With --jobs N, large inputs are divided among N processes, each with the rules in its
own memory. What is written is the same, byte for byte, in the same order. Inputs below
4 MiB are routed by one process: more would not be up sooner.
"""

_ROUTE_EPILOG: Final = """\
examples:
  egcore route rules.json events.jsonl
  egcore route rules.json events.jsonl --refusals refused.jsonl --summary > out.jsonl
  egcore route rules.json large.jsonl --jobs 4 > out.jsonl
  tail -f events.log | egcore route rules/ | while read -r delivery; do ...; done
  egcore route rules.json request.json --channel 8f0c... --preset cloudevents

exit status:
  0    every event was accepted and every delivery rendered
  1    more than --max-refused events were refused; a delivery whose body could not be
       rendered counts as one refused
  2    wrong usage, bad rules (nothing was routed) or unreadable input
  3    an internal error, or a worker process of --jobs that failed
  130  interrupted (Ctrl-C)
  141  the reader of the output went away, as in "| head -1"
"""


def _parse(argv: list[str]) -> argparse.Namespace:
    """Parse a command line; a subcommand takes options between its files, too."""
    parser, commands = _parsers()
    if argv and argv[0] in commands:
        return commands[argv[0]].parse_intermixed_args(argv[1:])
    return parser.parse_args(argv)


def _parsers() -> tuple[argparse.ArgumentParser, dict[str, argparse.ArgumentParser]]:
    """Make the parser of the whole command line, and those of the subcommands by name."""
    parser = argparse.ArgumentParser(
        prog="egcore",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"egcore {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for each in COMMANDS:
        command = commands.add_parser(
            each.name,
            help=each.help,
            description=each.description,
            epilog=each.epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        each.add_arguments(command)
        command.set_defaults(run=each.run)
    return parser, commands.choices


def _count(text: str) -> int:
    """Read a whole number from 0, as an argument."""
    if not (text.isascii() and text.isdecimal()):
        raise argparse.ArgumentTypeError("a whole number from 0 is needed")
    return int(text)


def _positive(text: str) -> int:
    """Read a whole number from 1, as an argument."""
    if not (text.isascii() and text.isdecimal() and int(text)):
        raise argparse.ArgumentTypeError("a whole number from 1 is needed")
    return int(text)


# --- egcore route ----------------------------------------------------------------


def _route_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("rules", metavar="RULES", help="a rule file or a directory of rule files")
    add("events", metavar="EVENTS", nargs="*", help="files of events, - for stdin (the default)")
    add("--channel", metavar="ID", help="route by the subscriptions of this channel only")
    add(
        "--preset",
        choices=PRESETS,
        default="eventgrid",
        help="the limits that hold: those of the service (the default), or CloudEvents at large",
    )
    add("--refusals", metavar="FILE", help="write refusals to FILE instead of stderr")
    add("--summary", action="store_true", help="print counts for each subscription to stderr")
    add(
        "--max-refused",
        metavar="N",
        type=_count,
        default=0,
        help="exit with 1 only when more than N events were refused (0)",
    )
    add(
        "--jobs",
        metavar="N",
        type=_positive,
        default=1,
        help="divide a large input among N processes; the output is the same (1)",
    )


def route(arguments: argparse.Namespace) -> int:
    """Route events by rules; print deliveries, refusals and, when asked, a summary."""
    paths = arguments.events or _default_events()
    if STDIN in paths and sys.stdin is None:
        raise usage("the standard input is closed", hint="name files of events")
    limits = PRESETS[arguments.preset]
    router, findings = load_router(arguments.rules, limits)
    findings += check_readable(paths)
    sys.stderr.write(diagnostics(findings))
    errors = sum(each.problem.severity == "error" for each in findings)
    if router is None or errors:
        _say(f"egcore: {errors} error{'s'[: errors > 1]}; nothing was routed")
        return WRONG_USAGE
    with _open_refusals(arguments.refusals, [arguments.rules, *paths]) as refusals:
        write = route_events if arguments.jobs == 1 else partial(route_jobs, jobs=arguments.jobs)
        tally = write(router, paths, refusals, channel_id=arguments.channel, limits=limits)
    if arguments.summary:
        sys.stderr.write(summary(tally, router.subscriptions))
    if not tally.is_balanced:
        raise RuntimeError("an event was lost or counted twice")
    return NEGATIVE if tally.not_done > arguments.max_refused else FINE


def _default_events() -> list[str]:
    """Take the standard input, unless a person would have to type the events."""
    if sys.stdin is not None and sys.stdin.isatty():
        raise usage("no events", hint="name files of events, or send them: ... < events.jsonl")
    return [STDIN]


def load_router(path: str, limits: Limits) -> tuple[Router | None, list[Finding]]:
    """Load the rules at a path; return no router if they are bad, and all that is to be said."""
    rules = read_rules(path, limits=limits)
    findings = list(rules.findings)
    try:
        router = Router.from_documents(rules.documents, limits=limits)
    except RuleError as error:
        return None, findings + rules.place(error.problems)
    return router, findings + rules.place(router.problems)


def route_events(
    router: Router,
    paths: Sequence[str],
    refusals: BinaryIO,
    *,
    channel_id: str | None = None,
    limits: Limits = EVENTGRID,
) -> Tally:
    """Route the events of all files; write the deliveries to stdout, refusals as they come.

    When the events come from the standard input, the lines of each leave before the next
    one is waited for.
    """
    output = sys.stdout.buffer
    tally = Tally()
    with Bar(_total_size(paths), wanted=_is_watched()) as bar:
        for piece in chain.from_iterable(read_events(path, limits=limits) for path in paths):
            process = router.process if piece.is_request else router.process_event
            outcome = process(piece.raw, channel_id=channel_id)
            output.write(delivery_lines(outcome).encode())
            if STDIN in paths:
                output.flush()
            if refused := refusal_lines(outcome, tally.received):
                _write_refusals(refused, refusals, bar)
            tally.add(outcome)
            bar.advance(len(piece.raw), tally.received)
    return tally


def route_jobs(
    router: Router,
    paths: Sequence[str],
    refusals: BinaryIO,
    *,
    jobs: int,
    channel_id: str | None = None,
    limits: Limits = EVENTGRID,
) -> Tally:
    """Do as ``route_events`` with several processes; the bytes that are written are the same."""
    from egcore.parallel import Job, route_parts  # noqa: PLC0415 - slow to import, seldom used

    output = sys.stdout.buffer
    tally = Tally()
    size = _total_size(paths)
    parts = route_parts(Job(router, limits, channel_id), paths, jobs=jobs, size=size)
    with Bar(size, wanted=_is_watched()) as bar, closing(parts):
        for part in parts:
            output.write(part.deliveries)
            if STDIN in paths:
                output.flush()
            if part.refusals:
                _write_refusals(number(part.refusals, tally.received), refusals, bar)
            tally.merge(part.tally)
            bar.advance(part.size, tally.received)
    return tally


def _write_refusals(lines: str, refusals: BinaryIO, bar: Bar) -> None:
    """Write lines of refusals at once; the bar gives way when they share the terminal."""
    if refusals is sys.stderr.buffer:
        bar.close()
    refusals.write(lines.encode())
    refusals.flush()


def _open_refusals(path: str | None, inputs: Sequence[str]) -> AbstractContextManager[BinaryIO]:
    """Open the file for refusals, which must not be one of the inputs; stderr without one."""
    if path is None:
        return nullcontext(sys.stderr.buffer)
    file = Path(path)
    try:
        if any(_is_read(file, each) for each in inputs):
            raise usage(f"{path}: is read from, and cannot take the refusals")
        if _is_stream(file, sys.stdout):
            raise usage(f"{path}: takes the deliveries, and cannot take the refusals, too")
        return file.open("wb")
    except OSError as error:
        reason = error.strerror
    raise usage(f"{path}: cannot be written: {reason}")


def _is_read(file: Path, given: str) -> bool:
    """Whether a file is an input, or would be one of a directory of rules."""
    if given == STDIN:
        return _is_stream(file, sys.stdin)
    path = Path(given)
    if path.is_dir():
        return file.suffix in SUFFIXES and file.resolve().is_relative_to(path.resolve())
    return file.exists() and file.samefile(path)


def _is_stream(file: Path, stream: TextIO) -> bool:
    """Whether a standard stream was redirected from or to a file."""
    with suppress(OSError):  # not every stream has a number
        return file.is_file() and os.path.samestat(file.stat(), os.fstat(stream.fileno()))
    return False


def _is_watched() -> bool:
    """Whether somebody looks at stderr, and stdout is not on the same terminal."""
    return sys.stderr.isatty() and not sys.stdout.isatty()


def _total_size(paths: Sequence[str]) -> int | None:
    """Return the bytes of all files together; None when some have no size, like pipes."""
    files = [Path(path) for path in paths]
    if STDIN in paths or not all(file.is_file() for file in files):
        return None
    return sum(file.stat().st_size for file in files)


COMMANDS: Final = (
    Command(
        name="route",
        help="route events and print the deliveries",
        description=_ROUTE,
        epilog=_ROUTE_EPILOG,
        add_arguments=_route_arguments,
        run=route,
    ),
)
