"""Entries for tests: the text of a user's own, and the place an instance runs in."""

from pathlib import Path
from typing import Any

import pytest

from conformance.controllers.catalogue import find
from conformance.controllers.entry import Entry
from conformance.controllers.instance import Instance, at_rest
from conformance.controllers.programs import Programs
from conformance.controllers.site import Site
from conformance.errors import BadInput

TOKEN = "s3cret-token"
OWN = """\
name: mine
project: Me
title: Mine
url: https://example.com/mine
licence: MIT
version: "1.0"
description: A controller of my own.
class: {name: mine, controller: example.com/mine}
process:
  programs:
    mine: {path: mine, install: Build it from its repository.}
  command: ["{mine}", "--listen={address}:{http-port}"]
"""
SOURCE = "{path: mine, install: Build it from its repository.}"
"""How the entry above says where its program comes from."""


def refused(name: str) -> str:
    """Return what is said of an entry that is wrong."""
    with pytest.raises(BadInput) as caught:
        find(name)
    return str(caught.value)


def site(folder: Path, **changes: Any) -> Site:
    """Return a place for an instance."""
    given = {
        "server": "https://10.0.0.1:6443",
        "ca": folder / "ca.crt",
        "token": TOKEN,
        "folder": folder,
        "address": "10.0.1.1",
        "ingress_class": "mine",
        "controller": "example.com/mine",
    }
    return Site(**{**given, **changes})


def launch(entry: Entry, programs: Programs, place: Site) -> Instance:
    """Return an instance that has been started."""
    instance = at_rest(entry, programs, place)
    instance.start()
    return instance
