"""Passes on what is going on to whoever listens, and to late listeners what was said last."""

from collections.abc import Callable

Listener = Callable[[dict[str, object]], None]


class Relay:
    """One source of events, any number of listeners; a line of progress is an event too."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []
        self._last = ""

    def listen(self, listener: Listener) -> None:
        """Add a listener; it hears at once what was said last."""
        self._listeners.append(listener)
        if self._last:
            listener({"event": "progress", "text": self._last})

    def say(self, text: str) -> None:
        """Tell what is going on, in a few words."""
        self._last = text
        self.pass_on({"event": "progress", "text": text})

    def pass_on(self, event: dict[str, object]) -> None:
        """Tell every listener about an event."""
        for listener in self._listeners:
            listener(event)
