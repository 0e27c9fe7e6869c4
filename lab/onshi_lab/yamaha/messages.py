"""The router's texts in its two languages, and the character codes of the console.

Sources: error texts of a published RTX1300 console log and of a published message table (DOMAIN
3.1); the pager of RTX reference 2.4 and a published capture. Texts marked "inference" have no
public source.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum


class Fault(Enum):
    """What was wrong with a command line; the value indexes the error texts."""

    COMMAND = "command"
    KEYWORD = "keyword"
    ADMINISTRATOR = "administrator"
    COUNT = "count"
    DENIED = "denied"
    INTEGER = "integer"
    RANGE = "range"
    ADDRESS = "address"
    UNSAVED = "unsaved"
    CONFLICT = "conflict"
    LIMIT = "limit"
    UNKNOWN_HOST = "unknown-host"
    NO_CONFIG = "no-config"


Language = str
"""`ja` or `en`."""

ERRORS: Mapping[Language, Mapping[Fault, str]] = {
    "ja": {
        Fault.COMMAND: "コマンド名を確認してください",
        Fault.KEYWORD: "パラメータのキーワードが認識できません",
        Fault.ADMINISTRATOR: "このコマンドは管理レベルでのみ使用できます",
        Fault.COUNT: "パラメータの数が不適当です",
        Fault.DENIED: "パスワードが間違っています",
        Fault.INTEGER: "パラメータは整数で指定してください",
        Fault.RANGE: "パラメータが範囲を越えています",
        Fault.ADDRESS: "IPアドレスが認識できません",
        # Inference: no public source for the wording of these.
        Fault.UNSAVED: "不揮発性メモリに保存されていない設定変更があります",
        Fault.CONFLICT: "他の設定と競合しています",
        Fault.LIMIT: "設定できる数を越えています",
        Fault.UNKNOWN_HOST: "ホスト名を解決できません",
        Fault.NO_CONFIG: "指定された設定ファイルはありません",
    },
    "en": {
        Fault.COMMAND: "Invalid command name",
        Fault.KEYWORD: "Illegal keyword",
        Fault.ADMINISTRATOR: "Administrator use only",
        Fault.COUNT: "Insufficient or too many parameters",
        Fault.DENIED: "Incorrect password",
        Fault.INTEGER: "Parameter must be an integer",
        Fault.RANGE: "Parameter out of range",
        Fault.ADDRESS: "Unrecognized IP address parameter",
        # Inference: no public source for the wording of these.
        Fault.UNSAVED: "Unsaved changes in volatile memory",
        Fault.CONFLICT: "Conflicts with another setting",
        Fault.LIMIT: "Too many entries",
        Fault.UNKNOWN_HOST: "Can't resolve host name",
        Fault.NO_CONFIG: "No such configuration file",
    },
}

TEXTS: Mapping[Language, Mapping[str, str]] = {
    "ja": {
        "more": "---つづく---",
        "ask-save": "新しい設定を保存しますか? (Y/N)",
        "saving": "セーブ中... CONFIG{number} 終了",
        # Inference from here on.
        "ask-key": "ホスト鍵が既に存在します。ホスト鍵を更新しますか? (Y/N)",
        "making-key": "鍵を生成しています...",
        "mismatch": "パスワードが一致しません",
        "restarting": "再起動中...",
        "searching": "Searching ...",
    },
    "en": {
        "more": "---more---",
        "ask-save": "Save new configuration ? (Y/N)",
        "saving": "Saving ... CONFIG{number} Done .",
        # Inference from here on (and the English form of "saving" and "more").
        "ask-key": "Host key already exists. Overwrite it ? (Y/N)",
        "making-key": "Generating host key ...",
        "mismatch": "Password mismatch",
        "restarting": "Restarting ...",
        "searching": "Searching ...",
    },
}

ENCODINGS: Mapping[str, tuple[Language, str]] = {
    "en.ascii": ("en", "ascii"),
    "ja.sjis": ("ja", "cp932"),
    "ja.euc": ("ja", "euc_jp"),
    "ja.utf8": ("ja", "utf-8"),
    "ascii": ("en", "ascii"),
    "sjis": ("ja", "cp932"),
    "euc": ("ja", "euc_jp"),
}
"""Language and Python codec of each value of `console character` (RTX reference 4.21)."""


def error_line(fault: Fault, language: Language) -> str:
    """The line the console prints for a fault.

    Half-width colon and a space, as in the RTX1300 log.
    """
    head = "エラー: " if language == "ja" else "Error: "
    return head + ERRORS[language][fault]


class CommandError(Exception):
    """A command line was refused; carries which of the vendor's errors to print."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault
