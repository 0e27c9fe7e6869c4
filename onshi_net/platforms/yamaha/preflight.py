"""Who else is at work on a router."""

from __future__ import annotations

import re
from dataclasses import dataclass

from onshi_net.errors import DeviceError

_USER = re.compile(
    r"^(?P<own>[* ])?(?P<admin>[+ ])?(?P<radius>[@ ])?\s*(?P<user>\S+)\s+(?P<way>[a-z-]+\d*)\s+"
    r"\d\d/\d\d \d\d:\d\d\s+\S+(?:\s+(?P<address>\S+))?\s*$"
)
"""A row of `show status user`; the three marks stand before the name (RTX command reference 58.47).
"""


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """Somebody on the router's consoles."""

    user: str
    way: str
    address: str
    own: bool
    admin: bool


def logged_in(answer: str) -> tuple[LoggedIn, ...]:
    """Reads `show status user` in either language."""
    rows = (_USER.match(row) for row in answer.splitlines())
    return tuple(
        LoggedIn(
            user=row["user"],
            way=row["way"],
            address=row["address"] or "",
            own=row["own"] == "*",
            admin=row["admin"] == "+",
        )
        for row in rows
        if row is not None
    )


def check_alone(host: str, answer: str) -> None:
    """Raises DeviceError when somebody else is administrator.

    A console of the same user from the same address is a leftover of an earlier run of ours whose
    connection broke.
    """
    users = logged_in(answer)
    own = {(user.user, user.address) for user in users if user.own}
    for user in users:
        if user.admin and not user.own and (user.user, user.address) not in own:
            raise DeviceError(
                "provision.somebody-else",
                host=host,
                user=user.user,
                where=user.address or user.way,
            )
