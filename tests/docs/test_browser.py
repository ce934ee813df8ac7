"""The built book in a real browser: it keeps to itself, can be read, searched, and copied from.

Every page is opened once. What was seen of it is kept, and each test looks at one property of all
pages.
"""

from __future__ import annotations

import faulthandler
import functools
import http.server
import importlib.util
import itertools
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

import pytest

from book_site import built_site, needs_sphinx, pages
from ipc_cookbook import gallery
from ipc_cookbook.catalog import MODULES

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page  # type: ignore[import-not-found,import-untyped,unused-ignore]

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
FLAGS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--no-sandbox",
]
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PHONE, DESK = 390, 1280
WIDTHS = 360, 768, 1024, 1280, 1920
PAPER = 718
"""A4 without its margins, in the browser's pixels."""
TO_FIND = {
    **{name: f"recipes/{name}.html" for name in MODULES},
    "子进程": "tutorial.html",
    "线程": "tutorial.html",
    "PlayerDied": "reference/api.html",
    "deadlocks": "start-methods.html",
    **{each.symptom: f"pitfalls/{each.name}.html" for each in gallery.all_pitfalls()},
    **dict.fromkeys(["zombie", "deadlock", "orphan", "进程间通信", "队列"], "glossary.html"),
    "leaked": "pitfalls/",
}
SEARCHES = {
    "multiprocessing queue example": "recipes/queue.html",
    "pipe between two processes": "recipes/pipe.html",
    "which ipc should I use": "choose.html",
    "queue or pipe faster": "measuring.html",
    "share numpy array between processes": "patterns/shared-array.html",
    "global variable not shared between processes": "why-global-fails.html",
    "fork vs spawn": "start-methods.html",
    "Can't pickle local object": "pitfalls/local-function.html",
    "freeze_support": "pitfalls/no-main-guard.html",
    "process.join hangs": "pitfalls/join-before-drain.html",
    "queue get hangs": "pitfalls/killed-in-put.html",
    "EOFError pipe recv": "pitfalls/end-left-open.html",
    "BrokenPipeError": "pitfalls/broken-pipe.html",
    "leaked shared_memory objects": "pitfalls/leaked-shared-memory.html",
    "Bus error docker": "pitfalls/bus-error.html",
    "ctrl-c does not kill workers": "pitfalls/ctrl-c-leaves-workers.html",
    "program hangs": "diagnose.html",
    "zmq hangs on exit": "pitfalls/linger.html",
    "graceful shutdown": "patterns/graceful-shutdown.html",
    "restart worker process": "patterns/supervision.html",
    "publish subscribe": "patterns/publish-subscribe.html",
    "producer consumer backpressure": "patterns/back-pressure.html",
    "unix domain socket": "recipes/unix-socket.html",
    "进程间通信": "index.html",
    "多进程 队列": "recipes/queue.html",
    "管道": "recipes/pipe.html",
    "共享内存": "recipes/shared-memory.html",
    "死锁": "diagnose.html",
    "僵尸进程": "glossary.html",
    "优雅退出": "patterns/graceful-shutdown.html",
    "全局变量 多进程": "why-global-fails.html",
    "发布订阅": "patterns/publish-subscribe.html",
    "程序卡住": "diagnose.html",
}
"""What people type, and the page that answers it, which is to be among the first."""
FIRST = 3

site = built_site
pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("default"),
    needs_sphinx,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium: apt-get install chromium"),
    pytest.mark.skipif(
        not all(map(importlib.util.find_spec, ("playwright", "axe_playwright_python"))),
        reason="Playwright or axe is missing: pip install '.[browser]'",
    ),
]


class Look(NamedTuple):
    """What was seen of a page: lists of things that are wrong, empty if all is well."""

    too_wide: list[str]
    cut: list[str]
    overlaps: list[str]
    faint_words: list[str]
    violations: list[str]
    copied_wrongly: list[str]
    copy_buttons: int


class Seen(NamedTuple):
    """All that the browser saw.

    :ivar faults: errors of the console, failed responses, requests to other hosts.
    :ivar found: the addresses that a search gave, by what was searched for.
    """

    looks: dict[str, Look]
    faults: list[str]
    found: dict[str, list[str]]


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


TOO_WIDE = """() => {  // whatever holds the article and can be scrolled sideways
  const found = [];
  for (let around = document.querySelector("article"); around; around = around.parentElement)
    if (around.scrollWidth > around.clientWidth && (around === document.documentElement
        || getComputedStyle(around).overflowX !== "visible"))
      found.push(`${around.tagName} ${around.className}: ${around.scrollWidth} px`);
  return found;
}"""
RESIZED = "fit(), reach()"
"""What the page does then; the event may come too late for us."""
CUT = """() => [
  ...[...document.querySelectorAll("article .table-wrapper, article .highlight-console pre")]
    .filter(element => element.scrollWidth > element.clientWidth + 1)
    .map(element => element.textContent.trim().slice(0, 60)),
  ...[...document.querySelectorAll(".skip-to-content, .copybtn")]
    .filter(element => matchMedia("print").matches && getComputedStyle(element).display !== "none")
    .map(element => "printed: " + element.className),
]"""
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


COPIES = """async () => {
  const found = [];
  for (const button of document.querySelectorAll("button.copybtn")) {
    const block = document.querySelector(button.dataset.clipboardTarget).cloneNode(true);
    const has_prompts = block.querySelector(".gp") !== null;
    block.querySelectorAll(".gp, .go").forEach(element => element.remove());
    const expected = block.textContent.trimEnd();
    await navigator.clipboard.writeText("");
    button.click();
    const copied = await navigator.clipboard.readText();
    const tidy = text => text.split("\\n").filter(line => line.trim()).join("\\n");
    const has_prompt = has_prompts && /^([$] |>>> |[.]{3} )/m.test(copied);
    if (!copied || tidy(copied) !== tidy(expected) || has_prompt) found.push(copied);
  }
  return [found, document.querySelectorAll("button.copybtn").length];
}"""
THIN_OUT = """() => {  // a word of code looks like the first one of its kind
  const seen = new Set();
  for (const word of document.querySelectorAll("pre span:not(:has(*))")) {
    const kind = [word.className, word.parentElement.className].join("/");
    if (seen.has(kind)) word.replaceWith(word.textContent);
    seen.add(kind);
  }
}"""
FIND_VIOLATIONS = """async tags => {
  const options = {runOnly: tags, resultTypes: ["violations"], preload: false};
  const found = await axe.run(document, options);
  const nodes = rule => rule.nodes.slice(0, 3).map(node => node.html.slice(0, 160));
  return found.violations.map(rule => [rule.id, ...nodes(rule)].join("  "));
}"""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on a free port of this machine; gives the address."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def opened(browser: Browser, address: str, faults: list[str]) -> Page:
    """A page that notes what goes wrong in it."""
    context = browser.new_context(
        permissions=["clipboard-read", "clipboard-write"], reduced_motion="reduce"
    )
    page = context.new_page()

    def note_if(is_fault: bool, text: str) -> None:
        if is_fault:
            faults.append(f"{page.url}: {text}")

    context.on("request", lambda request: note_if(not request.url.startswith(address), request.url))
    context.on("response", lambda got: note_if(got.status >= 400, f"{got.status} {got.url}"))
    page.on("console", lambda said: note_if(said.type == "error", said.text))
    page.on("pageerror", lambda error: note_if(True, str(error)))
    return page


def look_at(page: Page, url: str, axe: str) -> Look:
    """Open a page; look at it on a phone and on a desk, by day and by night, and on paper."""
    page.set_viewport_size({"width": PHONE, "height": 900})
    page.emulate_media(color_scheme="light")
    page.goto(url)
    overlaps = page.evaluate(OVERLAPS)
    copied_wrongly, copy_buttons = page.evaluate(COPIES)
    cut = []
    for width, media in *((width, "screen") for width in WIDTHS), (PAPER, "print"):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(media=media)  # type: ignore[arg-type,unused-ignore]
        if media == "screen":
            page.evaluate(RESIZED)
        cut += [f"{width} px, {media}: {found}" for found in page.evaluate(CUT)]
    page.emulate_media(media="screen")
    page.evaluate(THIN_OUT)
    page.evaluate(axe)
    too_wide, faint_words, violations = [], [], []
    for width, theme in itertools.product((PHONE, DESK), ("light", "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type,unused-ignore]
        page.evaluate(RESIZED)
        where = f"{width} px, {theme}"
        too_wide += [f"{where}: {found}" for found in page.evaluate(TOO_WIDE)]
        contrasts = page.evaluate(CONTRAST)
        faint_words += [f"{where}: {text}: {ratio:.1f}" for text, ratio in contrasts if ratio < 4.5]
        violations += [f"{where}: {found}" for found in page.evaluate(FIND_VIOLATIONS, WCAG)]
    return Look(too_wide, cut, overlaps, faint_words, violations, copied_wrongly, copy_buttons)


def search_for(page: Page, address: str, words: str) -> list[str]:
    page.goto(f"{address}/search.html?q={quote(words)}")
    page.wait_for_function(
        "/found|did not match/.test(document.querySelector('#search-results').textContent)"
    )
    links: list[str] = page.eval_on_selector_all(
        "#search-results a", "links => links.map(link => link.getAttribute('href'))"
    )
    return links


@pytest.fixture(scope="session")
def seen(site: Path) -> Seen:
    """Open every page, and search."""
    from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-not-found,import-untyped,unused-ignore]
    from playwright.sync_api import sync_playwright  # type: ignore[import-not-found,import-untyped,unused-ignore]

    faulthandler.cancel_dump_traceback_later()  # a busy machine takes minutes
    faults: list[str] = []
    with served(site) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = opened(browser, address, faults)
        looks = {name: look_at(page, f"{address}/{name}", AXE_SCRIPT) for name in pages(site)}
        found = {words: search_for(page, address, words) for words in {**TO_FIND, **SEARCHES}}
        browser.close()
    return Seen(looks, faults, found)


def wrong(seen: Seen, kind: str) -> dict[str, list[str]]:
    """The pages on which something of this kind is wrong, and what it is."""
    assert len(seen.looks) > len(MODULES)
    return {name: getattr(look, kind) for name, look in seen.looks.items() if getattr(look, kind)}


def test_no_request_leaves_the_host_and_the_console_is_quiet(seen: Seen) -> None:
    assert seen.faults == []


def test_no_page_scrolls_sideways(seen: Seen) -> None:
    assert wrong(seen, "too_wide") == {}


def test_no_table_and_no_transcript_is_cut(seen: Seen) -> None:
    assert wrong(seen, "cut") == {}


def test_axe_finds_no_violation_by_day_and_by_night(seen: Seen) -> None:
    assert wrong(seen, "violations") == {}


def test_the_words_of_pictures_can_be_read(seen: Seen) -> None:
    assert wrong(seen, "faint_words") == {}


def test_words_in_pictures_neither_overlap_nor_stick_out(seen: Seen) -> None:
    assert wrong(seen, "overlaps") == {}


def test_copy_buttons_copy_what_they_show_without_the_prompt(seen: Seen) -> None:
    assert all(seen.looks[f"recipes/{name}.html"].copy_buttons >= 4 for name in MODULES)
    assert wrong(seen, "copied_wrongly") == {}


@pytest.mark.parametrize(("words", "page"), TO_FIND.items())
def test_search_finds(seen: Seen, words: str, page: str) -> None:
    assert any(page in link for link in seen.found[words]), seen.found[words]


@pytest.mark.parametrize(("words", "page"), SEARCHES.items())
def test_what_people_type_is_among_the_first(seen: Seen, words: str, page: str) -> None:
    first = [link.partition("?")[0].partition("#")[0] for link in seen.found[words][:FIRST]]
    assert page in first, seen.found[words][:10]
