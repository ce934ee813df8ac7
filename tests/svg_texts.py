"""What a picture says."""

from __future__ import annotations

from xml.etree import ElementTree


def texts_of(svg: bytes) -> list[str]:
    elements = ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")
    return ["".join(each.itertext()).strip() for each in elements]
