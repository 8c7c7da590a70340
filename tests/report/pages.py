"""Reads a report's HTML as a browser would: elements, attributes, headings, text."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = frozenset({"meta", "link", "input", "br", "img", "hr"})
_LANDMARKS = frozenset({"header", "nav", "main", "footer"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """An opened element with its attributes."""

    tag: str
    attributes: dict[str, str | None]

    @property
    def shape(self) -> tuple[str, tuple[str, ...]]:
        """Return tag and attribute names."""
        return self.tag, tuple(sorted(self.attributes))


@dataclass(slots=True)
class Parsed(HTMLParser):
    """Everything a page opened, in order, and whether every element was closed in turn."""

    elements: list[Element] = field(default_factory=list)
    outline: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    unclosed: list[str] = field(default_factory=list)
    style: str = ""
    script: str = ""

    def __post_init__(self) -> None:
        """Start the parser itself."""
        HTMLParser.__init__(self, convert_charrefs=True)
        self.misnested: list[str] = []
        self._open_text: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.append(Element(tag=tag, attributes=dict(attrs)))
        if tag not in _VOID:
            self.unclosed.append(tag)
        if tag in _LANDMARKS:
            self.outline.append(f"<{tag}>")
        if tag in {"h1", "h2", "h3", "h4", "h5", "h6", "caption", "summary"}:
            self._open_text = []

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element that closes itself, as in SVG."""
        self.elements.append(Element(tag=tag, attributes=dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """Check the nesting and note headings and captions with their words."""
        if not self.unclosed or self.unclosed[-1] != tag:
            self.misnested.append(tag)
        else:
            self.unclosed.pop()
        if self._open_text is not None and tag in {"h1", "h2", "h3", "h4", "h5", "h6", "caption"}:
            words = " ".join("".join(self._open_text).split())
            depth = int(tag[1]) if tag != "caption" else 7
            self.outline.append(f"{'  ' * (depth - 1)}{tag}: {words}")
            self._open_text = None

    def handle_data(self, data: str) -> None:
        """Note text."""
        if self.unclosed and self.unclosed[-1] == "style":
            self.style += data
            return
        if self.unclosed and self.unclosed[-1] == "script":
            self.script += data
            return
        self.texts.append(data)
        if self._open_text is not None:
            self._open_text.append(data)

    @property
    def text(self) -> str:
        """Return all text of the page."""
        return "".join(self.texts)

    def values(self, attribute: str) -> list[str]:
        """Return every value of an attribute."""
        return [e.attributes[attribute] or "" for e in self.elements if attribute in e.attributes]


def parsed(html: str) -> Parsed:
    """Return a page as parsed."""
    page = Parsed()
    page.feed(html)
    page.close()
    return page
