"""A search that finds words inside Chinese text.

Chinese has no spaces between words. Every pair of neighbouring characters goes into the index, and
what a reader looks for is cut in the same way: a page with all of its pairs is found. Other text
is split and stemmed as English.
"""

from __future__ import annotations

import re

from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish
from sphinx.util.typing import ExtensionMetadata

HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
RUNS = re.compile(rf"[{HAN}]+|[^\W{HAN}]+")
IS_HAN = re.compile(rf"[{HAN}]")


def split(text: str) -> list[str]:
    """Words; of a run of Chinese every pair and, for queries of one, every character."""
    found = []
    for run in RUNS.findall(text):
        if IS_HAN.match(run):
            found += [run[at : at + 2] for at in range(len(run) - 1)]
            found += run
        else:
            found.append(run)
    return found


class PairsInEnglish(SearchEnglish):
    lang = "en"
    js_splitter_code = r"""
var splitQuery = (query) =>
  (query.match(/\p{Script=Han}+|(?:(?!\p{Script=Han})[\p{Letter}\p{Number}_])+/gu) || [])
    .flatMap((run) => {
      const characters = Array.from(run);
      if (!/\p{Script=Han}/u.test(run) || characters.length === 1) return [run];
      return characters.slice(1).map((character, at) => characters[at] + character);
    });
"""

    def split(self, input: str) -> list[str]:  # noqa: A002
        return split(input)


class PairsInChinese(PairsInEnglish):
    lang = "zh"
    language_name = "Chinese"


def setup(app: Sphinx) -> ExtensionMetadata:
    app.add_search_language(PairsInEnglish)
    app.add_search_language(PairsInChinese)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
