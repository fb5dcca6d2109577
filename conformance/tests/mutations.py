"""Trees and texts spoiled at random, but not beyond recognition: near to what a hasty or a hostile author writes."""

import copy
import random
from collections.abc import Callable
from typing import Any

Path = tuple[str | int, ...]

TEXTS = (
    "",
    " ",
    "-",
    "no match",
    "record",
    "a",
    "other/a",
    "@address",
    "$each",
    "*.foo.com",
    "foo..com",
    "\0",
    "\x1b[31m",
    "\u202etxt.exe",
    "\U0001f600" * 3,
    "ﬁ",
    "\ud83d",
    "{{x}}",
    "{token}",
    "../../etc/passwd",
    "/dev/zero",
    "<script>",
    "a\nb",
    "2026-02-30T99:99:99Z",
    "x" * 300,
    "y" * 70_000,
)
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 3, 2**31, 2**63, -(2**70), 10**400, 0.5, -1e308, [], {}, [[]], [{}], {"": None}),
    *TEXTS,
)


def paths(tree: Any, here: Path = ()) -> list[Path]:
    """Return the place of every value in a tree, its root left out."""
    keys = list(tree) if isinstance(tree, dict) else list(range(len(tree))) if isinstance(tree, list) else []
    return [found for key in keys for found in ((*here, key), *paths(tree[key], (*here, key)))]


def at(tree: Any, path: Path) -> Any:
    for step in path:
        tree = tree[step]
    return tree


def spoiled(tree: Any, dice: random.Random, times: int = 1) -> Any:
    """Return a copy of a tree in which so many places were spoiled, each in a way of its own."""
    made = copy.deepcopy(tree)
    for _ in range(times):
        places = paths(made)
        if not places:
            break
        *above, key = dice.choice(places)
        dice.choice(WAYS)(made, at(made, tuple(above)), key, dice)
    return made


def _drop(_: Any, holder: Any, key: Any, dice: random.Random) -> None:
    del holder[key]


def _replace(_: Any, holder: Any, key: Any, dice: random.Random) -> None:
    holder[key] = copy.deepcopy(dice.choice(VALUES))


def _double(_: Any, holder: Any, key: Any, dice: random.Random) -> None:
    twin = copy.deepcopy(holder[key])
    if isinstance(holder, list):
        holder.insert(dice.randint(0, len(holder)), twin)
    else:
        holder[_odd_key(dice, key)] = twin


def _rename(_: Any, holder: Any, key: Any, dice: random.Random) -> None:
    if isinstance(holder, dict):
        holder[_odd_key(dice, key)] = holder.pop(key)


def _nest(_: Any, holder: Any, key: Any, dice: random.Random) -> None:
    for _turn in range(dice.choice((1, 2, 30, 60))):
        holder[key] = dice.choice(([holder[key]], {str(key): holder[key]}))


def _unwrap(_: Any, holder: Any, key: Any, dice: random.Random) -> None:
    inner = list(holder[key].values()) if isinstance(holder[key], dict) else holder[key]
    if isinstance(inner, list) and inner:
        holder[key] = dice.choice(inner)


def _transplant(root: Any, holder: Any, key: Any, dice: random.Random) -> None:
    holder[key] = copy.deepcopy(at(root, dice.choice(paths(root))))


def _as_text(_: Any, holder: Any, key: Any, dice: random.Random) -> None:
    holder[key] = str(holder[key])


def _empty(_: Any, holder: Any, key: Any, dice: random.Random) -> None:
    holder[key] = type(holder[key])() if holder[key] is not None else ""


def _many(_: Any, holder: Any, key: Any, dice: random.Random) -> None:
    if isinstance(holder[key], list):
        holder[key] = holder[key] * dice.choice((2, 3, 50))


WAYS: tuple[Callable[[Any, Any, Any, random.Random], None], ...] = (
    *(_drop, _replace, _replace, _double, _rename, _nest, _unwrap, _transplant, _transplant, _as_text, _empty, _many),
)


def _odd_key(dice: random.Random, key: object) -> Any:
    text = str(key)
    return dice.choice((text.upper(), text[:-1], f"{text}s", "", "<<", "name", "kind", "host", "\u00e9", "x" * 200))


PIECES = (
    *(b"", b"\t", b"\0", b"\xff\xfe", b"\xc3", b"\r", b"\n---\n", b"\n...\n", b"%YAML 9.9\n", b": ", b"- ", b"[", b"{"),
    *(
        b"!!python/object/apply:os.system ",
        b"!x ",
        b"&a ",
        b"*a",
        b"<<: *a",
        b"|\n",
        b">-",
        b'"',
        b"'",
        b"#",
        b"\xe2\x80\xa8",
    ),
    *(b"\xed\xa0\x80", b"\xef\xbb\xbf", b"? ", b"@", b"`", b"=", b"0x10", b"1_000", b"\\u0000", b"\x7f", b"\xc2\x85"),
)


def spoiled_text(text: bytes, dice: random.Random, times: int = 1) -> bytes:
    """Return a text in which so many places were spoiled without regard for what they mean."""
    for _ in range(times):
        start = dice.randint(0, len(text))
        end = min(len(text), start + dice.choice((0, 0, 1, 3, 20, 400)))
        text = text[:start] + dice.choice((*PIECES, text[start:end] * 2)) + text[end:]
    way = dice.randint(0, 12)
    if way == 0:
        return text.replace(b"\n", b"\r\n")
    if way == 1:
        return b"\xef\xbb\xbf" + text
    if way == 2:
        return text.replace(b"  ", b"\t")
    if way == 3:
        return text.decode("utf-8", "replace").encode("utf-16")
    return text
