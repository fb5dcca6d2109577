"""Every limit of a run in one place; each can be set by an option."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Times in seconds.

    ``marker``: how long the marker of new objects may take to answer.
    ``convergence``: how long after the marker a wrong answer may still turn right.
    ``presence``, ``absence``: how long the wrong choice of a backend or a redirect, or a 404, must last, and outlast
    a later revision of the same objects, to be final before that.
    ``suspicion``: how long after the marker a wrong answer in a packed object is looked at before the case is judged
    again in an object of its own.
    ``patience``: the least that new markers get once the controller has shown how fast it is (five times its slowest);
    never less than ``convergence``.
    ``hopeless``: the marker limit once a whole wave has shown nothing within ``marker``.
    """

    marker: float = 60.0
    convergence: float = 10.0
    presence: float = 1.0
    absence: float = 3.0
    suspicion: float = 0.5
    patience: float = 5.0
    hopeless: float = 5.0
    probe: float = 5.0

    @property
    def least(self) -> float:
        """Seconds that new markers may take at least, however fast the controller is."""
        return max(self.patience, self.convergence)
