"""Groups of cases that are judged at the same time, each on an instance of its own."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from functools import partial

from conformance.case.model import Case
from conformance.engine.instances import Instances
from conformance.engine.judgement import Judgement

Judge = Callable[[Sequence[Case]], list[Judgement]]
Group = Callable[[Sequence[Case]], tuple[list[Judgement], Sequence[Case]]]
"""Judges cases beside each other; returns also those that are to be judged once more, each by itself."""


@dataclass
class Lanes:
    """Hands groups to ``threads``; ``safely`` sees to it that one in trouble does not end the others.

    A group may begin further ones while it is judged: whoever waits for all waits for these as well. What is judged
    once more is ahead of what has not begun: it has come late, and takes long, because wrong answers must last.
    """

    threads: Executor
    safely: Callable[[Judge, Sequence[Case]], list[Judgement]]
    instances: Instances
    _parts: list[Future[list[Judgement]]] = field(default_factory=list)
    _waiting: deque[tuple[Judge, Sequence[Case]]] = field(default_factory=deque)

    def begin(
        self,
        judge: Group,
        groups: Iterable[Sequence[Case]],
        after: Future[None] | None = None,
        *,
        once_more: bool = False,
    ) -> None:
        """Judge each of the groups as soon as there is a thread for it, and ``after`` has ended."""
        waiting = [(partial(self._judge, judge, after), part) for part in groups]
        self.instances.expect(len(waiting))
        if once_more:
            self._waiting.extendleft(reversed(waiting))
        else:
            self._waiting.extend(waiting)
        self._parts += [self.threads.submit(self._next) for _ in waiting]

    def begin_in_turn(self, judge: Judge, cases: Sequence[Case]) -> None:
        """Have cases judged by something that takes care itself of what is beside what."""
        self._parts.append(self.threads.submit(judge, cases))

    def finish(self) -> list[list[Judgement]]:
        """Return the judgements of all groups, those included that are begun meanwhile."""
        return [part.result() for part in self._parts]

    def _next(self) -> list[Judgement]:
        return self.safely(*self._waiting.popleft())

    def _judge(self, judge: Group, after: Future[None] | None, part: Sequence[Case]) -> list[Judgement]:
        if after is not None:
            after.result()
        settled, doubtful = judge(part)
        self.begin(judge, ([case] for case in doubtful), once_more=True)
        return settled
