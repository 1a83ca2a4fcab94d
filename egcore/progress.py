"""A progress bar for people who wait: on a terminal, after one second, if rich is there."""

from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from rich.progress import Progress

PATIENCE_SECONDS: Final = 1.0


class Bar:
    """The bar of one run: ``advance`` as the input is read, ``close`` before other output.

    ``total`` is the size of the input in bytes, None when it is not known. A bar that is
    not ``wanted``, or for which rich is not installed, does nothing.
    """

    def __init__(self, total: int | None, *, wanted: bool) -> None:
        self._total = total
        self._wanted = wanted
        self._due = monotonic() + PATIENCE_SECONDS
        self._read = 0
        self._progress: Progress | None = None

    def advance(self, size: int, events: int) -> None:
        """Count in ``size`` more bytes; ``events`` is the number of events up to now."""
        if not self._wanted:
            return
        self._read += size
        if self._progress is None and monotonic() >= self._due:
            self._start()
        if self._progress is not None:
            task = self._progress.task_ids[0]
            self._progress.update(task, completed=self._read, events=events)

    def close(self) -> None:
        """Take the bar off the terminal for good."""
        self._wanted = False
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _start(self) -> None:
        try:
            from rich import progress  # noqa: PLC0415 - optional, and slow to import
            from rich.console import Console  # noqa: PLC0415 - the same
        except ImportError:
            self._wanted = False
            return
        self._progress = progress.Progress(
            progress.TextColumn("{task.fields[events]} events"),
            progress.BarColumn(),
            progress.TaskProgressColumn(),
            progress.TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._progress.add_task("route", total=self._total, events=0)
        self._progress.start()
