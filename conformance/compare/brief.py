"""What a report holds, no longer than a line of a comparison can bear."""

LONGEST = 200


def brief(text: str) -> str:
    """Return a text, cut where it is long."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
