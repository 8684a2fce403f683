"""What English says like a home or an origin and is none: where somebody stays for a time, and departments. Pure."""

from __future__ import annotations

import re

from tiermem.text import late

_DEPARTMENT = late.compile(
    r"(?:the )?(?:Marketing|Sales|Engineering|Finance|HR|IT|QA|PR|Support|Product|Design|Legal|Operations|Research"
    r"|Accounting|Accounts"
    r"|Payroll|Procurement|Purchasing|Compliance|Logistics|Admin|Administration|Security|DevOps|UX|Data|Management"
    r"|Billing|Facilities"
    r"|Recruiting|Human Resources|Customer (?:Service|Support|Success)|[\w ]+ (?:[Dd]epartment|[Tt]eam|[Dd]esk"
    r"|[Oo]ffice))"
)
# Where somebody stays for a time, and words that say that he only stays.
_STAYS = late.compile(
    r"\b(?:hotel|hostel|motel|airbnb|guest ?house|b&b|resort|hilton|marriott|ibis|campsite|camping|tent|camper"
    r"|hospital|rehab|clinic)\b",
    re.IGNORECASE,
)
_PASSING = late.compile(
    r"\b(?:this (?:week|weekend|month)|tonight|for (?:a (?:few|couple of)|the next|the|two|three|four|five|some|\d+"
    r"|\ue000) (?:\w+ )?(?:nights?|days?"
    r"|weeks?|weekend|summer|winter|holidays?|conference)|temporarily|on (?:holiday|vacation|business"
    r"|a (?:business )?trip|tour))\b",
    re.IGNORECASE,
)


def is_department(value: str) -> bool:
    """Whether who is "from" *value* is of a department."""
    return bool(_DEPARTMENT.fullmatch(value))


def is_stay(value: str, text: str) -> bool:
    """Whether who lives in *value*, in the words of *text*, only stays there."""
    return bool(_STAYS.search(value) or _PASSING.search(text))
