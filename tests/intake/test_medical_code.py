"""The check digit of medical institution codes."""

from __future__ import annotations

import pytest

from onshi_net.intake.medical_code import expected_check_digit


@pytest.mark.parametrize(
    "code",
    [
        "0110113719",  # the example of the Japanese Wikipedia article 処方箋発行医療機関コード
        "0110112489",  # public list of the 北海道厚生局: 0112489 with table digit 1
        "0110113420",
    ],
)
def test_luhn_over_all_ten_digits(code):
    assert expected_check_digit(code) == code[9]


def test_four_prefectures_leave_prefecture_and_table_out():
    digits = {
        expected_check_digit(f"{prefecture}1123456") for prefecture in ("11", "12", "13", "14")
    }
    assert len(digits) == 1
