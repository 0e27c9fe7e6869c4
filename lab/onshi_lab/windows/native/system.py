"""whoami.exe, cmdkey.exe, shutdown.exe and w32tm.exe.

Sources: learn.microsoft.com "whoami", "cmdkey", "shutdown", "net user", "w32tm" pages.
"""

import re

from onshi_lab.windows import vault
from onshi_lab.windows.commandline import split
from onshi_lab.windows.pc import Pc
from onshi_lab.windows.process import Process
from onshi_lab.windows.vault import Credential, CredentialError

CMDKEY = {
    "en": {
        "added": "\r\nCMDKEY: Credential added successfully.\r\n",
        "deleted": "\r\nCMDKEY: Credential deleted successfully.\r\n",
        "list": "\r\nCurrently stored credentials:\r\n",
        "none": "* NONE *",
        "target": "    Target: {}",
        "type": "    Type: {}",
        "user": "    User: {}",
        "domain": "Domain Password",
        "generic": "Generic ",
        "local": "    Local machine persistence",
        "missing": "CMDKEY: Element not found.\r\n",
        "usage": "The command line parameters are incorrect.\r\n",
        "1312": "CMDKEY: Credentials cannot be saved from this logon session.\r\n",
    },
    "ja": {
        "added": "\r\nCMDKEY: 資格情報を正しく追加しました。\r\n",
        "deleted": "\r\nCMDKEY: 資格情報を正しく削除しました。\r\n",
        "list": "\r\n現在保存されている資格情報:\r\n",
        "none": "* なし *",
        "target": "    ターゲット: {}",
        "type": "    種類: {}",
        "user": "    ユーザー: {}",
        "domain": "ドメイン パスワード",
        "generic": "汎用 ",
        "local": "    ローカル コンピューターで永続的",
        "missing": "CMDKEY: 要素が見つかりません。\r\n",
        "usage": "コマンド ライン パラメーターが正しくありません。\r\n",
        "1312": "CMDKEY: このログオン セッションからは資格情報を保存できません。\r\n",
    },
}


NET = {
    "en": {
        "done": "The command completed successfully.\r\n\r\n",
        "usage": "The syntax of this command is:\r\n\r\nNET USER\r\n",
        "denied": "System error 5 has occurred.\r\n\r\nAccess is denied.\r\n\r\n",
        "missing": "The user name could not be found.\r\n\r\n",
    },
    "ja": {
        "done": "コマンドは正常に終了しました。\r\n\r\n",
        "usage": "このコマンドの構文は次のとおりです:\r\n\r\nNET USER\r\n",
        "denied": "システム エラー 5 が発生しました。\r\n\r\nアクセスが拒否されました。\r\n\r\n",
        "missing": "ユーザー名が見つかりません。\r\n\r\n",
    },
}


def fltmc(pc: Pc, process: Process, arguments: str) -> int:
    """The filter manager's list, for an elevated administrator only (fltmc.exe)."""
    if arguments.strip() or not pc.is_elevated(process.logon):
        process.write_error("Access is denied.\r\n")
        return 1
    process.write("\r\nFilter Name                     Num Instances    Altitude    Frame\r\n")
    return 0


def whoami(pc: Pc, process: Process, arguments: str) -> int:
    """The user name; /user adds the SID, /groups the token's group SIDs."""
    option = arguments.strip().lower()
    name = f"{pc.name}\\{process.logon.user}".lower()
    if process.logon.sid == "S-1-5-18":
        name = "nt authority\\system"
    if option == "":
        process.write(name + "\r\n")
    elif option == "/user":
        process.write(f"{name} {process.logon.sid}\r\n")
    elif option == "/groups":
        process.write("".join(f"{sid}\r\n" for sid in sorted(pc.sids(process.logon))))
    else:
        process.write_error(f"ERROR: Invalid argument/option - '{arguments.strip()}'.\r\n")
        return 1
    return 0


def cmdkey(pc: Pc, process: Process, arguments: str) -> int:
    """Cmdkey /list, /add, /generic and /delete, on the store of the logon that runs it."""
    text = CMDKEY[pc.config.language]
    matches = (re.match(r"/(\w+):?(.*)", word, re.S) for word in split(arguments))
    options = {m[1].lower(): m[2] for m in matches if m is not None}
    try:
        return _cmdkey(pc, process, options, text)
    except CredentialError as error:
        if error.code == vault.NO_SUCH_LOGON_SESSION:
            process.write_error(text["1312"])
        elif "list" in options:
            process.write(f"{text['list']}\r\n{text['none']}\r\n")
            return 0
        else:
            process.write_error(text["missing"])
        return 1


def _cmdkey(pc: Pc, process: Process, options: dict[str, str], text: dict[str, str]) -> int:
    logon = process.logon
    if "list" in options and len(options) == 1:
        if not logon.has_credential_set:
            raise CredentialError(vault.NOT_FOUND)  # /list from a network logon shows nothing
        _list(pc, process, options["list"], text)
    elif "delete" in options and len(options) == 1:
        pc.vault.delete(logon, options["delete"], vault.DOMAIN_PASSWORD)
        process.write(text["deleted"])
    elif ("add" in options or "generic" in options) and {"user", "pass"} <= options.keys():
        generic = "generic" in options
        kind = vault.GENERIC if generic else vault.DOMAIN_PASSWORD
        target = options["generic" if generic else "add"]
        blob = options["pass"].encode("utf-16-le")
        persist = vault.ENTERPRISE
        pc.vault.write(logon, Credential(target, kind, options["user"], blob, persist), bare=True)
        process.write(text["added"])
    else:
        process.write_error(text["usage"])
        return 1
    return 0


def _list(pc: Pc, process: Process, pattern: str, text: dict[str, str]) -> None:
    lines = [text["list"]]
    for entry in pc.vault.enumerate(process.logon, pattern or None):
        domain = entry.kind == vault.DOMAIN_PASSWORD
        prefix = "Domain:target=" if domain else "LegacyGeneric:target="
        lines += [text["target"].format(prefix + entry.target)]
        lines += [text["type"].format(text["domain" if domain else "generic"])]
        lines += [text["user"].format(entry.user), text["local"], ""]
    process.write("\r\n".join(lines) + "\r\n")


def net(pc: Pc, process: Process, arguments: str) -> int:
    """Net user NAME /active:{yes|no} ("net user" page).

    It sets the account's flags; setting them without UF_LOCKOUT unlocks it (USER_INFO_1008; that
    net.exe does so is an inference). Every other use is refused as a wrong one.
    """
    words = split(arguments)
    text = NET[pc.config.language]
    switch = words[2].lower() if len(words) == 3 and words[0].lower() == "user" else ""
    if switch not in ("/active:yes", "/active:no"):
        process.write_error(text["usage"])
        return 1
    if not process.logon.elevated:
        process.write_error(text["denied"])
        return 2
    if pc.accounts.find(words[1]) is None:
        process.write_error(text["missing"])
        return 2
    pc.accounts.update(words[1], enabled=switch == "/active:yes", failed_logons=0)
    process.write(text["done"])
    return 0


def secedit(pc: Pc, process: Process, arguments: str) -> int:
    """Secedit /export /areas USER_RIGHTS /cfg FILE ("secedit export" page): UTF-16 with a mark.

    Built-in groups are written as `*SID`; that a right which nobody has has no line is an
    inference.
    """
    words = split(arguments)
    if [w.lower() for w in words[:4]] != ["/export", "/areas", "user_rights", "/cfg"]:
        process.write("The syntax of this command is incorrect.\r\n")
        return 1
    if not process.logon.elevated:
        process.write("Access is denied.\r\n")
        return 1
    lines = ["[Unicode]", "Unicode=yes", "[Privilege Rights]"]
    for right, sids in sorted(pc.security.rights.items()):
        if sids:
            lines.append(f"{right} = {','.join(f'*{sid}' for sid in sids)}")
    lines += ["[Version]", 'signature="$CHICAGO$"', "Revision=1", ""]
    text = "\r\n".join(lines)
    pc.files(process).write(words[4], b"\xff\xfe" + text.encode("utf-16-le"))
    process.write("The task has completed successfully.\r\n")
    return 0


def shutdown(pc: Pc, process: Process, arguments: str) -> int:
    """Shutdown /r with /t, /f, /d and /c; the restart is carried out at once."""
    words = [w.lower().replace("-", "/", 1) for w in split(arguments)]
    allowed = re.compile(r"/(r|f|t|d|c|a)$|[\w:]+$")
    if "/r" not in words or not all(allowed.match(w) for w in words):
        process.write('Usage: shutdown [/r] [/f] [/t xxx] [/d [p|u:]xx:yy] [/c "comment"]\r\n')
        return 1
    if not process.logon.elevated:
        process.write_error("Access is denied.(5)\r\n")
        return 5
    pc.request_reboot(User=process.logon.user, Process="shutdown.exe")
    return 0


def w32tm(pc: Pc, process: Process, arguments: str) -> int:
    """w32tm /query /status, /query /source and /resync."""
    words = split(arguments.lower())
    if words[:1] == ["/resync"]:
        if not pc.services.running("W32Time"):
            process.write(
                "The following error occurred: The service has not been started. (0x80070426)\r\n"
            )
            return 1
        pc.clock.set_skew(0)
        process.write(
            "Sending resync command to local computer\r\nThe command completed successfully.\r\n"
        )
        return 0
    if words[:2] not in (["/query", "/status"], ["/query", "/source"]):
        process.write("The command or parameters are not recognized.\r\n")
        return 1
    if not pc.services.running("W32Time"):
        process.write(
            "The following error occurred: The service has not been started. (0x80070426)\r\n"
        )
        return 1
    key = r"HKLM\SYSTEM\CurrentControlSet\Services\W32Time\Parameters"
    process.write(f"Source: {pc.registry.get(key, 'NtpServer')}\r\n")
    return 0
