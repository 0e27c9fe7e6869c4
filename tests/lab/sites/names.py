"""Names that generated sites have: of institutions, sites, hosts, users and computers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of institution and its 点数表番号, the third digit of its code (1976 notice)."""

    table: str
    endings: tuple[str, ...]


KINDS = (
    Kind("1", ("内科クリニック", "医院", "整形外科", "こどもクリニック", "耳鼻咽喉科 本院")),
    Kind("3", ("歯科医院", "デンタルクリニック", "歯科・矯正歯科")),
    Kind("4", ("薬局", "調剤薬局 駅前店", "ファーマシー")),
)
FRONT = (
    "山田",
    "佐々木",
    "茅ヶ崎",
    "髙橋",
    "𠮷野",
    "さくら",
    "ひまわり",
    "ＡＢＣ".translate({0xFF21: "A", 0xFF22: "B", 0xFF23: "C"}),
    "一般社団法人 みどり会 緑が丘",
    "メディカル＆ケア".replace("＆", "&"),
)
SLUGS = (
    "yamada",
    "sakura-clinic",
    "a",
    "0120",
    "3rd-street-dental",
    "minato--ku",
    "x" * 52,
)
"""Beginnings of site names; the seed follows, which makes them unlike."""

ROUTER_HOSTS = ("router", "rtx", "ONS-Router", "r1.honkan", "gw_01")
SWITCH_HOSTS = ("switch", "hub", "SW-1F")
TERMINAL_HOSTS = (
    "terminal-{n}",
    "ons{n}",
    "Uketsuke.{n}",
    "shikaku_kakunin-{n}",
    "t{n}-2F",
)
RECEIPT_HOSTS = (
    "receipt-{n}",
    "recekon{n}",
    "PC-{n}",
    "karte.{n}",
    "laptop-{n}",
    "terminal-receipt-{n}",
    "center{n}",
)
"""Tokens; some look like names that the lab itself has for its nodes."""

ADMINS = (
    *("onsadmin", "clinicadmin", "Administrator", "admin-01", "OQSComApp", "a" * 20),
    *("院長", "clinic admin", "taro.yamada", "taro@outlook.jp", "CLINIC\\kanri", ".\\hosyu"),
    r"MicrosoftAccount\jiro+clinic@gmail.com",
)
LINK_USERS = (
    *("onslink", "ONSRenkei", "連携ユーザー", "link.user", "renkei_01", "renkei user", "o'renkei"),
)
RECEIPT_USERS = (
    *(
        "reception",
        "受付",
        "医事課",
        "uketsuke.1",
        "Dr_Yamada",
        "レセコン",
        "山田 太郎",
        "山田　太郎",
    ),
    *("hanako@outlook.jp", "uketsuke@clinic.example", ".\\iji", "CLINIC\\iji"),
)
COMPUTERS = (
    *("DESKTOP-{n}A7F2", "UKETSUKE{n}", "ORCA-{n}", "PC{n}", "X{n}-345678901234"),
    *("受付PC{n}", "UKETSUKE_0{n}", "レセコン{n}"),
)
"""The last one is also somebody's name: alone it would mean the PC."""
DNS_NAMES = ("terminal{n}.clinic.local", "ons-{n}", "shikaku{n}.lan")


def check_digit(code: str) -> str:
    """The last digit of a 医療機関コード of nine: Luhn (ISO/IEC 7812-1, annex B).

    In Saitama, Chiba, Tokyo and Kanagawa over the last seven digits only, itself included.
    """
    counted = code[3:] if code[:2] in {"11", "12", "13", "14"} else code
    doubled = [int(one) * (2 if place % 2 == 0 else 1) for place, one in enumerate(counted[::-1])]
    return str(-sum(one // 10 + one % 10 for one in doubled) % 10)
