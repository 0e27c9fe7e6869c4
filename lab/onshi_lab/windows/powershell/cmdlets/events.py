"""Get-WinEvent over the PC's own log, by its page on learn.microsoft.com."""

import json
from datetime import datetime

from onshi_lab.windows.clock import JAPAN
from onshi_lab.windows.eventlog import PROVIDERS, Event
from onshi_lab.windows.powershell.cmdlet import Call, cmdlet
from onshi_lab.windows.powershell.convert import convert
from onshi_lab.windows.powershell.values import PSObject, as_list, text_of


def event_object(event: Event) -> PSObject:
    """An EventLogRecord."""
    data = [
        PSObject({"Value": v}, "System.Diagnostics.Eventing.Reader.EventProperty")
        for v in event.data.values()
    ]
    properties = {
        "TimeCreated": event.time.astimezone(JAPAN),
        "Id": event.id,
        "LogName": event.log,
        "ProviderName": event.provider,
        "Message": json.dumps(event.data, ensure_ascii=False, default=str),
        "Properties": data,
        "LevelDisplayName": "Information",
    }
    return PSObject(
        properties,
        "System.Diagnostics.Eventing.Reader.EventLogRecord",
        default=("TimeCreated", "Id", "LevelDisplayName", "Message"),
        text=f"{event.provider} ({event.id})",
    )


@cmdlet(
    "Get-WinEvent",
    (
        "LogName string[] pos=0\n"
        "FilterHashtable hashtable[]\n"
        "MaxEvents int64\n"
        "ProviderName string[]\n"
        "Oldest switch\n"
        "FilterXPath string\n"
        "ListLog string[]"
    ),
)
def get_win_event(call: Call) -> None:
    """Events of a log, newest first."""
    filters = {
        text_of(k).lower(): v
        for table in call.get("FilterHashtable") or []
        for k, v in table.items()
    }
    logs = (
        [text_of(v) for v in as_list(filters.get("logname"))]
        or call.get("LogName")
        or list(PROVIDERS)
    )
    for log in logs:
        if log.lower() not in (name.lower() for name in PROVIDERS):
            raise call.failure(
                f'There is not an event log on the {call.pc.name} computer that matches "{log}".',
                "NoMatchingLogsFound",
                "ObjectNotFound",
                exception="System.Exception",
                target=log,
            )
    found = [e for log in logs for e in call.pc.events.events(log)]
    if "id" in filters:
        wanted = {int(v) for v in as_list(filters["id"])}
        found = [e for e in found if e.id in wanted]
    if "starttime" in filters:
        start: datetime = convert(filters["starttime"], "datetime")
        found = [e for e in found if e.time >= start]
    if not found:
        call.write_error(
            "No events were found that match the specified selection criteria.",
            "NoMatchingEventsFound",
            "ObjectNotFound",
            exception="System.Exception",
        )
    ordered = found if call.flag("Oldest") else list(reversed(found))
    for event in ordered[: call.get("MaxEvents", len(ordered))]:
        call.emit(event_object(event))
