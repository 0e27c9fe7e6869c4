"""What a site's journals keep of what the user said."""

from __future__ import annotations

from pathlib import Path

from onshi_net.provision.journal import Journal, new_folder, words


def test_words_are_told_once_a_day_with_what_they_were_said_of(tmp_path: Path) -> None:
    for _ in range(2):  # a change in two stages
        journal = Journal(new_folder(tmp_path, "clinic"), str)
        journal.write("reason", text="the sheet comes later")
        journal.write("replacing", losses=("Internet by PPPoE at pp 1", "VPN at tunnel 1"))
        journal.write("start", host="router")
        journal.finish("done")
        journal.close()
    told = [(one.event, one.text) for one in words(tmp_path, "clinic")]
    assert told == [
        ("reason", "the sheet comes later"),
        ("replacing", "Internet by PPPoE at pp 1; VPN at tunnel 1"),
    ]
    assert words(tmp_path, "another") == ()
