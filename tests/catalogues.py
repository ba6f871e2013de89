"""`python -m tests.catalogues`: bring the gettext catalogues up to date with the texts of the interface.

Every literal given to `.text(…)`, `.plural(…)` and `.plural_forms(…)` in `ui` and `pages` goes to the template
`assets/locales/cartwatch.pot`, and so do the texts of `data/risk/rules.toml`. Each language keeps the translations of
texts that are still there; new ones are left empty for a person to write, since a guess that looks finished is worse
than a gap (`tests/test_catalogues.py` fails).
"""

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Final

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from data.risk.model import RULES, rules
from ui.language import CATALOGUES, LANGUAGES

ROOT: Final = Path(__file__).parent.parent
TEMPLATE: Final = CATALOGUES / "cartwatch.pot"
KEYWORDS: Final = {"text": None, "plural": (1, 2), "plural_forms": (1, 2)}

_HEADER = """\
# {title}
msgid ""
msgstr ""
"Project-Id-Version: cartwatch\\n"
{language}"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
{plurals}
"""


def extracted() -> Catalog:
    """The texts as the code has them now, with the files they are in."""
    catalogue = Catalog(charset="utf-8")
    for folder in ("pages", "ui"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            for _, message, _, _ in extract_from_file("python", file, keywords=KEYWORDS):
                # Without line numbers: a text that has only moved is no change.
                catalogue.add(message, locations=[(file.relative_to(ROOT).as_posix(), 0)])
    for text in of_rules():
        catalogue.add(text, locations=[(RULES.relative_to(ROOT).as_posix(), 0)])
    return catalogue


def of_rules() -> Iterator[str]:
    """The texts that the rules tell their reasons by; data knows no languages."""
    for signal in rules().signals:
        yield from signal.texts
        if signal.eases is not None:
            yield signal.eases
    yield from rules().unknown.values()


def path(language: str) -> Path:
    """The catalogue's file."""
    return CATALOGUES / language / "LC_MESSAGES" / "cartwatch.po"


def stored(file: Path, language: str | None = None) -> Catalog:
    """A catalogue as it is on disk; empty where there is none."""
    if not file.is_file():
        return Catalog(locale=language, charset="utf-8")
    with file.open("rb") as source:
        return read_po(source, locale=language, charset="utf-8")


def messages(catalogue: Catalog) -> list[Message]:
    """All of its messages without the header."""
    return [message for message in catalogue if message.id]


def updated(language: str) -> Catalog:
    """The language's catalogue with exactly the texts of today."""
    catalogue = stored(path(language), language)
    catalogue.update(extracted(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    return catalogue


def written(catalogue: Catalog, language: str | None) -> bytes:
    """The file's content. The header says only what readers need, so that it changes only when that does."""
    lines = {"title": "The texts of the interface.", "language": "", "plurals": ""}
    if language is not None:
        lines["title"] = f"The texts of the interface in {Locale(language).english_name}."
        lines["language"] = f'"Language: {language}\\n"\n'
        lines["plurals"] = f'"Plural-Forms: {catalogue.plural_forms}\\n"\n'
    body = BytesIO()
    write_po(body, catalogue, width=120, omit_header=True, sort_by_file=True, include_lineno=False)
    return (_HEADER.format(**lines) + body.getvalue().decode()).encode()


def main() -> int:
    """Write all catalogues; answers 1 when something is left to translate."""
    TEMPLATE.parent.mkdir(parents=True, exist_ok=True)
    TEMPLATE.write_bytes(written(extracted(), None))
    left = 0
    for language in LANGUAGES:
        if language == "en":
            continue  # the texts themselves are English
        catalogue = updated(language)
        path(language).parent.mkdir(parents=True, exist_ok=True)
        path(language).write_bytes(written(catalogue, language))
        empty = sum(not all(texts(message)) for message in messages(catalogue))
        print(f"{language}: {len(catalogue)} texts, {empty} to translate")
        left += empty
    return 1 if left else 0


def texts(message: Message) -> tuple[str, ...]:
    """The translations of a message: one, or one for each plural form."""
    return tuple(map(str, message.string)) if isinstance(message.string, list | tuple) else (message.string or "",)


if __name__ == "__main__":
    sys.exit(main())
