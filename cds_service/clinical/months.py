"""Calendar months: three months after 30 November is the last day of February."""

from calendar import monthrange
from datetime import MAXYEAR, datetime, tzinfo

from cds_service.clinical.facts import ANY_TIME

_MONTHS = 12


def months_later(instant: datetime, months: int, zone: tzinfo | None) -> datetime:
    """The same time of day so many calendar months later in a time zone, on the last day where a month is shorter.

    `instant` is aware; nothing lies beyond the edges of the calendar.
    """
    local = instant if instant.year in (1, MAXYEAR) else instant.astimezone(zone)
    year, month = divmod(local.year * _MONTHS + local.month - 1 + months, _MONTHS)
    if year > MAXYEAR:
        return ANY_TIME.end
    return local.replace(year=year, month=month + 1, day=min(local.day, monthrange(year, month + 1)[1]))
