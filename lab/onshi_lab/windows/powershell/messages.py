"""Localized messages of Windows PowerShell that scripts and people meet most."""

MESSAGES = {
    "CommandNotFound": {
        "en": "The term '{0}' is not recognized as the name of a cmdlet, "
        "function, script file, or operable "
        "program. Check the spelling of the name, or if a path was "
        "included, verify that the path is correct "
        "and try again.",
        "ja": "用語 '{0}' は、コマンドレット、関数、スクリプト ファイル、"
        "または操作可能なプログラムの名前として認識されません。"
        "名前が正しく記述されていることを確認し、パスが含まれている場合はそのパスが正しいことを確認してから、再試行してください。",
    },
    "position": {"en": "At line:{0} char:{1}", "ja": "発生場所 行:{0} 文字:{1}"},
    "position in a file": {"en": "At {2}:{0} char:{1}", "ja": "発生場所 {2}:{0} 文字:{1}"},
}


def message(name: str, language: str, *values: str) -> str:
    """The text of a message in a language."""
    return MESSAGES[name][language].format(*values)
