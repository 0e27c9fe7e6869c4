"""From a configuration to kernel state: pure functions that say what, a machine that does it.

nft, desired -> dhcp6, advert (codecs) -> line, server6, names (running parts) -> facts, machine.
"""
