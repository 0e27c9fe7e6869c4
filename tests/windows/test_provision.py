"""A PC becomes what the intent says, stays so, and is as before when anything fails."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from pathlib import Path
from typing import Any

import pytest

from onshi_net.errors import ChangeStuck, ChangeUndone, DeviceError, LoginRefused, WrongDevice
from onshi_net.facts.pc import StoreState
from onshi_net.inventory.secrets import Secret, Secrets
from onshi_net.model.windows import ReceiptFacts, Route, RoutePath, WindowsFacts
from onshi_net.pcs import resources as r
from onshi_net.pcs.proof import entries_to_write
from onshi_net.provision import State
from onshi_net.provision.windows import WindowsOutcome, apply_windows, plan_windows
from onshi_net.provision.windows import apply as apply_module
from onshi_net.provision.windows.apply import Refused
from onshi_net.transport.windows import ScriptFailed, WindowsLost
from tests.provision.disk import full_at
from tests.windows.fake_pc import (
    LINK,
    NOW,
    VALUES,
    Fake,
    FakeReceipt,
    FakeTerminal,
    everything_under,
    intents,
    receipt,
    secrets,
    terminal,
)

TERMINAL, RECEIPT = intents()
NETWORK, ROUTER = IPv4Network("10.51.1.0/24"), IPv4Address("192.168.1.254")
BOTH = (r.ACTIVE, r.PERSISTENT)
GOOD = r.Route(NETWORK, ROUTER, 7, 1, BOTH)


def run(pc: FakeReceipt | FakeTerminal, runs: Path, **options: Any) -> WindowsOutcome:
    intent = RECEIPT if isinstance(pc, FakeReceipt) else TERMINAL
    return apply_windows(
        options.pop("intent", intent),
        options.pop("secrets", secrets()),
        pc.session,
        runs=runs,
        site="demo-clinic",
        **options,
    )


def plan(pc: FakeReceipt | FakeTerminal, intent: Any = None, now: datetime = NOW) -> Any:
    given = intent or (RECEIPT if isinstance(pc, FakeReceipt) else TERMINAL)
    return plan_windows(given, secrets(), pc.session(), now=now)


# Receipt PC


def test_a_full_disk_leaves_the_pc_as_it_was(tmp_path: Path) -> None:
    pc = receipt()
    with pytest.raises(ChangeUndone, match="No space left"):
        run(pc, tmp_path, progress=full_at("windows.changing-and-proving", tmp_path))
    assert (pc.routes, pc.store) == ([], {})
    assert run(pc, tmp_path).state is State.CHANGED


def test_what_comes_up_while_it_waits_refuses_the_pc(tmp_path: Path) -> None:
    pc = receipt()
    run(pc, tmp_path)

    def terminals_change() -> bool:
        pc.addresses.append((9, "10.51.1.77/24"))
        return True

    with pytest.raises(Refused, match=r"10\.51\.1\.77"):
        run(pc, tmp_path, before_change=terminals_change)


def test_a_new_receipt_pc_gets_route_and_entry_and_the_second_run_changes_nothing(
    tmp_path: Path,
) -> None:
    pc = receipt()
    first = run(pc, tmp_path)
    assert first.state is State.CHANGED
    assert first.changed
    assert pc.routes == [GOOD]
    assert pc.store == {"10.51.1.11": ("10.51.1.11\\onslink", LINK)}
    second = run(pc, tmp_path)
    assert second.state is State.UNCHANGED
    assert not second.changed
    assert second.plan.is_empty
    assert pc.writes == 1
    assert len(pc.applied) == 1


def test_names_in_another_case_are_the_same_names(tmp_path: Path) -> None:
    """A vendor made user, share, folder and entry by hand, in capitals."""
    there = terminal()
    run(there, tmp_path / "terminal")
    named = {r.User: "name", r.Share: "name", r.GrantedFolder: "path", r.ServiceState: "name"}
    for key, one in there.things.items():
        if (field := named.get(type(one))) is not None:
            there.things[key] = replace(one, **{field: getattr(one, field).swapcase()})
        if isinstance(one, r.Share):
            granted = tuple(r.Grant(g.account.swapcase(), g.right) for g in one.access)
            there.things[key] = replace(there.things[key], access=granted, path=one.path.swapcase())
    assert plan(there).diff == ()
    assert [one.name for one in plan(there).notes] == ["os-ends"]
    pc = receipt()
    run(pc, tmp_path / "receipt")
    pc.store = {target: (user.swapcase(), word) for target, (user, word) in pc.store.items()}
    assert plan(pc).diff == ()


def test_the_entry_is_proved_by_a_new_logon_after_it_was_written(tmp_path: Path) -> None:
    pc = receipt(routes=[GOOD])
    run(pc, tmp_path)
    assert pc.logons == 3  # plan, writing, after writing


@pytest.mark.parametrize(
    "wrong",
    [
        [r.Route(NETWORK, IPv4Address("192.168.1.1"), 7, 1, BOTH)],
        [r.Route(NETWORK, IPv4Address("192.168.1.1"), 7, 1, (r.PERSISTENT,)), GOOD],
        [r.Route(NETWORK, ROUTER, 7, 1, (r.ACTIVE,))],
        [r.Route(NETWORK, ROUTER, 7, 1, (r.PERSISTENT,))],
        [r.Route(NETWORK, ROUTER, 7, 50, BOTH)],
        [r.Route(NETWORK, ROUTER, 3, 1, BOTH)],
        [r.Route(IPv4Network("10.51.1.11/32"), IPv4Address("192.168.1.9"), 7, 1, BOTH), GOOD],
        [GOOD, r.Route(NETWORK, IPv4Address("192.168.1.9"), 7, 1, (r.ACTIVE,))],
    ],
)
def test_wrong_routes_are_replaced_and_duplicates_removed(
    tmp_path: Path, wrong: list[r.Route]
) -> None:
    pc = receipt(routes=list(wrong))
    assert not plan(pc).is_empty
    run(pc, tmp_path)
    assert pc.routes == [GOOD]


def test_other_routes_stay(tmp_path: Path) -> None:
    others = [
        r.Route(IPv4Network("0.0.0.0/0"), IPv4Address("192.168.1.1"), 7, 0, BOTH),
        r.Route(IPv4Network("10.0.0.0/8"), IPv4Address("192.168.1.1"), 7, 0, BOTH),
    ]
    pc = receipt(routes=list(others))
    run(pc, tmp_path)
    assert [one for one in pc.routes if one in others] == others


@pytest.mark.parametrize("routes", [[GOOD], []])
def test_what_a_gateways_redirect_taught_is_nobodys_to_remove(
    tmp_path: Path, routes: list[r.Route]
) -> None:
    """With the route on the clinic's device that device redirects: router and PC are on one LAN."""
    path = RoutePath.PC if routes else RoutePath.CLINIC_DEVICE
    _, intent = intents(WindowsFacts(receipt=ReceiptFacts(route=path)))
    pc = receipt(routes=routes, redirects=[("10.51.1.11/32", "192.168.1.254")], reachable=True)
    run(pc, tmp_path, intent=intent)
    assert run(pc, tmp_path, intent=intent).state is State.UNCHANGED
    assert pc.routes == routes


def test_the_clinics_own_way_may_come_by_dhcp(tmp_path: Path) -> None:
    _, intent = intents(WindowsFacts(receipt=ReceiptFacts(route=RoutePath.CLINIC_DEVICE)))
    pc = receipt(leases=[("10.51.1.0/24", "192.168.1.1")], routes=[GOOD], reachable=True)
    run(pc, tmp_path, intent=intent)
    assert pc.routes == []
    assert run(pc, tmp_path, intent=intent).state is State.UNCHANGED


def test_a_right_route_of_dhcp_becomes_one_that_stays(tmp_path: Path) -> None:
    pc = receipt(leases=[("10.51.1.0/24", "192.168.1.254")], reachable=True)
    (route, *_entries) = plan(pc).differences
    lent = replace(GOOD, metric=256, stores=(r.ACTIVE,))
    assert (route.before, route.after) == (r.Ways(NETWORK, (lent,)), r.Ways(NETWORK, (GOOD,)))


def test_a_right_route_of_route_p_add_counts_and_a_wrong_one_goes(tmp_path: Path) -> None:
    pc = receipt(
        routes=[r.Route(NETWORK, ROUTER, 7, 1, (r.ACTIVE,))],
        old_routes=[
            "10.51.1.0,255.255.255.0,192.168.1.254,1",
            "10.51.1.0,255.255.255.0,192.168.1.9,1",
            "odd",
        ],
    )
    run(pc, tmp_path)
    assert pc.old_routes == ["10.51.1.0,255.255.255.0,192.168.1.254,1", "odd"]
    assert pc.routes == [r.Route(NETWORK, ROUTER, 7, 1, (r.ACTIVE,))]


@pytest.mark.parametrize(
    ("pc", "name"),
    [
        (receipt(addresses=[(9, "10.51.1.77/24")]), "on-link"),
        (receipt(addresses=[(9, "10.51.0.1/16")]), "on-link"),
        (receipt(routes=[r.Route(NETWORK, IPv4Address(0), 9, 1, BOTH)]), "on-link-route"),
        (receipt(leases=[("10.51.1.0/24", "192.168.1.1")]), "dhcp-route"),
        (receipt(address="192.168.2.21/24"), "next-hop-off-link"),
        (receipt(address="192.168.1.254/24"), "own-next-hop"),
        (receipt(build=9600), "receipt-os"),
        (receipt(product_type=3), "receipt-os"),
    ],
)
def test_what_can_not_work_is_refused_with_its_reason(
    tmp_path: Path, pc: FakeReceipt, name: str
) -> None:
    found = plan(pc)
    assert name in [one.name for one in found.conflicts]
    assert all(one.remedy for one in found.conflicts)
    with pytest.raises(Refused) as refused:
        run(pc, tmp_path)
    assert str(found.conflicts[0]) in str(refused.value)
    assert pc.applied == []
    assert pc.logons == 0


def test_the_route_goes_over_the_card_with_the_cable(tmp_path: Path) -> None:
    pc = receipt(addresses=[(3, "192.168.1.33/24")], unplugged=frozenset({3}))
    run(pc, tmp_path)
    assert pc.routes == [GOOD]


def test_windows_11_is_taken(tmp_path: Path) -> None:
    assert run(receipt(build=22631), tmp_path).changed


def test_a_route_on_the_clinics_device_means_none_on_the_pc(tmp_path: Path) -> None:
    _, intent = intents(WindowsFacts(receipt=ReceiptFacts(route=RoutePath.CLINIC_DEVICE)))
    pc = receipt(routes=[GOOD], reachable=True)
    run(pc, tmp_path, intent=intent)
    assert pc.routes == []
    assert pc.store
    assert run(pc, tmp_path, intent=intent).state is State.UNCHANGED


def test_a_pc_in_the_terminal_network_is_refused_also_without_a_route_of_its_own() -> None:
    _, intent = intents(WindowsFacts(receipt=ReceiptFacts(route=RoutePath.CLINIC_DEVICE)))
    pc = receipt(addresses=[(9, "10.51.1.77/24")])
    assert [one.name for one in plan(pc, intent).conflicts] == ["on-link"]


@pytest.mark.parametrize("hop", ["fe80::1", "2001:db8:1::1"])
def test_ipv6_routes_are_made_and_wrong_ones_replaced(tmp_path: Path, hop: str) -> None:
    network = IPv6Network("2001:db8:51:100::/64")
    more = Route(destination=network, next_hop=IPv6Address(hop))
    _, intent = intents(WindowsFacts(receipt=ReceiptFacts(routes=(more,))))
    addresses = [(3, "fe80::33/64"), (7, "fe80::77/64"), (7, "2001:db8:1::21/64")]
    wrong = r.Route(network, IPv6Address("2001:db8:1::9"), 7, 1, BOTH)
    pc = receipt(addresses=addresses, routes=[wrong])
    run(pc, tmp_path, intent=intent)
    assert pc.routes == [GOOD, r.Route(network, IPv6Address(hop), 7, 1, BOTH)]
    assert run(pc, tmp_path, intent=intent).state is State.UNCHANGED


def test_a_stale_password_on_the_terminal_is_named_and_all_is_put_back(tmp_path: Path) -> None:
    pc = receipt(terminal_password="another")
    with pytest.raises(ChangeUndone) as undone:
        run(pc, tmp_path)
    assert "refuses the link user's password" in str(undone.value)
    assert undone.value.remedy
    assert pc.routes == []
    assert pc.store == {}


def test_an_unreachable_terminal_is_named_and_all_is_put_back(tmp_path: Path) -> None:
    pc = receipt(reachable=False)
    with pytest.raises(ChangeUndone) as undone:
        run(pc, tmp_path)
    assert "can't be reached" in str(undone.value)
    assert pc.routes == []
    assert pc.store == {}


def test_an_entry_that_the_terminal_takes_is_not_written_again(tmp_path: Path) -> None:
    pc = receipt(store={"10.51.1.11": ("10.51.1.11\\ONSLINK", LINK)})
    run(pc, tmp_path)
    assert pc.writes == 0


def test_an_entry_with_an_old_password_is_written(tmp_path: Path) -> None:
    pc = receipt(routes=[GOOD], store={"10.51.1.11": ("10.51.1.11\\onslink", "old")})
    run(pc, tmp_path)
    assert pc.store["10.51.1.11"][1] == LINK


def test_an_entry_that_lasts_for_one_logon_only_is_written_anew() -> None:
    entry = {"target": "10.51.1.11", "found": True, "user": "10.51.1.11\\onslink"}
    proof = {"share": "\\\\10.51.1.11\\REQ", "step": "delete", "good": True}
    for persist, wrong in ((1, RECEIPT.credentials), (2, ()), (3, ())):
        store = {"user": "reception", "entries": [{**entry, "persist": persist}], "proofs": [proof]}
        assert entries_to_write(RECEIPT, StoreState.model_validate(store)) == wrong


def test_an_entry_that_a_new_logon_does_not_find_is_an_error(tmp_path: Path) -> None:
    pc = receipt(routes=[GOOD], lose_entries=True, reachable=True, terminal_password="")
    with pytest.raises(ChangeUndone) as undone:
        run(pc, tmp_path)
    assert "finds no credential entry" in str(undone.value)


def test_a_wrong_password_of_the_user_is_named_before_anything_is_changed(tmp_path: Path) -> None:
    pc = receipt(user_password="other")
    with pytest.raises(LoginRefused) as refused:
        run(pc, tmp_path)
    assert "reception" in str(refused.value)
    assert pc.applied == []


def test_a_user_who_is_denied_the_batch_right_is_named(tmp_path: Path) -> None:
    pc = receipt(batch_right=False)
    with pytest.raises(DeviceError) as refused:
        run(pc, tmp_path)
    assert "runs no task as 'reception'" in str(refused.value)
    assert pc.applied == []


def test_what_a_killed_run_left_is_removed(tmp_path: Path) -> None:
    pc = receipt(leftovers=["onshi-1", "onshi-2"])
    run(pc, tmp_path)
    assert pc.leftovers == []


def test_each_run_renews_the_pcs_own_undo_and_a_plan_does_not(tmp_path: Path) -> None:
    pc = receipt()
    run(pc, tmp_path, dry_run=True)
    assert pc.renewed == 0
    run(pc, tmp_path)
    run(pc, tmp_path)
    assert pc.renewed == 2


# Both


@pytest.mark.parametrize("kind", ["route", "leftover"])
def test_a_failing_change_is_undone(tmp_path: Path, kind: str) -> None:
    wrong = r.Route(NETWORK, IPv4Address("192.168.1.1"), 7, 1, BOTH)
    pc = receipt(routes=[wrong], leftovers=["onshi-1"], fail_at=kind)
    with pytest.raises(ChangeUndone):
        run(pc, tmp_path)
    assert pc.routes == [wrong]


@pytest.mark.parametrize(
    "kind", ["user", "folder", "share", "service", "rule", "time", "resolvers", "route"]
)
def test_a_terminal_is_as_before_when_any_change_fails(tmp_path: Path, kind: str) -> None:
    pc = terminal(fail_at=kind)
    before = (dict(pc.things), list(pc.routes))
    with pytest.raises(ChangeUndone):
        run(pc, tmp_path)
    assert (pc.things, pc.routes) == before


def test_a_last_step_back_that_fails_and_is_done_all_the_same_is_seen(tmp_path: Path) -> None:
    """What the PC was before that step is not taken for what it is now."""
    pc, real = terminal(fail_at="time"), FakeTerminal.carry_out
    before, times = dict(pc.things), iter([False, True])

    def carry_out(fake: FakeTerminal, one: r.Difference, given: tuple[Secret, ...]) -> None:
        back = isinstance(one.after, r.ServiceState) and one.after.start == "Manual"
        if not back or next(times):
            real(fake, one, given)
        if back:
            raise ScriptFailed("carry_out", host="terminal-1", kind="Boom", code=0x80070005)

    with pytest.MonkeyPatch.context() as patch, pytest.raises(ChangeUndone):
        patch.setattr(FakeTerminal, "carry_out", carry_out)
        run(pc, tmp_path)
    assert pc.things == before


def test_a_pc_that_can_not_be_put_back_is_stuck(tmp_path: Path) -> None:
    pc = receipt(fail_at="route", routes=[r.Route(NETWORK, IPv4Address("192.168.1.1"), 7, 1, BOTH)])
    sessions = iter([pc.session()])

    def once() -> Any:
        found = next(sessions, None)
        if found is None:
            raise WindowsLost("winrm.lost", host="RECEIPT-1")
        return found

    with pytest.raises(ChangeStuck):
        apply_windows(RECEIPT, secrets(), once, runs=tmp_path, site="demo-clinic")


def test_a_stop_before_the_change_leaves_the_pc_alone(tmp_path: Path) -> None:
    pc = receipt()
    with pytest.raises(DeviceError) as stopped:
        run(pc, tmp_path, cancelled=lambda: True)
    assert not isinstance(stopped.value, ChangeUndone)
    assert pc.applied == []
    assert pc.writes == 0


def test_a_stop_between_two_steps_puts_back(tmp_path: Path) -> None:
    """The old entry is found out to be wrong only once the route stands."""
    pc = receipt(store={"10.51.1.11": ("10.51.1.11\\onslink", "old")})
    with pytest.raises(ChangeUndone):
        run(pc, tmp_path, cancelled=lambda: bool(pc.applied))
    assert pc.routes == []
    assert pc.writes == 0


def test_after_a_long_wait_the_change_goes_on_over_a_new_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[int] = []
    for limit, sessions in ((30.0, 1), (-1.0, 2)):
        monkeypatch.setattr(apply_module, "FRESH_S", limit)
        pc = receipt()
        opened.clear()

        def connect(pc: FakeReceipt = pc) -> Any:
            opened.append(1)
            return pc.session()

        apply_windows(RECEIPT, secrets(), connect, runs=tmp_path, site=f"site-{sessions}")
        assert len(opened) == sessions
        assert pc.routes == [GOOD]


def test_a_password_that_a_terminal_gets_meanwhile_is_written_into_the_store(
    tmp_path: Path,
) -> None:
    """The entry was good when the PC was read, beside the terminal."""
    pc = receipt(routes=[GOOD], terminal_password="of last year")
    pc.store = {"10.51.1.11": ("10.51.1.11\\onslink", "of last year")}

    def terminal_is_changed() -> bool:
        pc.terminal_password = LINK
        return True

    assert run(pc, tmp_path, before_change=terminal_is_changed).state is State.CHANGED
    assert pc.store == {"10.51.1.11": ("10.51.1.11\\onslink", LINK)}
    assert run(pc, tmp_path).state is State.UNCHANGED


def test_a_receipt_pc_is_not_touched_before_router_and_terminals_are_ready(tmp_path: Path) -> None:
    pc = receipt()

    def never() -> bool:
        raise DeviceError("provision.waits-for", host="receipt-1", missing="terminal-1")

    with pytest.raises(DeviceError):
        run(pc, tmp_path, before_change=never)
    assert pc.applied == []
    assert not list(tmp_path.glob("**/journal.jsonl"))


def test_a_dry_run_changes_nothing(tmp_path: Path) -> None:
    pc = receipt()
    outcome = run(pc, tmp_path, dry_run=True)
    assert outcome.state is State.PLANNED
    assert outcome.plan.differences
    assert pc.applied == []
    assert pc.writes == 0


def test_another_pc_at_the_address_is_refused(tmp_path: Path) -> None:
    import dataclasses

    intent = dataclasses.replace(
        RECEIPT, access=dataclasses.replace(RECEIPT.access, computer_name="RECEIPT-9")
    )
    with pytest.raises(WrongDevice):
        run(receipt(), tmp_path, intent=intent)


def test_a_killed_run_is_finished_by_the_next(tmp_path: Path) -> None:
    pc = receipt(fail_at="route")

    class Killed(BaseException):
        pass

    def kill(_one: r.Difference, _given: Any) -> None:
        raise Killed

    pc.carry_out = kill  # type: ignore[method-assign]
    pc.fail_at = ""
    with pytest.raises(Killed):
        run(pc, tmp_path)
    del pc.carry_out  # type: ignore[method-assign]
    assert run(pc, tmp_path).changed
    journals = sorted(tmp_path.glob("demo-clinic/receipt-1/*/journal.jsonl"))
    assert [
        file.read_text().splitlines()[-1].split('"event": "')[1].split('"')[0] for file in journals
    ] == ["taken-over", "done"]


def test_no_secret_is_in_anything_that_a_run_leaves_or_says(tmp_path: Path) -> None:
    said: list[str] = []

    def tell(host: str, message_id: str, **values: object) -> None:
        said.append(f"{host} {message_id} {values}")

    for pc in (receipt(), terminal(), receipt(terminal_password="another")):
        try:
            outcome = run(pc, tmp_path, progress=tell)
            said += [str(outcome.to_json()), repr(outcome), *outcome.plan.diff]
        except ChangeUndone as error:
            said += [str(error), repr(error), error.remedy, repr(error.__cause__)]
    left = everything_under(tmp_path) + "".join(said)
    assert [value for value in VALUES.values() if value in left] == []


# Terminal


def test_a_new_terminal_gets_everything_and_the_second_run_changes_nothing(tmp_path: Path) -> None:
    pc = terminal()
    run(pc, tmp_path)
    assert pc.password == LINK
    shares = {one.name: one for one in pc.all(r.Share)}
    assert set(shares) == {"OQS", "REQ", "RES", "FACE"}
    assert shares["REQ"].access == (r.Grant("onslink", "Change"),)
    rules = {one.name: one for one in pc.all(r.FirewallRule)}
    assert rules["onshi-smb-in"].sources == ("192.168.1.0/24",)
    assert not rules["FPS-SMB-In-TCP"].enabled
    assert pc.routes == [
        r.Route(IPv4Network("192.168.1.0/24"), IPv4Address("10.51.1.1"), 7, 1, BOTH)
    ]
    assert run(pc, tmp_path).state is State.UNCHANGED


def test_a_terminal_whose_gateway_is_the_router_needs_no_route(tmp_path: Path) -> None:
    gateway = r.Route(IPv4Network("0.0.0.0/0"), IPv4Address("10.51.1.1"), 7, 0, BOTH)
    pc = terminal(routes=[gateway])
    run(pc, tmp_path)
    assert pc.routes == [gateway]


def test_a_wrong_route_that_the_next_restart_brings_goes_though_the_gateway_does_already(
    tmp_path: Path,
) -> None:
    gateway = r.Route(IPv4Network("0.0.0.0/0"), IPv4Address("10.51.1.1"), 7, 0, BOTH)
    pc = terminal(routes=[gateway], old_routes=["192.168.1.0,255.255.255.0,10.51.1.9,1"])
    run(pc, tmp_path)
    assert pc.old_routes == []
    assert run(pc, tmp_path).state is State.UNCHANGED


def test_everyone_is_removed_from_a_share(tmp_path: Path) -> None:
    pc = terminal()
    share = r.Share(
        "REQ", "C:\\OQS\\Req", (r.Grant("Everyone", "Read"), r.Grant("onslink", "Change"))
    )
    pc.things[share.key] = share
    assert any("- share: REQ" in line and "Everyone Read" in line for line in plan(pc).diff)
    run(pc, tmp_path)
    assert [one.access for one in pc.all(r.Share) if one.name == "REQ"] == [
        (r.Grant("onslink", "Change"),)
    ]


def test_a_link_user_with_another_password_gets_the_sites(tmp_path: Path) -> None:
    pc = terminal()
    run(pc, tmp_path)
    pc.password = "changed by hand"
    assert run(pc, tmp_path).changed
    assert pc.password == LINK


@pytest.mark.parametrize("wrong", [{"product_type": 3}, {"build": 9600}])
def test_what_is_no_windows_10_or_11_of_a_desk_is_refused(
    tmp_path: Path, wrong: dict[str, Any]
) -> None:
    pc = terminal(**wrong)
    with pytest.raises(Refused):
        run(pc, tmp_path)
    assert pc.applied == []


@pytest.mark.parametrize(
    ("system", "said"),
    [
        ({}, ["os-ends"]),
        ({"edition": "IoTEnterpriseS"}, []),
        ({"edition": "IoTEnterpriseS", "build": 26100}, []),
        ({"build": 26100}, []),
        ({"build": 17763}, ["os-other"]),
        ({"edition": "Professional", "build": 19045}, ["os-ended", "os-other"]),
        ({"edition": "Professional", "build": 30000}, ["os-unknown"]),
        ({"edition": "SomethingNew"}, ["os-unknown"]),
    ],
)
def test_what_a_terminal_runs_is_said_and_never_refused(
    system: dict[str, Any], said: list[str]
) -> None:
    """Region and contract decide what it may run; when its support ends is told a year ahead."""
    found = plan(terminal(**system), now=datetime(2026, 12, 1, tzinfo=UTC))
    assert [one.name for one in found.notes if one.name.startswith("os-")] == said
    assert all(str(one) for one in found.notes)
    assert not found.conflicts


@pytest.mark.parametrize(
    ("day", "said"), [(date(2026, 1, 1), []), (date(2027, 1, 12), ["os-ends"]),
                      (date(2027, 1, 13), ["os-ended"])]
)  # fmt: skip
def test_the_end_is_a_day_in_japan(day: date, said: list[str]) -> None:
    now = datetime(day.year, day.month, day.day, tzinfo=timezone(timedelta(hours=9)))
    notes = plan(terminal(), now=now).notes
    assert [one.name for one in notes if one.name.startswith("os-")] == said


@pytest.mark.parametrize(
    ("values", "note"),
    [
        ({"certificate_days": None}, "no-certificate"),
        ({"certificate_days": 10}, "certificate-days"),
        ({"utc": NOW + timedelta(minutes=10)}, "clock"),
    ],
)
def test_what_is_left_to_a_person_is_said(values: dict[str, Any], note: str) -> None:
    names = [one.name for one in plan(terminal(**values)).notes]
    assert [name for name in names if not name.startswith("os-")] == [note]
    assert all(str(one) for one in plan(terminal(**values)).notes)


def test_secrets_that_are_missing_are_named_first(tmp_path: Path) -> None:
    from onshi_net.errors import SecretMissing

    pc = receipt()
    with pytest.raises(SecretMissing):
        run(pc, tmp_path, secrets=Secrets([{}.get]))
    assert pc.applied == []


@pytest.mark.parametrize("bad", [{}, {"system": None}, {"system": 3, "addresses": "x"}])
def test_an_answer_of_another_shape_is_an_error_of_the_device(bad: dict[str, Any]) -> None:
    from onshi_net.errors import DeviceError
    from onshi_net.transport.windows import MemoryWindows

    with pytest.raises(DeviceError):
        plan_windows(
            RECEIPT, secrets(), MemoryWindows({"read_receipt": lambda _v, _s: bad}), now=NOW
        )


def test_the_fake_is_no_friendlier_than_a_pc() -> None:
    with pytest.raises(ScriptFailed):
        Fake.apply(
            receipt(fail_at="route"),
            {"changes": [{"before": r.Ways(NETWORK), "after": r.Ways(NETWORK, (GOOD,))}]},
            (),
        )
