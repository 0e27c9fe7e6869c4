"""Yamaha's RTX and NVR routers: all that is theirs and no other family's.

- `family`              all of it, as the `Platform` that the rest knows
- `render`, `quoting`   from intent to configuration lines, each value checked
- `rules`               what tells lines apart, what removes one, whose it is
- `order`               the lines that make one configuration another, safe at each of them
- `masking`             what of a configuration nobody may read: secrets, by the grammar
- `passwords`, `clock`  which passwords it takes; its own clock
- `config`, `header`    `show config` as lines, and who the router says it is
- `difference`          what differs from the intent and from what is saved, a guard apart
- `guard`, `preflight`  its own undo; who else is at work
- `device`              a router while it is changed, as the `Device` of `platforms.change`
- `talk`, `console`, `words`, `link`, `session`  what a session takes; the console over SSH
- `memory`              a session's twin without a network
- `evidence`, `output`  what it says of line, neighbours and resolvers

netmiko is imported only when a session is opened.
"""
