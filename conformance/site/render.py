"""From views to pages: Jinja2, where everything a report says is escaped, and nothing may be missing."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from conformance.site.evidence import plain
from conformance.site.links import safe_link
from conformance.visible import visible


class Renderer:
    """Renders the templates of this package."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=PackageLoader("conformance.site"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            finalize=_shown,
            auto_reload=False,
        )
        self._environment.filters |= {"safe_link": safe_link, "plain": plain, "text": _text}
        self._environment.policies["json.dumps_kwargs"] = {"separators": (",", ":"), "ensure_ascii": True}

    def __call__(self, template: str, *, root: str = "", here: str = "", alone: bool = False, **values: Any) -> bytes:
        """Return a page. ``root`` leads from it to the site's root, ``here`` is its entry in the menu.

        A page that stands ``alone`` has no menu.
        """
        text = self._environment.get_template(template).render(root=root, here=here, alone=alone, **values)
        # Templates quote attributes with double quotes only, so single ones may stand; curl lines are full of them.
        return text.replace("&#39;", "'").encode("utf-8")


def _text(value: str) -> Markup:
    """Escape what is the content of an element, and nothing else: quotes may stand there, and YAML is full of them."""
    escaped = visible(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return Markup(escaped)  # noqa: S704 - escaped one line above


def _shown(value: Any) -> Any:
    """Make visible what a report says: no control character, nothing that turns the direction of writing."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
