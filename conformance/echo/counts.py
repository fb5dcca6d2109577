"""How often a backend was asked, by path and by probe: a request that was sent once must not arrive twice."""

from conformance.echo.request import Request

PROBE = b"x-conformance-probe"
MAX_KEPT = 10_000


class Forgotten(Exception):
    """The count is not known any more: too many others came after it."""


class Counts:
    """The requests of one backend. Old entries give way to new ones, so that no client can fill the memory."""

    def __init__(self, limit: int = MAX_KEPT) -> None:
        self.total = 0
        self._limit = limit
        self._paths: dict[bytes, int] = {}
        self._probes: dict[bytes, int] = {}
        self._forgot: set[int] = set()

    def note(self, request: Request) -> None:
        """Count one request."""
        self.total += 1
        self._add(self._paths, request.target.partition(b"?")[0])
        for name, value in request.headers:
            if len(name) == len(PROBE) and name.lower() == PROBE:
                self._add(self._probes, value)

    def of_path(self, path: bytes) -> int:
        """Return how many requests had this path, whatever their query; ``Forgotten`` if that is not known."""
        return self._find(self._paths, path)

    def of_probe(self, number: bytes) -> int:
        """Return how many requests carried this number of a probe; ``Forgotten`` if that is not known."""
        return self._find(self._probes, number)

    def _add(self, table: dict[bytes, int], key: bytes) -> None:
        table[key] = table.get(key, 0) + 1
        if len(table) > self._limit:
            del table[next(iter(table))]
            self._forgot.add(id(table))

    def _find(self, table: dict[bytes, int], key: bytes) -> int:
        if key not in table and id(table) in self._forgot:
            raise Forgotten
        return table.get(key, 0)
