"""Routing among processes, the output in the order of the input: the engine of ``--jobs``.

The parent cuts the input into chunks and hands them to whichever worker is free; workers
read, route and answer. The answers are put back into the order of the chunks. No threads,
no locks: every worker has one pipe, over which it is either told something or heard, so
nobody can wait for a reader that waits as well. Each side learns from the end of the pipe
that the other is gone.

Memory is bounded: a worker answers in parts, a second part is heard only when all before
it is written, and not more than ``AHEAD`` chunks for each worker are on the way.
"""

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Final, NamedTuple

from egcore import codes
from egcore.chunks import CHUNK_BYTES, Chunk, Waiting, cut
from egcore.deliveries import Outcome
from egcore.errors import EgcoreError, problem
from egcore.limits import Limits
from egcore.reporters import (
    Tally,
    Unnumbered,
    delivery_lines,
    internal_error,
    unnumbered_refusals,
)
from egcore.router import Router

START_BYTES: Final = 4_194_304
"""So much input is routed by the parent alone: workers would not be up sooner."""

PART_BYTES: Final = 4_194_304
AHEAD: Final = 2


class Job(NamedTuple):
    """What every worker has to know. The router pickles as its documents."""

    router: Router
    limits: Limits
    channel_id: str | None = None


class Part(NamedTuple):
    """What came of some events of a chunk: lines to write, and counts.

    ``refusals`` count from the first event of the part; ``size`` is the number of bytes
    of the pieces; ``is_last`` says that the chunk ends with it.
    """

    deliveries: bytes
    refusals: list[Unnumbered]
    tally: Tally
    size: int
    is_last: bool


def route_parts(
    job: Job, paths: Iterable[str], *, jobs: int, size: int | None = None
) -> Generator[Part, None, None]:
    """Route all inputs with up to ``jobs`` workers; yield what comes of them, in input order.

    ``size`` is that of all inputs in bytes, None when it is not known. Closing the
    iterator stops the workers. Raises ``UsageError`` (EGC801) when an input cannot be
    read, after what came before it; ``EgcoreError`` (EGC905) when a worker fails, and
    (EGC904) for a bug in one.
    """
    chunks = chain.from_iterable(cut(path, job.limits) for path in paths)
    alone = START_BYTES if size is None or size < START_BYTES else 0
    while alone > 0:
        chunk = next(chunks, None)
        if chunk is None:
            return
        if not isinstance(chunk, Waiting):
            yield from route_chunk(job, chunk)
            alone -= chunk.size
    crew = Crew(job, jobs if size is None else min(jobs, 1 + size // CHUNK_BYTES))
    try:
        yield from crew.route(chunks)
    finally:
        crew.stop()


# --- A worker ----------------------------------------------------------------------


def work(connection: Connection) -> None:
    """Do what the pipe says until it ends: the main function of a worker process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's, which stops us
    with suppress(OSError):  # the parent went away
        serve(connection)


def serve(connection: Connection) -> None:
    """Answer every chunk with its parts, or with the error that ended it."""
    with suppress(EOFError):
        job: Job = connection.recv()
        while True:
            _answer(connection.send, job, connection.recv())


def _answer(send: Callable[[Part | EgcoreError], None], job: Job, chunk: Chunk) -> None:
    try:
        for part in route_chunk(job, chunk):
            send(part)
    except EgcoreError as error:
        send(error)
    except OSError:
        raise  # nobody listens any more
    except Exception as error:  # noqa: BLE001 - told by the parent, as it tells its own
        send(EgcoreError([problem(codes.INTERNAL, internal_error(error))]))


def route_chunk(job: Job, chunk: Chunk) -> Iterator[Part]:
    """Route the events of a chunk; yield parts of some megabytes, the last one marked.

    What was done before an error is yielded before it is raised.
    """
    gathered = _Gathered()
    failure = None
    try:
        for piece in chunk.pieces(job.limits):
            process = job.router.process if piece.is_request else job.router.process_event
            gathered.add(piece.raw, process(piece.raw, channel_id=job.channel_id))
            if gathered.weight >= PART_BYTES:
                yield gathered.part(is_last=False)
                gathered = _Gathered()
    except Exception as error:  # noqa: BLE001 - raised below
        failure = error
    yield gathered.part(is_last=failure is None)
    if failure is not None:
        raise failure


class _Gathered:
    """What has come of the events of a part so far."""

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._refusals: list[Unnumbered] = []
        self._tally = Tally()
        self._size = 0
        self.weight = 0  # about the bytes of all lines

    def add(self, raw: bytes, outcome: Outcome) -> None:
        """Add the outcome of one event or request."""
        lines = delivery_lines(outcome).encode()
        refusals = unnumbered_refusals(outcome, self._tally.received)
        self._lines.append(lines)
        self._refusals += refusals
        self._tally.add(outcome)
        self._size += len(raw)
        self.weight += len(lines) + sum(len(rest) for _, rest in refusals)

    def part(self, *, is_last: bool) -> Part:
        """Return all of it."""
        return Part(b"".join(self._lines), self._refusals, self._tally, self._size, is_last)


# --- The parent --------------------------------------------------------------------


class _Worker(NamedTuple):
    """A process and our end of its pipe."""

    process: BaseProcess
    connection: Connection


class _Order:
    """A chunk on its way: who has it, None once it is done, and what was answered."""

    __slots__ = ("answers", "worker")

    def __init__(self, worker: _Worker) -> None:
        self.worker: _Worker | None = worker
        self.answers: deque[Part | EgcoreError] = deque()


class Crew:
    """Workers, and the chunks on their way in input order. Its owner calls ``stop`` at last."""

    def __init__(self, job: Job, jobs: int) -> None:
        self._job = job
        self._jobs = jobs
        self._workers: list[_Worker] = []
        self._idle: list[_Worker] = []
        self._orders: deque[_Order] = deque()

    def route(self, chunks: Iterable[Chunk | Waiting]) -> Iterator[Part]:
        """Have the chunks routed; yield the parts in the order of the chunks.

        Raises ``EgcoreError``, when it is the turn of the chunk that it came from.
        """
        for chunk in chunks:
            if isinstance(chunk, Waiting):
                yield from self._until_ready(chunk.descriptor)
                continue
            self._start()
            while not self._idle or len(self._orders) >= AHEAD * self._jobs:
                self._hear(wait(self._talking()))
                yield from self._turn()
            self._give(self._idle.pop(), chunk)
            yield from self._turn()  # so that the first order is always one to listen to
        yield from self._until_ready(None)

    def stop(self) -> None:
        """End all processes, also those that are busy or still starting."""
        for worker in self._workers:
            worker.connection.close()
            worker.process.terminate()
        for worker in self._workers:
            worker.process.join()

    def _until_ready(self, descriptor: int | None) -> Iterator[Part]:
        """Go on with what is on the way until the input is ready, or to the end without one."""
        while self._orders:
            talking: list[Connection | int] = [*self._talking()]
            ready = wait(talking if descriptor is None else [*talking, descriptor])
            self._hear(ready)
            yield from self._turn()
            if descriptor in ready:
                return

    def _start(self) -> None:
        """Start the workers, once; they load the rules side by side."""
        if self._workers:
            return
        self._start_all()
        for worker in self._workers:
            if not _tell(worker, self._job):
                raise _ended(worker)
        self._idle = self._workers[::-1]

    def _start_all(self) -> None:
        try:
            with _uninterrupted():
                for _ in range(self._jobs):
                    self._workers.append(_start_worker())
        except OSError as error:
            reason = error.strerror
        else:
            return
        raise worker_failed(f"could not be started: {reason}")

    def _give(self, worker: _Worker, chunk: Chunk) -> None:
        order = _Order(worker)
        self._orders.append(order)
        if not _tell(worker, chunk):
            self._take(order, worker, _ended(worker))

    def _talking(self) -> list[Connection]:
        """Return the pipes to listen to: of the first order, and of those not heard so far."""
        return [
            order.worker.connection
            for place, order in enumerate(self._orders)
            if order.worker is not None and (place == 0 or not order.answers)
        ]

    def _hear(self, ready: Iterable[object]) -> None:
        """Take one answer from each worker that has one; the end of its pipe is one, too."""
        for order in self._orders:
            worker = order.worker
            if worker is not None and worker.connection in ready:
                self._take(order, worker, _receive(worker) or _ended(worker))

    def _take(self, order: _Order, worker: _Worker, answer: Part | EgcoreError) -> None:
        """Note an answer for when it is its turn; after its last one a worker is free again."""
        order.answers.append(answer)
        if isinstance(answer, EgcoreError):
            order.worker = None  # and gets no more work: all ends when this is raised
        elif answer.is_last:
            order.worker = None
            self._idle.append(worker)

    def _turn(self) -> Iterator[Part]:
        """Yield what has been answered and has nothing unfinished before it."""
        while self._orders:
            first = self._orders[0]
            while first.answers:
                answer = first.answers.popleft()
                if isinstance(answer, EgcoreError):
                    raise answer
                yield answer
            if first.worker is not None:
                return
            self._orders.popleft()


def _start_worker() -> _Worker:
    context = multiprocessing.get_context("spawn")  # with threads around, forking is not safe
    ours, theirs = context.Pipe()
    process = context.Process(target=work, args=(theirs,), daemon=True)
    process.start()
    theirs.close()  # so that the pipe ends when the worker does
    return _Worker(process, ours)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold Ctrl-C back; processes started now never get it. It arrives here afterwards."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # it would lift the mask when it is started
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _tell(worker: _Worker, message: Job | Chunk) -> bool:
    """Send a message; tell whether there was somebody to take it."""
    try:
        worker.connection.send(message)
    except OSError:
        return False
    return True


def _receive(worker: _Worker) -> Part | EgcoreError | None:
    """Receive an answer, None when there will be no more."""
    try:
        answer: Part | EgcoreError = worker.connection.recv()
    except (EOFError, OSError):
        return None
    return answer


def _ended(worker: _Worker) -> EgcoreError:
    """Make the error for a worker that ended before it was told to."""
    worker.process.join()
    code = worker.process.exitcode or 0
    return worker_failed(
        f"was stopped by signal {-code}" if code < 0 else f"ended with status {code}"
    )


def worker_failed(how: str) -> EgcoreError:
    """Make the error for a worker that did not do its work."""
    hint = "use fewer --jobs; the output up to here is right, and not all"
    return EgcoreError([problem(codes.WORKER, f"a worker process {how}", hint=hint)])
