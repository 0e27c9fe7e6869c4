"""ipconfig.exe, route.exe, ping.exe and hostname.exe, in English and Japanese.

Source: learn.microsoft.com "ipconfig", "route_ws2008", "ping", "hostname".
"""

import ipaddress
import subprocess

from onshi_lab.windows import registry
from onshi_lab.windows.commandline import split
from onshi_lab.windows.network.model import IPV4, IPV6, Interface, Route
from onshi_lab.windows.network.stack import ACTIVE, AlreadyExists
from onshi_lab.windows.pc import Pc
from onshi_lab.windows.process import Process

IPCONFIG = {
    "en": {
        "title": "Windows IP Configuration",
        "adapter": "Ethernet adapter {}:",
        "suffix": "   Connection-specific DNS Suffix  . : ",
        "v6": "   IPv6 Address. . . . . . . . . . . : ",
        "link": "   Link-local IPv6 Address . . . . . : ",
        "v4": "   IPv4 Address. . . . . . . . . . . : ",
        "mask": "   Subnet Mask . . . . . . . . . . . : ",
        "auto": "   Autoconfiguration IPv4 Address. . : ",
        "gateway": "   Default Gateway . . . . . . . . . : ",
        "dhcp": "   DHCP Enabled. . . . . . . . . . . : ",
        "server": "   DHCP Server . . . . . . . . . . . : ",
        "dns": "   DNS Servers . . . . . . . . . . . : ",
        "yes": "Yes",
        "no": "No",
        "usage": "Error: unrecognized or incomplete command line.",
    },
    "ja": {
        "title": "Windows IP 構成",
        "adapter": "イーサネット アダプター {}:",
        "suffix": "   接続固有の DNS サフィックス . . . . .: ",
        "v6": "   IPv6 アドレス . . . . . . . . . . . .: ",
        "link": "   リンクローカル IPv6 アドレス. . . . .: ",
        "v4": "   IPv4 アドレス . . . . . . . . . . . .: ",
        "mask": "   サブネット マスク . . . . . . . . . .: ",
        "auto": "   自動構成 IPv4 アドレス. . . . . . . .: ",
        "gateway": "   デフォルト ゲートウェイ . . . . . . .: ",
        "dhcp": "   DHCP 有効 . . . . . . . . . . . . . .: ",
        "server": "   DHCP サーバー. . . . . . . . . . . . .: ",
        "dns": "   DNS サーバー . . . . . . . . . . . . .: ",
        "yes": "はい",
        "no": "いいえ",
        "usage": "エラー: 認識されないか、または不完全なコマンド ラインです。",
    },
}


def ipconfig(pc: Pc, process: Process, arguments: str) -> int:
    """Ipconfig without parameters, with /all or with /renew."""
    text = IPCONFIG[pc.config.language]
    option = arguments.strip().lower()
    if option == "/renew":
        pc.dhcp.renew()
    if option not in ("", "/all", "/renew"):
        process.write(f"\r\n{text['usage']}\r\n")
        return 1
    lines = ["", text["title"], "", ""]
    for interface in pc.network.interfaces():
        if not interface.loopback:
            lines += _describe(pc, interface, text, full=option == "/all")
    process.write("\r\n".join(lines) + "\r\n")
    return 0


def _describe(
    pc: Pc, interface: Interface, text: dict[str, str], *, full: bool = False
) -> list[str]:
    lines = [text["adapter"].format(interface.alias), "", text["suffix"]]
    mine = [a for a in pc.network.addresses() if a.index == interface.index]
    for address in (a for a in mine if a.family == IPV6):
        local = ipaddress.ip_address(address.ip).is_link_local
        label = text["link"] if local else text["v6"]
        lines.append(label + address.ip + (f"%{interface.index}" if local else ""))
    for address in (a for a in mine if a.family == IPV4):
        mask = ipaddress.ip_interface(f"{address.ip}/{address.prefix_length}").netmask
        given = ipaddress.ip_address(address.ip).is_link_local
        lines += [text["auto" if given else "v4"] + address.ip, text["mask"] + str(mask)]
    defaults = [r for r in pc.network.routes() if r.index == interface.index]
    hops = [r.next_hop for r in defaults if r.prefix in ("0.0.0.0/0", "::/0")]
    lines.append(text["gateway"] + ("\r\n" + " " * 39).join(hops))
    return [*lines, *(_more(pc, interface, text) if full else ()), ""]


def _more(pc: Pc, interface: Interface, text: dict[str, str]) -> list[str]:
    """What /all adds on where the address and the resolvers are from."""
    lines = [text["dhcp"] + text["yes" if pc.network.uses_dhcp(interface.index) else "no"]]
    lease = pc.network.leases.get(interface.index)
    if lease is not None and lease.server:
        lines.append(text["server"] + lease.server)
    servers = pc.network.dns_servers(interface.index, IPV4)
    return [*lines, text["dns"] + ("\r\n" + " " * 39).join(servers)]


def hostname(pc: Pc, process: Process, arguments: str) -> int:
    """The computer name."""
    if arguments.strip():
        process.write_error(
            "sethostname: Use the Network Control Panel Applet to set hostname.\r\n"
        )
        return 1
    process.write(pc.name + "\r\n")
    return 0


ROUTE = {
    "en": {
        "none": "  None",
        "interfaces": "Interface List",
        "v4": "IPv4 Route Table",
        "v6": "IPv6 Route Table",
        "active": "Active Routes:",
        "persistent": "Persistent Routes:",
        "columns": "Network Destination        Netmask          Gateway       Interface  Metric",
        "columns6": " If Metric Network Destination      Gateway",
        "stored": "  Network Address          Netmask  Gateway Address  Metric",
        "onlink": "On-link",
        "ok": " OK!",
        "exists": "The route addition failed: The object already exists.",
        "bad": "The route addition failed: The parameter is incorrect.",
        "missing": "The route deletion failed: Element not found.",
        "elevation": "The requested operation requires elevation.",
        "usage": "Manipulates network routing tables.",
    },
    "ja": {
        "none": "  なし",
        "interfaces": "インターフェイス一覧",
        "v4": "IPv4 ルート テーブル",
        "v6": "IPv6 ルート テーブル",
        "active": "アクティブ ルート:",
        "persistent": "固定ルート:",
        "columns": "ネットワーク宛先        ネットマスク          ゲートウェイ       "
        "インターフェイス  メトリック",
        "columns6": " If メトリック ネットワーク宛先      ゲートウェイ",
        "stored": "  ネットワーク アドレス          ネットマスク  "
        "ゲートウェイ アドレス  メトリック",
        "onlink": "リンク上",
        "ok": " OK!",
        "exists": "ルートの追加に失敗しました: オブジェクトは既に存在します。",
        "bad": "ルートの追加に失敗しました: パラメーターが間違っています。",
        "missing": "ルートの削除に失敗しました: 要素が見つかりません。",
        "elevation": "要求された操作には管理者特権が必要です。",
        "usage": "ネットワーク ルーティング テーブルを操作します。",
    },
}


def route(pc: Pc, process: Process, arguments: str) -> int:
    """Route print, add and delete (learn.microsoft.com, route_ws2008)."""
    words = split(arguments)
    text = ROUTE[pc.config.language]
    persistent = any(w.lower() == "-p" for w in words)
    words = [w for w in words if w.lower() not in ("-p", "-4", "-6")]
    verb = words[0].lower() if words else ""
    if verb == "print":
        process.write(_table(pc, text))
        return 0
    if verb not in ("add", "delete") or len(words) < 2:
        process.write_error(text["usage"] + "\r\n")
        return 1
    if not process.logon.elevated:
        process.write_error(text["elevation"] + "\r\n")
        return 1
    return (
        _add(pc, process, words[1:], persistent)
        if verb == "add"
        else _delete(pc, process, words[1:])
    )


def _add(pc: Pc, process: Process, words: list[str], persistent: bool) -> int:
    text = ROUTE[pc.config.language]
    try:
        wanted = _parse_route(pc, words)
        pc.network.add_route(wanted, persistent=persistent)
    except AlreadyExists:
        process.write_error(text["exists"] + "\r\n\r\n")
        return 1
    except (ValueError, LookupError):
        process.write_error(text["bad"] + "\r\n\r\n")
        return 1
    if persistent and wanted.family == IPV4:
        network = ipaddress.ip_network(wanted.prefix)
        name = f"{network.network_address},{network.netmask},{wanted.next_hop},{wanted.metric}"
        pc.registry.set(registry.PERSISTENT_ROUTES, name, "")
    process.write(text["ok"] + "\r\n")
    return 0


def _parse_route(pc: Pc, words: list[str]) -> Route:
    lowered = [w.lower() for w in words]
    destination = words[0]
    if "mask" in lowered:
        destination += "/" + words[lowered.index("mask") + 1]
        del words[lowered.index("mask") : lowered.index("mask") + 2]
        lowered = [w.lower() for w in words]
    network = ipaddress.ip_network(destination)
    hop = str(ipaddress.ip_address(words[1]))
    metric = int(words[lowered.index("metric") + 1]) if "metric" in lowered else 1
    given = lowered.index("if") + 1 if "if" in lowered else 0
    index = int(words[given]) if given else pc.network.towards(hop)
    return Route(str(network), hop, index, metric)


def _delete(pc: Pc, process: Process, words: list[str]) -> int:
    text = ROUTE[pc.config.language]
    destination, *more = words
    lowered = [word.lower() for word in more]
    given = {name: more[lowered.index(name) + 1] for name in ("mask", "if") if name in lowered[:-1]}
    hop = next(
        (w for w, before in zip(more, ["", *lowered], strict=False) if _is_hop(w, before)), ""
    )
    wanted = f"{destination}/{given['mask']}" if "mask" in given else destination
    found = [
        r
        for r in {*pc.network.routes(), *pc.network.stored.routes}
        if not r.on_link
        and _is_named(r.prefix, wanted)
        and hop in ("", r.next_hop)
        and given.get("if", str(r.index)) == str(r.index)
    ]
    if not found:
        process.write_error(text["missing"] + "\r\n\r\n")
        return 1
    for item in found:
        pc.network.remove_route(item)
        pc.forget_registry_route(item)
    process.write(text["ok"] + "\r\n")
    return 0


def _is_hop(word: str, before: str) -> bool:
    return before not in ("mask", "if", "metric") and word.lower() not in ("mask", "if", "metric")


def _is_named(prefix: str, wanted: str) -> bool:
    """Whether a route's prefix is meant: an address alone means every length."""
    if "/" in wanted:
        return prefix == str(ipaddress.ip_network(wanted, strict=False))
    return prefix.split("/", maxsplit=1)[0] == wanted


def _table(pc: Pc, text: dict[str, str]) -> str:
    rule = "=" * 75
    lines = [rule, text["interfaces"]]
    for item in reversed(pc.network.interfaces()):
        mac = item.mac.lower().replace("-", " ") or "." * 27
        lines.append(f"{item.index:>3}...{mac} ......{item.description}")
    lines += [rule, "", text["v4"], rule, text["active"], text["columns"]]
    lines += [_active(pc, r, text) for r in pc.network.routes(ACTIVE) if r.family == IPV4]
    lines += [rule, text["persistent"], *_stored(pc, IPV4, text), rule, "", text["v6"], rule]
    lines += [text["active"], text["columns6"]]
    for item6 in (r for r in pc.network.routes(ACTIVE) if r.family == IPV6):
        metric = item6.metric + pc.network.metric(item6.index, IPV6)
        hop = text["onlink"] if item6.on_link else item6.next_hop
        lines.append(f"{item6.index:>3} {metric:>6} {item6.prefix:<24} {hop}")
    lines += [rule, text["persistent"], *_stored(pc, IPV6, text)]
    return "\r\n".join(lines) + "\r\n"


def _active(pc: Pc, item: Route, text: dict[str, str]) -> str:
    network = ipaddress.ip_network(item.prefix)
    own = next(
        (a.ip for a in pc.network.addresses() if a.index == item.index and a.family == IPV4), ""
    )
    hop = text["onlink"] if item.on_link else item.next_hop
    metric = item.metric + pc.network.metric(item.index, IPV4)
    return (
        f"{network.network_address!s:>17}  {network.netmask!s:>15}  "
        f"{hop:>15}  {own:>14} {metric:>6}"
    )


def _stored(pc: Pc, family: int, text: dict[str, str]) -> list[str]:
    stored = [r for r in pc.network.stored.routes if r.family == family]
    keys = {r.key for r in stored}
    found = stored + [r for r in pc.registry_routes() if r.family == family and r.key not in keys]
    if not found:
        return [text["none"]]
    lines = [text["stored"]] if family == IPV4 else [text["columns6"]]
    for item in found:
        network = ipaddress.ip_network(item.prefix)
        if family == IPV4:
            lines.append(
                f"{network.network_address!s:>17}  {network.netmask!s:>15}  "
                f"{item.next_hop:>15}  {item.metric:>6}"
            )
        else:
            lines.append(f"  0 {item.metric:>6} {item.prefix:<24} {item.next_hop}")
    return lines


def ping(pc: Pc, process: Process, arguments: str) -> int:
    """Ping: -n COUNT, -w MILLISECONDS, -4, -6 and a target; real echo requests in the namespace."""
    words = split(arguments)
    count, wait, family, target = 4, 4000, "", ""
    iterator = iter(words)
    for word in iterator:
        option = word.lower().replace("/", "-", 1)
        if option == "-n":
            count = int(next(iterator, "4"))
        elif option == "-w":
            wait = int(next(iterator, "4000"))
        elif option in ("-4", "-6"):
            family = option
        elif option.startswith("-") or target:
            process.write(f"Bad option {word}.\r\n\r\n")
            return 1
        else:
            target = word
    if not target or not pc.config.kernel:
        process.write("IP address must be specified.\r\n")
        return 1
    command = [
        "ping",
        *([family] if family else []),
        "-n",
        "-c",
        str(count),
        "-W",
        str(max(1, wait // 1000)),
        target,
    ]
    result = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=count * 5 + 10
    )
    replies = result.stdout.count("bytes from")
    for line in (x for x in result.stdout.splitlines() if "bytes from" in x):
        process.write(
            f"Reply from {target}: bytes=32 "
            f"{line.rpartition('time=')[1]}{line.rpartition('time=')[2]}\r\n"
        )
    lost = count - replies
    process.write(
        f"\r\n    Packets: Sent = {count}, Received = {replies}, Lost "
        f"= {lost} ({lost * 100 // count}% loss),\r\n"
    )
    return 0 if replies else 1
