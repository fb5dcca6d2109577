"""Endpoint files for shields.io (https://shields.io/badges/endpoint-badge): one for each report and level."""

import json
from collections.abc import Iterator, Sequence
from typing import Literal

from pydantic import ConfigDict, Field

from conformance.export.sources import Source
from conformance.export.standing import LevelStanding, Standing
from conformance.report.model import Recorded

COLOURS = {
    Standing.INCOMPLETE: "lightgrey",
    Standing.ERROR: "lightgrey",
    Standing.FAIL: "red",
    Standing.PARTIAL: "lightgrey",
    Standing.UNSUPPORTED: "yellow",
    Standing.RECORDED: "blue",
    Standing.PASS: "brightgreen",
}
"""Green only for what was seen: all cases of the level there, and all of them passed."""


class ShieldsEndpoint(Recorded):
    """What shields.io reads to draw a badge."""

    model_config = ConfigDict(title="A shields.io endpoint about one controller and level")

    schema_version: Literal[1] = 1
    label: str = Field(min_length=1, description="Left part: the controller and the level.")
    message: str = Field(min_length=1, description="Right part, such as 57/84 pass.")
    color: Literal["brightgreen", "yellow", "red", "blue", "lightgrey"]
    is_error: bool = Field(description="True where the level could not be judged: the run was cut short, or an error.")


def endpoint(source: Source, at: LevelStanding) -> ShieldsEndpoint:
    """Return the badge of one report and level."""
    return ShieldsEndpoint(
        label=f"{source.name} Ingress {at.level.value}",
        message=at.message,
        color=COLOURS[at.standing],  # type: ignore[arg-type]
        is_error=at.standing in {Standing.INCOMPLETE, Standing.ERROR},
    )


def shields(sources: Sequence[Source]) -> Iterator[tuple[str, str]]:
    """Yield file names and texts."""
    for source in sources:
        for at in source.standings():
            text = json.dumps(endpoint(source, at).model_dump(mode="json", by_alias=True), indent=2)
            yield f"{source.name}-{at.level.value}.json", text + "\n"
