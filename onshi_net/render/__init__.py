"""From intent to the text that a device takes: every value quoted, every line checked.

`router_config` answers the router's lines in the order in which they may be sent without losing the
management path. Passwords are not part of it: they never stand in a rendered text.
"""

from onshi_net.render.router import router_config

__all__ = ["router_config"]
