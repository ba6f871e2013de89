"""CSV files that a merchant hands in, line by line."""

import csv
import io
from collections.abc import Iterator


class CsvProblem(ValueError):
    """Why a file cannot be read at all; one or two sentences for the merchant."""


def text_of(content: bytes, largest: int) -> str:
    """The text of a file of at most ``largest`` bytes, without a byte order mark. Raises CsvProblem."""
    if len(content) > largest:
        raise CsvProblem(f"The file is larger than {largest // 1_000_000} MB.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CsvProblem("The file is not in UTF-8. Save it as CSV in UTF-8.") from None


def csv_lines(text: str, most: int) -> Iterator[tuple[int, list[str]]]:
    """The cells of each line with its number (a row over several lines has that of its first); empty ones are left out.

    The header comes first, whatever it is, and is not one of the ``most`` rows. Raises CsvProblem on the way.
    """
    # Spreadsheets of some countries write semicolons.
    separator = max(",;\t", key=text.partition("\n")[0].count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    count = -1
    while True:
        number = lines.line_num + 1
        try:
            cells = next(lines, None)
        except csv.Error as problem:
            raise CsvProblem(f"Line {lines.line_num} is not CSV: {problem}.") from None
        if cells is None:
            return
        if count >= 0 and not any(cells):
            continue
        count += 1
        if count > most:
            raise CsvProblem(f"The file has more than {most:,} rows.")
        yield number, cells
