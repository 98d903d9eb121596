import csv
import io

import pandas as pd
import pytest

from twin_core.csv_file import csv_text


@pytest.mark.parametrize(
    "typed",
    ["=1+1", "+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1+1", '=HYPERLINK("http://x.invalid")'],
)
def test_text_that_would_be_a_formula_is_marked_as_text(typed):
    ((header,), (cell,)) = csv.reader(io.StringIO(csv_text(pd.DataFrame({"scenario": [typed]})), newline=""))
    assert (header, cell) == ("scenario", f"'{typed}")


@pytest.mark.parametrize("typed", ["Pump 9000", "a=b", "5 - 3", "#2", "'quoted'", ""])
def test_other_text_stays_as_it_is(typed):
    _, row = csv.reader(io.StringIO(csv_text(pd.DataFrame({"scenario": [typed]}))))
    assert row == [typed]


def test_numbers_stay_numbers():
    table = pd.DataFrame(
        {"flow": [-1.5, 2.0, None], "area": [1 / 3, 2e-7, 0.0], "frames": [-3, 4, 5], "usable": [True, False, True]}
    )
    text = csv_text(table)
    assert text.splitlines()[1] == "-1.5,0.333333,-3,True", "no quotes, no apostrophe, six digits"
    pd.testing.assert_frame_equal(pd.read_csv(io.StringIO(text)), table, rtol=1e-5)


def test_a_comment_holds_no_formula_behind_a_separator():
    text = csv_text(pd.DataFrame({"x": [1]}), ['x, =1+1; "@SUM(A1)\t-2: done', "a, b", "mean -3.2 mmHg"])
    assert text.splitlines()[:3] == ["""# x, '=1+1; "'@SUM(A1)\t'-2: done""", "# a, b", "# mean -3.2 mmHg"]
