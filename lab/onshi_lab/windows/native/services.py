"""sc.exe (learn.microsoft.com, "sc config" and its siblings; KB 2385818 for `triggerinfo`)."""

from onshi_lab.windows import triggers
from onshi_lab.windows.commandline import split
from onshi_lab.windows.pc import Pc
from onshi_lab.windows.process import Process

WORDS = {
    "start/domainjoin": (triggers.DOMAIN, triggers.START),
    "stop/domainleave": (triggers.DOMAIN, triggers.STOP),
    "start/networkon": (triggers.NETWORK, triggers.START),
    "stop/networkoff": (triggers.NETWORK, triggers.STOP),
}
ACCESS_DENIED, NO_SUCH_SERVICE, BAD_USAGE = 5, 1060, 1639


def sc(pc: Pc, process: Process, arguments: str) -> int:
    """Sc triggerinfo NAME {delete | TRIGGER...}; every other use is refused as a wrong one."""
    words = split(arguments.lower())
    wanted = words[2:]
    deletes = wanted == ["delete"]
    known = deletes or (wanted and set(wanted) <= WORDS.keys())
    if words[:1] != ["triggerinfo"] or not known:
        process.write("ERROR:  Unrecognized command\r\n")
        return BAD_USAGE
    service = pc.services.find(words[1])
    if service is None or not process.logon.elevated:
        code = NO_SUCH_SERVICE if service is None else ACCESS_DENIED
        process.write(f"[SC] OpenService FAILED {code}:\r\n")
        return code
    chosen = () if deletes else tuple(WORDS[word] for word in wanted)
    triggers.put(pc.registry, service.name, chosen)
    process.write("[SC] ChangeServiceConfig2 SUCCESS\r\n")
    return 0
