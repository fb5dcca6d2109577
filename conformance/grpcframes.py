"""Messages of gRPC that hold one text: the five bytes in front, and protobuf as far as that needs it.

Both messages of the service are ``message Say { string text = 1; }``.
"""

PREFIX = 5
_TEXT_FIELD = 0x0A
_SEVEN_BITS = 0x7F


def text_message(text: bytes) -> bytes:
    """Return a length-prefixed, uncompressed message that holds ``text``."""
    message = bytes((_TEXT_FIELD,)) + _varint(len(text)) + text
    return b"\0" + len(message).to_bytes(4) + message


def text_of(data: bytes) -> bytes | None:
    """Return the text of one whole length-prefixed message; ``None`` if the data is anything else."""
    if len(data) < PREFIX or data[0] or int.from_bytes(data[1:PREFIX]) != len(data) - PREFIX:
        return None
    message = data[PREFIX:]
    if not message:
        return b""
    length, at = 0, 1
    for at in range(1, min(len(message), 6)):
        length |= (message[at] & _SEVEN_BITS) << (7 * (at - 1))
        if not message[at] & 0x80:
            break
    text = message[at + 1 :]
    return text if message[0] == _TEXT_FIELD and len(text) == length else None


def _varint(number: int) -> bytes:
    data = bytearray()
    while number > _SEVEN_BITS:
        data.append(number & _SEVEN_BITS | 0x80)
        number >>= 7
    return bytes((*data, number))
