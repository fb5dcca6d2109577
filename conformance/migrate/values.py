"""What the annotations of an Ingress hold when it is applied: as written, but for what must stand in. Pure."""

from conformance.migrate.annotations import DROP, KEEP, Family, known_annotations
from conformance.migrate.found import CLASS_ANNOTATION, Found
from conformance.migrate.stand_ins import Cast


def applied_annotations(found: Found, cast: Cast, variant: str, endings: tuple[str, str]) -> dict[str, str]:
    """Return the annotations to apply. ``variant`` is the family that keeps requests out; the others let them in.

    ``endings`` are what the hosts of the case may get appended, for values that are hosts themselves.
    """
    known = known_annotations()
    made: dict[str, str] = {}
    for key, value in found.annotations.items():
        if key == CLASS_ANNOTATION or known.for_others(key):
            continue
        name, short = known.family(key), known.short(key)
        family = known.families.get(name)
        if family is None:
            made[key] = value
            continue
        held = held_value(family, short, value, closed=name == variant)
        if held is not None:
            made[key] = _referring(held, family.names.get(short), found, cast, endings)
    return made


def held_value(family: Family, short: str, value: str, *, closed: bool) -> str | None:
    """Return the value that an annotation holds, None where it is left out."""
    rules = family.closed if closed else family.base
    rule = rules.get(short, KEEP) if isinstance(rules, dict) else rules
    return {DROP: None, KEEP: value}.get(rule, rule)


def _referring(value: str, kind: str | None, found: Found, cast: Cast, endings: tuple[str, str]) -> str:
    if kind == "hosts":
        aliases = [alias.strip() for alias in value.split(",") if alias.strip()]
        return ",".join(alias + ending for alias in aliases for ending in endings)
    if kind is None:
        return value
    name = value.removeprefix(f"{found.namespace}/")
    real = cast.real_names.get((kind, found.namespace, name))
    if real is None or name == value:
        return real or value
    # Of some names, such as those of certificates, ingress-nginx takes none without its namespace.
    symbol = cast.namespaces[found.namespace]
    return f"@namespace({symbol})/{real}" if symbol else f"@namespace/{real}"
