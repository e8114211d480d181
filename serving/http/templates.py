"""Rendering pages: templates out of a package's folder, strict about names that are not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FunctionLoader, StrictUndefined

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.resources.abc import Traversable


class Templates:
    """The templates of a folder; ``facts`` (versions, say) are given to each of them."""

    def __init__(self, folder: Traversable, facts: Mapping[str, Any]) -> None:
        def source(name: str) -> str | None:
            file = folder / name
            return file.read_text("utf-8") if file.is_file() else None

        self._environment = Environment(
            loader=FunctionLoader(source), autoescape=True, undefined=StrictUndefined
        )
        self._facts = dict(facts)

    def render(self, name: str, **context: Any) -> str:
        """Return the page made from the template ``name``.

        Raises:
            TemplateNotFound: there is no such template.
        """
        return self._environment.get_template(name).render({**self._facts, **context})
