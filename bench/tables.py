# SPDX-License-Identifier: Apache-2.0
"""Markdown tables of results, and how they get into a document: between markers."""

import re


class Refused(Exception):
    """Why there are no tables; one sentence for the user."""


def table(heads, rows):
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows])


def number(value, digits=2):
    return "-" if value is None or value != value else f"{value:,.{digits}f}"


def update(document, name, text):
    """The document with a text between its markers."""
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    pattern = re.escape(begin) + ".*?" + re.escape(end)
    if len(re.findall(pattern, document, re.DOTALL)) != 1:
        raise Refused(f"The document has not exactly one pair of the markers {begin} and {end}.")
    return re.sub(pattern, lambda _: f"{begin}\n{text}\n{end}", document, flags=re.DOTALL)


def publish(text, name, document):
    """Prints a text; with a document, a file's path, puts it there too."""
    print(text)
    if document:
        document.write_text(update(document.read_text(), name, text))
