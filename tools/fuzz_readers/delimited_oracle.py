"""Delimited text, one character at a time: RFC 4180, any line end, an empty line is no row, and a quote inside a value
that none opened is text."""

from tools.fuzz_readers.verdict import FIELDS, Verdict, judge

LONGEST = 131_072


def expected(content: bytes, encoding: str = "utf-8", delimiter: str = ",", quote: str | None = '"') -> Verdict:
    """The verdict on a file with a header."""
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        return Verdict(held={"that are not"})
    text = text.removeprefix("\ufeff")
    rows, problems = parse(text, delimiter, quote)
    if not rows and not problems:
        return Verdict(held={"is empty"} if not text else {"is empty", "wrong header"})
    has_empty_header = text[:1] in ("\r", "\n")
    if rows or has_empty_header:
        header = [] if has_empty_header else rows[0]
        if any(header.count(name) != 1 for name in FIELDS):
            problems.add("wrong header")
        body = rows[1:] if header else rows
        if any(len(row) != len(header) for row in body):
            problems.add("values for")
        if any(len(value) > LONGEST for row in rows for value in row):
            problems.add("characters")
    if problems:
        return Verdict(held=problems)
    places = {name: header.index(name) for name in FIELDS}
    return judge([{name: row[at] for name, at in places.items()} for row in body])


def parse(text: str, delimiter: str, quote: str | None) -> tuple[list[list[str]], set[str]]:
    """The rows up to the first problem, and what it is."""
    rows: list[list[str]] = []
    row: list[str] = []
    value = ""
    at, begun = 0, False
    while at < len(text):
        character = text[at]
        if character in "\r\n":
            at += 2 if text[at : at + 2] == "\r\n" else 1
            if begun:
                rows.append([*row, value])
            row, value, begun = [], "", False
        elif character == delimiter:
            row, value, begun = [*row, value], "", True
            at += 1
        elif quote is not None and character == quote and value == "" and (not begun or text[at - 1] == delimiter):
            begun = True
            end = at + 1
            while True:
                end = text.find(quote, end)
                if end < 0:
                    return rows, {"cannot be told from the next", "characters"}
                if text[end + 1 : end + 2] == quote:
                    value += text[at + 1 : end + 1]
                    at, end = end + 1, end + 2
                    continue
                break
            value += text[at + 1 : end]
            at = end + 1
            if at < len(text) and text[at] not in (delimiter, "\r", "\n"):
                return rows, {"cannot be told from the next"}
        else:
            value, begun = value + character, True
            at += 1
    if begun:
        rows.append([*row, value])
    return rows, set()
