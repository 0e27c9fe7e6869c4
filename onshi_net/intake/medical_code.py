"""The 10-digit medical institution code (医療機関コード): prefecture, table digit, check digit.

Form: prefecture 2 digits, 点数表番号 1 digit (1 医科, 3 歯科, 4 調剤, 6 訪問看護), 郡市区番号 2,
医療機関番号 4, 検証番号 1 (1976 notice on 医療機関コード, as summed up by 日本医療情報学会
2-G-3-04, 2022; 6 from the Japanese Wikipedia article 処方箋発行医療機関コード). Check digit: Luhn
over all ten digits (same article).

Measured on the 97,024 medical codes of the 地方厚生局 lists of 2025-08 (as gathered by
tomoueh/collect_med_inst_cd_py): all of 42 prefectures fit that rule with table digit 1 but 27
dental ones that fit with 3; Saitama, Chiba, Tokyo and Kanagawa compute the digit over the last
seven digits instead, without exception. That those four do so for the other tables too is an
inference.
"""

from __future__ import annotations

SEVEN_DIGIT_PREFECTURES = frozenset({"11", "12", "13", "14"})
PREFECTURES = range(1, 48)
TABLES = "1346"


def luhn_digit(digits: str) -> str:
    """Answers the digit that makes a Luhn number of `digits` (ISO/IEC 7812-1, annex B)."""
    total = 0
    for index, digit in enumerate(reversed(digits)):
        product = int(digit) * (2 if index % 2 == 0 else 1)
        total += product // 10 + product % 10
    return str(-total % 10)


def expected_check_digit(code: str) -> str:
    """Answers the check digit that a 10-digit code should end in."""
    start = 3 if code[:2] in SEVEN_DIGIT_PREFECTURES else 0
    return luhn_digit(code[start:9])
