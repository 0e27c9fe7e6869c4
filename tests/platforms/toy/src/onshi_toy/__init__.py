"""The toy routers: a configuration of blocks, a candidate that is committed, and no timer.

- `family`   all of it, as the `Platform` that onshi_net knows
- `blocks`   a configuration as text, as paths, and what differs between two
- `session`  the console over SSH
- `device`   a router while it is changed
- `templates/`, `data/`  how a configuration is written, and the models that there are
"""
