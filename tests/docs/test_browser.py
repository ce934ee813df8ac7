"""The built book in a real browser: it keeps to itself, can be read, searched, and copied from."""

from __future__ import annotations

import functools
import http.server
import importlib.util
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from book_site import build, needs_sphinx
from ipc_cookbook.catalog import MODULES

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page  # type: ignore[import-not-found,import-untyped,unused-ignore]

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
FLAGS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-features=SpareRendererForSitePerProcess",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PHONE, DESK = 390, 1280

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.filterwarnings("default"),
    needs_sphinx,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium: apt install chromium"),
    pytest.mark.skipif(
        not all(map(importlib.util.find_spec, ("playwright", "axe_playwright_python"))),
        reason="Playwright or axe is missing: pip install '.[browser]'",
    ),
]


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("book") / "html"
    build(target)
    return target


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    handler = functools.partial(QuietHandler, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright  # type: ignore[import-not-found,import-untyped,unused-ignore]

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


def names_of_pages(site: Path) -> list[str]:
    pages = (page for page in site.rglob("*.html") if "_static" not in page.parts)
    return sorted(str(page.relative_to(site)) for page in pages)


class Look:
    """A page in a window, with all that went wrong in it."""

    def __init__(self, browser: Browser, address: str, width: int, theme: Any = "light") -> None:
        self.address = address
        self.context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=theme,
            permissions=["clipboard-read", "clipboard-write"],
        )
        self.page: Page = self.context.new_page()
        self.faults: list[str] = []
        self.page.on("request", lambda request: self.check_host(request.url))
        self.page.on(
            "response", lambda got: self.faults.append(got.url) if got.status >= 400 else None
        )
        self.page.on(
            "console",
            lambda said: self.faults.append(said.text) if said.type == "error" else None,
        )
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))

    def check_host(self, url: str) -> None:
        if not url.startswith((self.address, "data:")):
            self.faults.append(f"left the host: {url}")

    def go(self, name: str) -> Page:
        self.page.goto(f"{self.address}/{name}", wait_until="load")
        return self.page

    def __enter__(self) -> Look:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.context.close()


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_pages_keep_to_themselves_and_to_the_width(
    browser: Browser, address: str, site: Path, width: int
) -> None:
    with Look(browser, address, width) as look:
        for name in names_of_pages(site):
            page = look.go(name)
            found = page.evaluate("document.documentElement.scrollWidth")
            assert found <= width, f"{name} is {found} px wide"
        assert look.faults == []


@pytest.mark.parametrize("folder", ["", "recipes", "examples", "reference"])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_axe_finds_nothing(
    browser: Browser, address: str, site: Path, theme: str, width: int, folder: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-not-found,import-untyped,unused-ignore]

    axe = Axe()
    found = []
    with Look(browser, address, width, theme) as look:
        names = [name for name in names_of_pages(site) if name.rpartition("/")[0] == folder]
        assert names
        for name in names:
            page = look.go(name)
            results = axe.run(
                page, options={"runOnly": WCAG, "resultTypes": ["violations"]}
            ).response
            for violation in results["violations"]:
                nodes = [node["html"][:160] for node in violation["nodes"][:3]]
                found.append(f"{name}: {violation['id']}: {nodes}")
    assert found == [], "\n".join(found)


CONTRAST = """() => {
  const numbers = text => text.match(/[\\d.]+/g).map(Number);
  const light = rgb => rgb.slice(0, 3).map(part => part / 255)
    .map(part => part <= .03928 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4)
    .reduce((sum, part, at) => sum + part * [.2126, .7152, .0722][at], 0);
  const behind = text => {
    const box = text.getBoundingClientRect();
    const x = box.x + box.width / 2, y = box.y + box.height / 2;
    const shapes = [...text.closest("svg").querySelectorAll("rect.name, rect.does, circle")];
    const under = shapes.filter(shape => {
      const other = shape.getBoundingClientRect();
      return other.left <= x && x <= other.right && other.top <= y && y <= other.bottom;
    });
    return under.length ? getComputedStyle(under.at(-1)).fill
      : getComputedStyle(document.querySelector(".content, body")).backgroundColor;
  };
  const page = getComputedStyle(document.body).backgroundColor;
  return [...document.querySelectorAll("svg.picture text")].map(text => {
    let ground = behind(text);
    if (ground === "rgba(0, 0, 0, 0)") ground = page;
    const [one, other] = [getComputedStyle(text).fill, ground].map(numbers).map(light);
    return [text.textContent, (Math.max(one, other) + .05) / (Math.min(one, other) + .05)];
  });
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_words_of_pictures_can_be_read(browser: Browser, address: str, theme: str) -> None:
    with Look(browser, address, PHONE, theme) as look:
        for name in ["index", "choose", "tutorial", "faults", *(f"recipes/{n}" for n in MODULES)]:
            contrasts = look.go(f"{name}.html").evaluate(CONTRAST)
            assert contrasts
            assert [(text, ratio) for text, ratio in contrasts if ratio < 4.5] == [], name


OVERLAPS = """() => [...document.querySelectorAll("svg.picture")].flatMap(svg => {
  const frame = svg.getBoundingClientRect();
  const boxes = [...svg.querySelectorAll("text")].map(text => [text, text.getBoundingClientRect()]);
  const found = boxes.filter(([, box]) => box.left < frame.left - 1 || box.right > frame.right + 1)
    .map(([text]) => "sticks out: " + text.textContent);
  boxes.forEach(([one, a], at) => boxes.slice(at + 1).forEach(([other, b]) => {
    const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (wide > 1 && high > 4) found.push("overlap: " + one.textContent + " / " + other.textContent);
  }));
  return found;
})"""


def test_words_in_pictures_neither_overlap_nor_stick_out(
    browser: Browser, address: str, site: Path
) -> None:
    with Look(browser, address, PHONE) as look:
        for name in names_of_pages(site):
            assert look.go(name).evaluate(OVERLAPS) == [], name


def test_copy_buttons_leave_out_the_prompt(browser: Browser, address: str) -> None:
    with Look(browser, address, DESK) as look:
        page = look.go("recipes/queue.html")
        assert copied(page, "pre:has-text('pip install')") == (
            "python -m pip install .\npython -m ipc_cookbook queue"
        )
        code = copied(page, "div.recipe pre")
        assert code.startswith('"""Two ``multiprocessing.Queue``, crossed.')
        assert "yield CrossedQueues(there, back)" in code
        page = look.go("start.html")
        assert copied(page, "pre:has-text('>>> result')").startswith("from ipc_cookbook import")


def copied(page: Page, selector: str) -> str:
    block = page.locator("div.highlight", has=page.locator(selector)).first
    if not block.is_visible():
        block = page.locator(selector).first.locator("xpath=..")
    block.hover()
    page.evaluate("navigator.clipboard.writeText('')")
    block.locator("button.copybtn").click()
    page.wait_for_function("navigator.clipboard.readText().then(text => text.length > 0)")
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text.rstrip()


TO_FIND = {
    **{name: f"recipes/{name}.html" for name in MODULES},
    "子进程": "tutorial.html",
    "线程": "tutorial.html",
    "PlayerDied": "reference/api.html",
    "deadlocks": "start-methods.html",
}


def test_search_finds_every_recipe_and_chinese_words(browser: Browser, address: str) -> None:
    with Look(browser, address, DESK) as look:
        for query, expected in TO_FIND.items():
            links = found_by_search(look.go(f"search.html?q={query}"))
            assert any(expected in link for link in links), f"{query}: {links}"
        assert look.faults == []


def found_by_search(page: Page) -> list[str]:
    page.wait_for_function("document.querySelector('#search-results p.search-summary')")
    page.wait_for_function(
        "/found|匹配|did not match/.test(document.querySelector('#search-results').textContent)"
    )
    links: list[str] = page.eval_on_selector_all(
        "#search-results a", "links => links.map(link => link.getAttribute('href'))"
    )
    return links
