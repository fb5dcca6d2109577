"""Which controller a run on the user's own cluster is about: one of the catalogue, or one that it does not know."""

import re
from dataclasses import replace

from conformance.clusters.current.settings import Settings
from conformance.controllers.catalogue import find, names
from conformance.controllers.entry import NAME
from conformance.controllers.profile import UNKNOWN, Profile
from conformance.controllers.reading import is_path
from conformance.errors import BadInput


def subject_of(name: str, settings: Settings, version: str = "") -> tuple[Profile, Settings]:
    """Return what reports say of the controller, and the settings with the class that it serves.

    The version is what the user says: the catalogue's is that of the program which the catalogue would start.

    Raises:
        BadInput: the catalogue does not know the name, and no class is given; or it is no name.
    """
    version = version or UNKNOWN
    if is_path(name) or name in names():
        entry = find(name)
        return Profile.of(entry, version), replace(
            settings, ingress_class=settings.ingress_class or entry.ingress_class.name
        )
    if not settings.ingress_class:
        try:
            find(name)
        except BadInput as unknown:
            hint = f"{unknown.hint}; for a controller that the catalogue does not know, name its class: --ingress-class"
            raise BadInput(unknown.message, where=unknown.where, hint=hint) from None
    if not re.fullmatch(NAME, name):
        hint = "it names a folder: lower-case letters, digits and dashes, at most 40"
        raise BadInput(f"{name[:60]!r} cannot be the name of a controller", where="CONTROLLER", hint=hint)
    return Profile(name=name, title=name, version=version), settings
