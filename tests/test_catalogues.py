"""The catalogues hold every text of the interface, and every translation is finished."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.risk.readings import READINGS
from tests import catalogues
from ui.language import LANGUAGES

TRANSLATED = [language for language in LANGUAGES if language != "en"]
UPDATE = "run `python -m tests.catalogues` and translate what is new"


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{\w+[%@]?\}", text))


def test_the_template_is_up_to_date() -> None:
    assert catalogues.TEMPLATE.read_bytes() == catalogues.written(catalogues.extracted(), None), UPDATE


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_has_exactly_the_texts_of_the_interface(language: str) -> None:
    written = catalogues.written(catalogues.updated(language), language)
    assert catalogues.path(language).read_bytes() == written, UPDATE


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_is_finished(language: str) -> None:
    stored = catalogues.stored(catalogues.path(language), language)
    assert catalogues.messages(stored)
    assert not stored.obsolete
    for message in catalogues.messages(stored):
        forms = catalogues.texts(message)
        assert len(forms) == (stored.num_plurals if message.pluralizable else 1), message.id
        assert all(forms), f"not translated: {message.id}"
        assert not message.fuzzy, f"only guessed: {message.id}"
        wanted = placeholders("".join(message.id))
        assert all(placeholders(form) == wanted for form in forms), f"placeholders differ: {message.id}"


def test_the_figures_of_a_reason_are_those_that_are_read() -> None:
    asked = set().union(*map(placeholders, catalogues.of_rules()))
    assert {re.sub(r"\W", "", placeholder) for placeholder in asked} <= set(READINGS)


def calls() -> Iterator[tuple[str, ast.Call, int]]:
    """Every call for a text, with its place and how many of its first arguments have to be literal."""
    for folder in ("pages", "ui"):
        for file in sorted((catalogues.ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                    of_language = ast.unparse(node.func.value).endswith("language")
                    if of_language and node.func.attr in catalogues.KEYWORDS:
                        literal = 1 if node.func.attr == "text" else 2
                        yield f"{Path(folder) / file.name}:{node.lineno}", node, literal


def test_texts_are_written_where_they_are_asked_for() -> None:
    places = [
        place
        for place, call, literal in calls()
        if not all(isinstance(argument, ast.Constant) for argument in call.args[:literal])
    ]
    assert not places, f"these cannot be extracted: {places}"


def test_values_given_are_those_of_the_text() -> None:
    for place, call, literal in calls():
        texts = [str(ast.literal_eval(argument)) for argument in call.args[:literal]]
        given = {f"{{{keyword.arg}}}" for keyword in call.keywords}
        if isinstance(call.func, ast.Attribute) and call.func.attr == "plural":
            given.add("{n}")
        if given:  # without values the text is for the browser to complete
            assert given == set().union(*map(placeholders, texts)), place
