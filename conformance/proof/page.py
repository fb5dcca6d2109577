"""The kill matrix as a page of the site."""

from collections.abc import Iterator

from conformance.proof.matrix import unjudged
from conformance.proof.model import KillMatrix
from conformance.proof.words import DEPTHS, headline, state
from conformance.site.pages import assets
from conformance.site.render import Renderer

PAGE = "kill-matrix.html"


def page_files(matrix: KillMatrix) -> Iterator[tuple[str, bytes]]:
    """Yield the page and what it needs, each with its path in the site."""
    yield from assets()
    yield (
        PAGE,
        Renderer()(
            "proof.html",
            here="proof",
            matrix=matrix,
            headline=headline(matrix),
            depth=DEPTHS[matrix.depth],
            state=state,
            unjudged=unjudged(matrix),
        ),
    )
