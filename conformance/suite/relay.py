"""Passes on what is going on to whoever listens, and to late listeners what was said before."""

from collections.abc import Callable

Listener = Callable[[dict[str, object]], None]


class Relay:
    """One source of events, any number of listeners; a line of progress is an event too."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []
        self._said: list[str] = []

    def listen(self, listener: Listener) -> None:
        """Add a listener; it hears at once what was said before."""
        self._listeners.append(listener)
        for text in self._said:
            listener({"event": "progress", "text": text})

    def say(self, text: str) -> None:
        """Tell what is going on, in a few words."""
        self._said.append(text)
        self.pass_on({"event": "progress", "text": text})

    def warn(self, text: str) -> None:
        """Tell what the user should still know when the run is over."""
        self.pass_on({"event": "warning", "text": text})

    def pass_on(self, event: dict[str, object]) -> None:
        """Tell every listener about an event."""
        for listener in self._listeners:
            listener(event)
