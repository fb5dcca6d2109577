"""Bytes as a shell reads them: every word stays one word, and nothing in it does anything."""

import shlex


def word(text: str) -> str:
    """Quote a part of a request's head, a byte a character as it is sent; what cannot be typed comes by printf."""
    if text.isascii() and text.isprintable():
        return shlex.quote(text)
    return f'"$(printf {shlex.quote(_octal(text.encode("latin-1", "replace")))})"'


def piped(data: bytes) -> str:
    """Return the beginning of a line that feeds these bytes to what follows."""
    return f"printf {shlex.quote(_octal(data))} |"


def typable(data: bytes) -> bool:
    """Tell whether bytes can be typed as an argument."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return False
    return all(character.isprintable() or character == "\n" for character in text)


def _octal(data: bytes) -> str:
    kept = {byte: chr(byte) for byte in range(32, 127)} | {ord("\\"): "\\\\", ord("%"): "%%"}
    text = "".join(kept.get(byte) or f"\\{byte:03o}" for byte in data)
    return "\\055" + text[1:] if text.startswith("-") else text  # printf would take it for an option
