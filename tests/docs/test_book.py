"""The book builds without a warning, is small, keeps to itself, and can be translated."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from book_site import DOCS, build, needs_sphinx
from ipc_cookbook.catalog import MODULES, describe

pytestmark = needs_sphinx

LARGEST_PAGE_BYTES = 100_000
LOADED = {"src", "srcset", "poster", "data"}
SECTIONS = [
    "The hand-over",
    "The code",
    "Run it",
    "Why it works",
    "What it promises",
    "When it bites",
    "Speed",
    "When to use it, and when not",
    "The API it uses",
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("book") / "html"
    build(target)
    return target


class Loads(HTMLParser):
    """Collects what a page loads."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in LOADED or (tag == "link" and name == "href"):
                self.found.append(value or "")


def pages(site: Path) -> Iterator[Path]:
    return (page for page in site.rglob("*.html") if "_static" not in page.parts)


def test_no_page_is_large(site: Path) -> None:
    sizes = {page.name: len(gzip.compress(page.read_bytes())) for page in pages(site)}
    assert sizes
    assert {name: size for name, size in sizes.items() if size > LARGEST_PAGE_BYTES} == {}


def test_no_page_names_another_host_to_load_from(site: Path) -> None:
    for page in pages(site):
        loads = Loads()
        loads.feed(page.read_text(encoding="utf-8"))
        assert [url for url in loads.found if re.match(r"(https?:)?//", url)] == [], page.name


def test_every_picture_says_what_it_shows(site: Path) -> None:
    pictures = [
        picture
        for page in pages(site)
        for picture in re.findall(
            r'<svg class="picture.*?</svg>', page.read_text(encoding="utf-8"), flags=re.DOTALL
        )
    ]
    assert len(pictures) > len(MODULES)
    for picture in pictures:
        assert re.search(r"<title id=\S+>[^<]{8,}</title>", picture)
        assert re.search(r"<desc id=\S+>[^<]{8,}</desc>", picture)


def test_a_build_gives_the_same_pictures(site: Path, tmp_path: Path) -> None:
    again = tmp_path / "html"
    build(again)
    for page in pages(site):
        text = page.read_text(encoding="utf-8")
        assert text == (again / page.relative_to(site)).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", MODULES)
def test_a_recipe_has_its_page_and_all_sections(name: str) -> None:
    text = (DOCS / "recipes" / f"{name}.rst").read_text(encoding="utf-8")
    found = re.findall(r"^(.+)\n-{4,}$", text, flags=re.MULTILINE)
    assert [re.sub("Why .*", "Why it works", title) for title in found] == SECTIONS
    for directive in ("recipe-code", "promises", "survivor-table", "run-it"):
        assert f".. {directive}:: {name}" in text
    if "order" in describe(name).guarantees:
        assert f".. speed-chart:: {name}" in text


def test_a_page_shows_the_module_whole(site: Path) -> None:
    for name in MODULES:
        page = (site / "recipes" / f"{name}.html").read_text(encoding="utf-8")
        shown = re.search(r'<div class="recipe highlight.*?</pre>', page, flags=re.DOTALL)
        assert shown is not None, name
        code = re.sub(r"<[^>]+>", "", shown[0])
        for escaped, character in ("&lt;", "<"), ("&gt;", ">"), ("&#39;", "'"), ("&quot;", '"'):
            code = code.replace(escaped, character)
        source = Path(describe(name).path).read_text(encoding="utf-8")
        assert code.replace("&amp;", "&").split() == source.split(), name


def test_the_words_of_pictures_reach_the_catalogue(tmp_path: Path) -> None:
    target = tmp_path / "gettext"
    build(target, "-b", "gettext")
    pipe = (target / "recipes" / "pipe.pot").read_text(encoding="utf-8")
    for words in "A turn goes from one end of a pipe to the other", "recv waits", "says Ping":
        assert f'msgid "{words}"' in pipe
    assert "os.pipe (floor)" in pipe
    assert "forkserver, no pause" in (target / "tutorial.pot").read_text(encoding="utf-8")
    assert not re.search(r'msgid "[\d.]+ [mµ]s"', pipe)


PO = """
msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\n"

msgid "says Ping"
msgstr "说出 Ping"
"""
PICTURE = """
启动
====

.. swimlane:: A picture

   lanes: Ping | Pong
   Ping: says Ping
   Ping -> Pong: one

启动一个子进程。
"""
CONF = """
import sys
sys.path.insert(0, {folder!r})
extensions = ["book.swimlane", "book.search"]
language = "zh_CN"
locale_dirs = ["locale"]
"""


def test_a_picture_is_drawn_in_the_language_of_the_page(tmp_path: Path) -> None:
    source = tmp_path / "source"
    catalogue = source / "locale" / "zh_CN" / "LC_MESSAGES" / "index.po"
    catalogue.parent.mkdir(parents=True)
    catalogue.write_text(PO, encoding="utf-8")
    (source / "index.rst").write_text(PICTURE, encoding="utf-8")
    (source / "conf.py").write_text(CONF.format(folder=str(DOCS / "_ext")), encoding="utf-8")
    build(tmp_path / "html", source=source)
    page = (tmp_path / "html" / "index.html").read_text(encoding="utf-8")
    assert ">说出 Ping</text>" in page
    assert "says Ping" not in page
    index = (tmp_path / "html" / "searchindex.js").read_text(encoding="utf-8")
    terms = json.loads(index.partition("(")[2].rpartition(")")[0])
    assert {"子进", "进程", "子", "一个"} <= terms["terms"].keys()
    assert {"启动", "启"} <= terms["titleterms"].keys()


@pytest.fixture
def _extensions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(DOCS / "_ext"))


@pytest.mark.usefixtures("_extensions")
@pytest.mark.filterwarnings("default")
class TestExtensions:
    def test_chinese_is_cut_into_pairs(self) -> None:
        from book.search import split  # type: ignore[import-not-found,import-untyped,unused-ignore]

        assert split("启动子进程 with fork") == [
            *("启动", "动子", "子进", "进程"),
            *"启动子进程",
            *("with", "fork"),
        ]
        assert split("用Queue类") == ["用", "Queue", "类"]

    @pytest.mark.parametrize(
        ("lines", "message"),
        [
            (["Ping: hello"], "the first line"),
            (["lanes: Ping"], "two or three"),
            (["lanes: Ping | Pong", "Pang: hello"], "Pang"),
            (["lanes: Ping | Pong", "hello"], "what is"),
        ],
    )
    def test_a_wrong_line_is_named(self, lines: list[str], message: str) -> None:
        from book.swimlane import parse  # type: ignore[import-not-found,import-untyped,unused-ignore]

        with pytest.raises(ValueError, match=message):
            parse(lines)

    def test_every_option_of_every_command_is_listed(self) -> None:
        import contextlib
        import io

        from book.command_line import parsers  # type: ignore[import-not-found,import-untyped,unused-ignore]
        from ipc_cookbook import cli

        for command, parser in parsers().items():
            words = command.replace("RECIPE", "pipe").split()
            shown = io.StringIO()
            with contextlib.redirect_stdout(shown):
                cli.run([*words, "--help"])
            listed = {name for action in parser._actions for name in action.option_strings}
            options = re.findall(r"^ +(?:-\w, )?(--[a-z-]+)", shown.getvalue(), flags=re.MULTILINE)
            assert set(options) == listed - {"-h"}, command
