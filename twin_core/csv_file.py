"""Tables as CSV that a spreadsheet program opens as what it is: text that somebody typed never becomes a formula.

A field that begins with =, +, - or @, a tab or a line's end is computed by such programs, and may run commands or send
data away (OWASP, CSV Injection). Text fields that begin so get an apostrophe before them; numbers stay numbers.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from typing import Any

import pandas as pd

_SIGNS = "=+\\-@＝＋－＠"  # the wide ones are taken for the others where East Asian text is typed
_FORMULA = re.compile(rf"[\t\r\n]|\s*[{_SIGNS}]")
# In a comment, which is in no quotes, whatever follows a separator is a field of its own.
_FORMULA_WITHIN = re.compile(rf"([,;\t][\s\"]*)(?=[{_SIGNS}])")


def csv_text(table: pd.DataFrame, comments: Iterable[str] = ()) -> str:
    """A table as CSV, numbers with six digits.

    Args:
        table: The table; its text is put in quotes, since a # in it would begin a comment for those who skip them.
        comments: Lines, each without a line's end, to stand before it after a #.
    """
    head = "".join(f"# {_FORMULA_WITHIN.sub(_before, line)}\n" for line in comments)
    # Without to_csv's float_format, which makes text of numbers, to be quoted with the rest.
    body = table.map(_written).to_csv(index=False, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    return head + body


def _before(found: re.Match[str]) -> str:
    return f"{found[1]}'"


def _written(field: Any) -> Any:
    if isinstance(field, float):
        return float(f"{field:.6g}")
    return f"'{field}" if isinstance(field, str) and _FORMULA.match(field) else field
