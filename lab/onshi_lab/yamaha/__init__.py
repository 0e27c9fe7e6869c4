"""A mock Yamaha RTX router: its console over SSH, its configuration driving a namespace.

Written from the vendor's command reference (chapter numbers are cited as `RTX reference N.N`), not
from what any client sends. `python -m onshi_lab.yamaha` is the way in; only the lab's engine and
tests import from here.

models -> messages, grammar, store -> commands -> router -> console, operations, shows -> sshd;
`kernel/` turns a configuration into kernel state.
"""
