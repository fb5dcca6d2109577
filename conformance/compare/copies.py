"""Copies of a request: some cases have their rules several times over, under other hosts, and send each as often."""

import re

_COPY = re.compile(r" \(copy (\d{1,4})\)$")


def request_of(probe_id: str) -> tuple[str, int]:
    """Return the request, and which copy of it a probe is; 0 where there is only one."""
    found = _COPY.search(probe_id)
    return (probe_id[: found.start()], int(found[1])) if found else (probe_id, 0)
