"""The bundled pictures: one for every country, harmless, and each icon that the style sheet and the code name."""

import re
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from data.countries import codes
from ui.badge import RISK_LOOKS, STATUS_LOOKS

ASSETS = Path(__file__).parent.parent / "assets"
PICTURES = sorted(ASSETS.rglob("*.svg"))
SHAPES = set("svg g path rect circle ellipse line polyline polygon defs clipPath use title".split())


def test_there_is_a_flag_for_every_country() -> None:
    flags = {file.stem for file in (ASSETS / "flags").glob("*.svg")}
    assert flags == {code.lower() for code in codes()} | {"unknown"}
    assert "MIT" in (ASSETS / "flags" / "LICENSE").read_text()


def test_pictures_hold_shapes_and_nothing_else() -> None:
    for file in PICTURES:
        text = file.read_text(encoding="utf-8")
        assert "<!" not in text, file.name  # neither entities nor comments
        for element in Xml.fromstring(text).iter():  # noqa: S314 - our own files, and entities are ruled out above
            assert element.tag.removeprefix("{http://www.w3.org/2000/svg}") in SHAPES, file.name
            for name, value in element.attrib.items():
                assert not name.lower().startswith("on"), file.name
                assert "url(" not in value or value.startswith("url(#"), file.name
                assert not name.endswith("href") or value.startswith("#"), file.name


@pytest.mark.parametrize("file", [file for file in PICTURES if file.parent.name == "icons"], ids=lambda file: file.stem)
def test_an_icon_has_its_class_in_the_style_sheet(file: Path) -> None:
    rules = (ASSETS / "console.css").read_text(encoding="utf-8")
    assert f"url(icons/{file.name})" in rules


def test_every_picture_that_is_named_is_there() -> None:
    rules = (ASSETS / "console.css").read_text(encoding="utf-8")
    named = set(re.findall(r"url\(([^)]+\.svg)\)", rules))
    named |= {f"icons/{look.icon}.svg" for look in [*STATUS_LOOKS.values(), *RISK_LOOKS.values()] if look.icon}
    assert named
    assert not [name for name in sorted(named) if not (ASSETS / name).is_file()]
