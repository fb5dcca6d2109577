"""Text that somebody else may have written, made safe to look at, wherever it is shown."""


def visible(text: str, keep: str = "\n") -> str:
    """Return text in which whatever is not printable, and not in ``keep``, is an escape such as ``\\u202e``.

    So no terminal obeys it, and nothing in it turns the direction of writing.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in text)
