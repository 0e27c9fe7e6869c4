"""Texts of Win32 errors (learn.microsoft.com, System Error Codes), in English and Japanese."""

MESSAGES = {
    0: ("The operation completed successfully", "この操作を正しく終了しました。"),
    2: ("The system cannot find the file specified", "指定されたファイルが見つかりません。"),
    3: ("The system cannot find the path specified", "指定されたパスが見つかりません。"),
    5: ("Access is denied", "アクセスが拒否されました。"),
    53: ("The network path was not found", "ネットワーク パスが見つかりません。"),
    67: ("The network name cannot be found", "ネットワーク名が見つかりません。"),
    87: ("The parameter is incorrect", "パラメーターが間違っています。"),
    1004: ("Invalid flags", "無効なフラグです。"),
    1168: ("Element not found", "要素が見つかりません。"),
    1312: (
        "A specified logon session does not exist. It may already have been terminated",
        "指定されたログオン セッションは存在しません。"
        "そのセッションは既に終了している可能性があります。",
    ),
    1326: (
        "The user name or password is incorrect",
        "ユーザー名またはパスワードが正しくありません。",
    ),
    2202: ("The specified username is invalid", "指定されたユーザー名は無効です。"),
}


def message_of(code: int, language: str) -> str:
    """The text of an error code."""
    english, japanese = MESSAGES.get(
        code, (f"Unknown error (0x{code:x})", f"不明なエラー (0x{code:x})")
    )
    return japanese if language == "ja" else english
