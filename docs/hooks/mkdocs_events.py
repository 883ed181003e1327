"""What mkdocs calls while it builds the site: pages that are made of the code, and mathematics as MathML.

Nothing here is committed as a page: reference and configuration follow the code at every build, the notebooks are shown
as they are stored. Whatever goes wrong is a warning of mkdocs, which ends a strict build.
"""

import html
import logging
import re
from collections.abc import Iterator

import api
import catalogue
import configuration
import vocabulary
from latex2mathml.converter import convert
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

import notebooks

_LOG = logging.getLogger("mkdocs.hooks.sciml_bench")
_FORMULA = re.compile(r'<(span|div) class="arithmatex">\\([(\[])(.*?)\\[)\]]</\1>', flags=re.DOTALL)

_SPELLED = {r"\arg": r"\mathrm{arg}", r"\big\|": r"\|", r"\Big\|": r"\|"}
"""Commands that the converter does not know, in those that it does."""


def generated_pages() -> Iterator[tuple[str, str | bytes]]:
    """Paths below docs/ and contents of everything that is made at build time."""
    for source in (api, catalogue, configuration, vocabulary, notebooks):
        yield from source.pages()


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made of the code."""
    api.show_shapes_as_written()
    for name in sorted({*api.undocumented()}):
        _LOG.warning("%s has no docstring", name)
    for path, content in generated_pages():
        files.append(File.generated(config, path, content=content))
    return files


def on_page_content(text: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Formulas as MathML, which browsers draw without a script."""

    def drawn(found: re.Match[str]) -> str:
        latex = html.unescape(found[3])
        for command, spelled in _SPELLED.items():
            latex = latex.replace(command, spelled)
        try:
            formula = convert(latex, display="block" if found[2] == "[" else "inline")
        except Exception as error:
            _LOG.warning("%s: the formula %s is not understood: %r", page.file.src_uri, latex, error)
            return found[0]
        if "\\" in formula:  # a command that it does not know is left as it was
            _LOG.warning("%s: the formula %s has a command that is not known", page.file.src_uri, latex)
        return formula

    return _FORMULA.sub(drawn, text)
