"""Text from reports, made visible: what cannot be seen, or turns the direction of writing, is shown as an escape."""


def visible(text: str) -> str:
    """Return the text with everything that is not printable (but line ends) as an escape, such as ``\\u202e``."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text)
