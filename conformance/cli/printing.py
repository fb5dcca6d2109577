"""The options ``--format`` and ``--cases`` of several commands, and the printing of what they found."""

# ruff: noqa: PLC0415 (imports take time, and the help must come at once)

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from pydantic import BaseModel
    from rich.console import Console

F = TypeVar("F", bound=Callable[..., Any])
M = TypeVar("M", bound="BaseModel")

PUBLISHED = "How to print it. The JSON has a published schema."


def format_option(*formats: str, text: str = "How to print it.") -> Callable[[F], F]:
    """Return ``--format``, passed on as ``form``; the first of the formats is the default."""
    return click.option(
        "--format", "form", type=click.Choice(formats), default=formats[0], show_default=True, help=text
    )


def cases_option(text: str, name: str = "case_paths") -> Callable[[F], F]:
    """Return ``--cases``, which may be given several times, passed on as ``name``."""
    return click.option("--cases", name, multiple=True, metavar="PATH", type=click.Path(path_type=Path), help=text)


def print_json(found: BaseModel) -> None:
    """Print a model as the JSON of its published schema."""
    click.echo(json.dumps(found.model_dump(mode="json", by_alias=True), indent=1))


def print_found(found: M, form: str, markdown: Callable[[M], str], terminal: Callable[[M, Console], None]) -> None:
    """Print in one of the forms ``terminal``, ``markdown`` and ``json``."""
    if form == "json":
        print_json(found)
    elif form == "markdown":
        click.echo(markdown(found), nl=False)
    else:
        from rich.console import Console

        terminal(found, Console(highlight=False))
