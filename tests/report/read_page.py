"""A page as html.parser sees it."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "br", "img", "link", "input", "hr", "base", "source", "embed"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str | None]
    children: list["Element | str"] = field(default_factory=list)

    @property
    def text(self) -> str:
        parts = (child if isinstance(child, str) else child.text for child in self.children)
        return " ".join(" ".join(parts).split())

    def all(self, *tags: str) -> list["Element"]:
        """Every element below of these tags, of any without."""
        found = []
        for child in self.children:
            if isinstance(child, Element):
                found += [child] if not tags or child.tag in tags else []
                found += child.all(*tags)
        return found


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [Element("document", {})]

    def handle_starttag(self, tag, attributes):
        assert len({name for name, _ in attributes}) == len(attributes), f"<{tag}> has an attribute twice"
        element = Element(tag, dict(attributes))
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag, attributes):
        self.open[-1].children.append(Element(tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, text):
        self.open[-1].children.append(text)


def read_page(text: str) -> Element:
    """The document; elements have to be closed in their order."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    assert len(reader.open) == 1, f"<{reader.open[-1].tag}> is not closed"
    return reader.open[0]


def table_below(page: Element, title: str) -> list[dict[str, Element]]:
    """The rows of the first table below a heading, by the titles of its columns without arrows."""
    everything = page.all("h2", "h3", "table")
    at = next(place for place, each in enumerate(everything) if each.tag != "table" and each.text == title)
    table = next(each for each in everything[at:] if each.tag == "table")
    names = [cell.text.split(" ↓")[0].split(" ↑")[0] for cell in table.all("thead")[0].all("th")]
    rows = [row.all("th", "td") for row in table.all("tbody")[0].all("tr")]
    assert all(len(row) == len(names) for row in rows)
    return [dict(zip(names, row, strict=True)) for row in rows]
