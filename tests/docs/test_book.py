"""The book builds without a warning, is small, keeps to itself, and can be translated."""

from __future__ import annotations

import functools
import gzip
import json
import pickle
import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from book_site import DOCS, build, built_site, needs_sphinx, pages
from ipc_cookbook import facts
from ipc_cookbook.catalog import CHAPTERS, MODULES, describe, program_path_of

site = built_site
pytestmark = [needs_sphinx, pytest.mark.timeout(300)]  # a worker waits for another's build

LARGEST_PAGE_BYTES = 110_000
"""Of a page and all that it loads, as gzip compresses it."""
COLUMNS = 88
"""As many as a page shows of a line of code."""
LOADED = {"src", "srcset", "poster", "data"}
SECTIONS = [
    "The hand-over",
    "The code",
    "Run it",
    "Why it works",
    "What it promises",
    "When it bites",
    "In your own program",
    "On Windows and macOS",
    "Speed",
    "When to use it, and when not",
    "The API it uses",
]
ANSWERS = ["When there is too much", "When one dies", "On Ctrl-C"]
"""On every pattern's page; that of the common lines has them all along."""
COMMON_LINES = "start-watch-end"
QUESTIONS = ["The peer dies.", "Blocking.", "Start method.", "Size."]
PYTHON = "https://docs.python.org/3/"
THREADS = {
    "python/cpython": (
        *(73983, 83933, 84559, 87971, 88304, 91027, 91594),
        *(106691, 116849, 126831),
    ),
    "zeromq/pyzmq": (102, 1002, 1009, 1542, 2026),
    "ray-project/ray": (53010,),
    "vllm-project/vllm": (29389,),
    "jackfrued/Python-100-Days": (499, 973),
}
"""What people ask: the threads that the pages answer."""


PLAIN = {ord("\N{WORD JOINER}"): None, ord("\N{EN DASH}"): "-"}
SVG = re.compile(r'<svg [^>]*class="picture.*?</svg>', flags=re.DOTALL)
STORY = re.compile(r'<svg [^>]*class="picture swimlane.*?</svg>', flags=re.DOTALL)
CODE = re.compile(
    r'<div class="[^"]*\bhighlight-(\w+)[^"]*"><div class="highlight"><pre>(.*?)</pre>',
    flags=re.DOTALL,
)
IS_FIGURE = re.compile(rf"[\d./]+( (ns|µs|ms|s))?|{'|'.join([*MODULES, 'copy'])}")


class Loads(HTMLParser):
    """Collects what a page loads."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in LOADED or (
                tag == "link" and name == "href" and ("rel", "canonical") not in attrs
            ):
                self.found.append(value or "")

    @classmethod
    def of(cls, page: Path) -> list[str]:
        loads = cls()
        loads.feed(page.read_text(encoding="utf-8"))
        return loads.found


def text_of(element: str) -> str:
    """What is read of a piece of HTML."""
    return unescape(re.sub(r"<[^>]+>", "", element)).rstrip("¶").strip()


def test_no_page_is_large_with_all_that_it_loads(site: Path) -> None:
    @functools.cache
    def gzipped(path: Path) -> int:
        return len(gzip.compress(path.read_bytes()))

    sizes = {}
    for name in pages(site):
        loaded = {(site / name).parent / url.partition("?")[0] for url in Loads.of(site / name)}
        files = {path.resolve() for path in loaded if path.is_file() and path.suffix != ".html"}
        assert len(files) > 5
        sizes[name] = gzipped(site / name) + sum(map(gzipped, files))
    assert {name: size for name, size in sizes.items() if size > LARGEST_PAGE_BYTES} == {}


def test_no_page_names_another_host_to_load_from(site: Path) -> None:
    for name in pages(site):
        loaded = Loads.of(site / name)
        assert [url for url in loaded if re.match(r"(https?:)?//", url)] == [], name


def test_every_picture_says_what_it_shows(site: Path) -> None:
    pictures = [
        picture
        for page in pages(site)
        for picture in SVG.findall((site / page).read_text(encoding="utf-8"))
    ]
    assert len(pictures) > len(MODULES)
    for picture in pictures:
        assert re.search(r"<title id=\S+>[^<]{8,}</title>", picture)
        assert re.search(r"<desc id=\S+>[^<]{8,}</desc>", picture)


def test_a_chart_says_the_ranges_that_its_lines_show(site: Path) -> None:
    page = (site / "choose.html").read_text(encoding="utf-8")
    descriptions = re.findall(
        r'<svg class="picture chart".*?<desc [^>]*>(.*?)</desc>', page, re.DOTALL
    )
    assert descriptions
    for description in descriptions:
        for case in unescape(description).translate(PLAIN).split("; "):
            assert re.fullmatch(
                r"\S.*?: ([\d.,]+ (ns|µs|ms|s) \([\d., nµms-]+s\) [^,]+(, )?)+", case
            ), case


def test_each_page_says_in_its_head_what_it_is_about(site: Path) -> None:
    found = {}
    for name in pages(site):
        page = (site / name).read_text(encoding="utf-8")
        if not (site.with_suffix(".doctrees") / name).with_suffix(".doctree").exists():
            continue  # the search, and the index
        tags = dict(re.findall(r'<meta (?:name|property)="([^"]+)" content="([^"]*)"', page))
        found[name] = tags["description"]
        assert 40 < len(unescape(tags["description"])) <= 200, (name, tags["description"])
        assert tags["og:description"] == tags["description"]
        heading = re.findall(r"<h1>(.*?)</h1>", page, re.DOTALL)[0]
        assert unescape(tags["og:title"]) == text_of(heading)
        (address,) = re.findall(r'<link rel="canonical" href="([^"]+)"', page)
        assert tags["og:url"] == address
        assert address.endswith(f"/{name}")
    assert len(found) > len(MODULES)
    assert sorted(set(found.values())) == sorted(found.values())
    listed = (site / "llms.txt").read_text(encoding="utf-8")
    assert all(f"/{name}): {unescape(text)}" in listed for name, text in found.items())


def test_every_program_can_be_taken_home(site: Path) -> None:
    """What is shown whole is the file that the link leads to."""
    whole = re.compile(
        r'<div class="code-block-caption">(?:(?!</div>).)*?take-home[^>]* href="([^"]+)"'
        r"(?:(?!</div>).)*?</div>\s*"
        r'<div class="(?:recipe|program|whole) highlight.*?(<pre>.*?</pre>)',
        flags=re.DOTALL,
    )
    taken = set()
    for name in pages(site):
        page = (site / name).read_text(encoding="utf-8")
        for link, code in whole.findall(page):
            file = ((site / name).parent / link).resolve()
            taken.add(file.name)
            shown = text_of(code).split()
            source = file.read_text(encoding="utf-8").split()
            assert source[-len(shown) :] == shown, (name, file.name)
        blocks = len(re.findall(r'<div class="(?:recipe|program|whole) highlight', page))
        assert blocks == len(whole.findall(page)) or name == "start.html", name  # parts of recipes
    assert {path.name for path in (DOCS.parent / "examples").glob("*.py")} <= taken
    assert {path.name for path in (DOCS / "programs").glob("*.py")} <= taken


@pytest.mark.usefixtures("_extensions")
@pytest.mark.filterwarnings("default")
def test_pictures_are_drawn_the_same_again(site: Path) -> None:
    """Here, in another process than the one that built the page."""
    from book.pictures import Picture  # type: ignore[import-not-found,import-untyped,unused-ignore]

    drawn = 0
    for page in pages(site):
        doctree = site.with_suffix(".doctrees") / Path(page).with_suffix(".doctree")
        if doctree.exists():
            text = (site / page).read_text(encoding="utf-8")
            for picture in pickle.loads(doctree.read_bytes()).findall(Picture):
                if picture.kind == "chart":  # matplotlib would hold fonts open from then on
                    continue
                drawing = picture.draw(picture.translate)
                assert drawing.as_svg(picture["identifier"], picture.kind) in text
                drawn += 1
    assert drawn > len(MODULES)


def test_every_page_has_its_recipe() -> None:
    found = {page.stem for page in (DOCS / "recipes").glob("*.rst")}
    assert found == {*MODULES, "index"}


@pytest.mark.parametrize("name", MODULES)
def test_a_recipe_has_its_page_and_all_sections(name: str) -> None:
    text = (DOCS / "recipes" / f"{name}.rst").read_text(encoding="utf-8")
    found = re.findall(r"^(.+)\n-{4,}$", text, flags=re.MULTILINE)
    assert [re.sub("Why .*", "Why it works", title) for title in found] == SECTIONS
    for directive in ("recipe-code", "promises", "survivor-table", "run-it", "own-program"):
        assert f".. {directive}:: {name}" in text
    bites = text.partition("When it bites\n")[2].partition("\nSpeed\n")[0]
    assert re.findall(r"^\* \*\*(.+?)\*\*", bites, flags=re.MULTILINE)[:4] == QUESTIONS
    if "order" in describe(name).guarantees:
        assert f".. speed-chart:: {name}" in text
        assert f".. speed-table:: {name}" in text


@pytest.mark.parametrize(
    "page", sorted(page.stem for page in (DOCS / "patterns").glob("*.rst") if page.stem != "index")
)
def test_a_pattern_has_its_picture_its_program_and_the_three_answers(page: str) -> None:
    text = (DOCS / "patterns" / f"{page}.rst").read_text(encoding="utf-8")
    assert re.search(r"^\.\. literalinclude:: \.\./\.\./examples/\w+\.py$", text, re.MULTILINE)
    assert f":doc:`{page}`" in (DOCS / "patterns" / "index.rst").read_text(encoding="utf-8")
    if page != COMMON_LINES:
        assert text.count(".. topology:: ") == 1
        assert re.search(r"^\.\. transcript:: ", text, re.MULTILINE)
        found = re.findall(r"^(.+)\n-{4,}$", text, flags=re.MULTILINE)
        assert [title for title in found if title in ANSWERS] == ANSWERS


def test_a_page_says_its_sections_in_the_same_order(site: Path) -> None:
    for name in MODULES:
        page = (site / "recipes" / f"{name}.html").read_text(encoding="utf-8")
        found = re.findall(r"<h2>(.+?)<a ", page)
        assert [re.sub("Why .*", "Why it works", title) for title in found] == SECTIONS, name


def test_the_api_that_a_recipe_uses_is_linked(site: Path) -> None:
    """That of its package, or of Python's own library."""
    for name in MODULES:
        page = (site / "recipes" / f"{name}.html").read_text(encoding="utf-8")
        section = page.partition('<section id="the-api-it-uses">')[2].partition("</section>")[0]
        links = re.findall(r'href="(https://[^"]+)"', section)
        if describe(name).needs:
            links = [link for link in links if not link.startswith(PYTHON)]
        else:
            links = [link for link in links if link.startswith(PYTHON)]
        assert links, name


def test_the_promises_are_the_fields_in_their_order(site: Path) -> None:
    for name in MODULES:
        recipe = describe(name)
        page = (site / "recipes" / f"{name}.html").read_text(encoding="utf-8")
        section = page.partition('<section id="what-it-promises">')[2].partition("</section>")[0]
        rows = [text_of(cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", section, re.DOTALL)]
        shown = dict(zip(rows[::2], rows[1::2], strict=True))
        ordered = [field for field in shown if field in facts.REQUIRED + facts.OPTIONAL]
        expected = [field for field in (*facts.REQUIRED, *facts.OPTIONAL) if field in ordered]
        assert ordered == expected
        assert set(ordered) == recipe.fields.keys() | {"Needs"}
        for field, text in recipe.fields.items():
            assert shown[field].split() == text.replace("`", "").split(), (name, field)


def test_the_list_has_every_recipe_in_its_chapter(site: Path) -> None:
    page = (site / "recipes" / "index.html").read_text(encoding="utf-8")
    tables = re.findall(r"<table.*?</table>", page, flags=re.DOTALL)
    assert len(tables) == len(CHAPTERS)
    for table, (chapter, members) in zip(tables, CHAPTERS.items(), strict=True):
        assert text_of(re.findall(r"<caption>.*?</caption>", table, re.DOTALL)[0]) == chapter
        rows = [
            [text_of(cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)]
            for row in re.findall(r"<tr.*?</tr>", table, re.DOTALL)[1:]
        ]
        for (name, mechanism, _, reach, carries, _), member in zip(rows, members, strict=True):
            recipe = describe(member)
            assert name == member
            assert mechanism == recipe.mechanism
            assert (reach, carries) == (recipe.reach, recipe.carries)


def test_what_people_ask_is_answered(site: Path) -> None:
    text = "\n".join((site / page).read_text(encoding="utf-8") for page in pages(site))
    for project, numbers in THREADS.items():
        for number in numbers:
            assert f'href="https://github.com/{project}/issues/{number}"' in text, number


def test_as_many_lines_are_marked_as_the_page_says(site: Path) -> None:
    page = (site / "start.html").read_text(encoding="utf-8")
    assert "eight lines" in page
    assert page.count('<span class="hll">') == 8


def test_a_page_shows_the_module_and_its_program_whole(site: Path) -> None:
    for name in MODULES:
        page = (site / "recipes" / f"{name}.html").read_text(encoding="utf-8")
        for kind, path in ("recipe", describe(name).path), ("program", program_path_of(name)):
            shown = re.search(rf'<div class="{kind} highlight.*?</pre>', page, flags=re.DOTALL)
            assert shown is not None, name
            source = Path(path).read_text(encoding="utf-8")
            assert text_of(shown[0]).split() == source.split(), name


def test_no_line_of_code_is_wider_than_a_page(site: Path) -> None:
    """Of a program, a recipe, or what has changed in one. What a run printed is what it is."""
    found, blocks = {}, 0
    for name in pages(site):
        page = (site / name).read_text(encoding="utf-8")
        for language, code in CODE.findall(page):
            blocks += language == "python"
            for line in unescape(re.sub(r"<[^>]+>", "", code)).splitlines():
                if language != "console" and len(line) > COLUMNS:
                    found[name, line] = len(line)
    assert blocks > 2 * len(MODULES)
    assert found == {}


def test_a_run_of_a_newer_python_stands_beside_the_first_one(site: Path) -> None:
    shown = [text_of((site / page).read_text(encoding="utf-8")).split() for page in pages(site)]
    for path in (DOCS / "_transcripts").glob("*/*.txt"):
        version = (path.parent / "python-version").read_text(encoding="utf-8")
        words = f"Python {version} {path.read_text(encoding='utf-8')}".split()
        assert any(" ".join(words) in " ".join(page) for page in shown), path


@pytest.mark.browser
@pytest.mark.timeout(600)
def test_every_word_of_the_pictures_reaches_the_catalogue(site: Path, tmp_path: Path) -> None:
    target = tmp_path / "gettext"
    build(target, "-b", "gettext")
    checked = 0
    for page in pages(site):
        pictures = STORY.findall((site / page).read_text(encoding="utf-8"))
        if not pictures:
            continue
        catalogue = (target / page).with_suffix(".pot").read_text(encoding="utf-8")
        messages = re.sub(r'"\n"', "", catalogue).replace('\\"', '"')
        assert not re.search(r'msgid "[\d.]+ [mµ]s"', messages)
        for text in re.findall(r"<text [^>]*>(.*?)</text>", "".join(pictures)):
            if not IS_FIGURE.fullmatch(words := unescape(text)):
                assert words in messages, f"{page}: {words}"
                checked += 1
    assert checked > 100


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

    def test_every_option_of_every_command_is_listed(self, site: Path) -> None:
        from ipc_cookbook.cli.main import COMMANDS, parser_of

        page = (site / "reference" / "cli.html").read_text(encoding="utf-8")
        for name in ("RECIPE", *COMMANDS):
            (part,) = re.findall(
                rf'<section id="ipc_cookbook-{name.replace(" ", "-")}">.*?</section>',
                page,
                flags=re.DOTALL,
            )
            parser = parser_of(name)
            options = {each for action in parser._actions for each in action.option_strings}
            listed = set(re.findall(r"--[a-z-]+", text_of(part)))
            assert options - {"-h", "--help"} <= listed, name
