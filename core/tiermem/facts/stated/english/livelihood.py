"""What English says in passing of a business, a car, a diet that is kept, and of who belongs to somebody. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tiermem.facts.stated.english.patterns import END, HAVE
from tiermem.facts.stated.english.subjects import NAME, is_nobody
from tiermem.facts.stated.record import NO, YES, Stated
from tiermem.text import late

if TYPE_CHECKING:
    from tiermem.facts.stated.english.subjects import About
    from tiermem.facts.stated.told import Told

_BUSINESS = (
    "bakery|shop|store|boutique|restaurant|caf[eé]|coffee shop|bistro|bar|pub|hotel|guesthouse|b&b|company|business"
    "|startup|start-up|agency|studio|salon|farm|vineyard|clinic|practice|bookshop|bookstore|brewery|gallery|school"
    "|kindergarten|firm|consultancy|food truck|nursery|garage|laundry|pharmacy|gym"
)
_MAKES = (
    "Alfa Romeo|Audi|BMW|BYD|Chevrolet|Chevy|Citro[eë]n|Cupra|Dacia|Dodge|Fiat|Ford|Honda|Hyundai|Jeep|Kia"
    "|Land Rover|Lexus|Mazda|Mercedes|Mitsubishi|Nissan|Opel|Peugeot|Polestar|Porsche|Renault|Rivian|Saab"
    "|Skoda|Škoda|Subaru|Tesla|Toyota|Vauxhall|Volkswagen|Volvo|VW"
)
_KIND = (
    r"(?:(?:new|used|second-hand|secondhand|red|blue|black|white|gr[ea]y|silver|green|yellow|old|electric|little"
    r"|\d{4}) )*"
)
# Words of which one is there, what is said, and its name in `MAKERS`.
PATTERNS = (
    ("run runs running own owns opened started", (
        rf"(?:run|runs|own|owns|am running|are running|is running|{HAVE}(?:opened|started)) (?:an?"
        rf"|my own|our own|our|my|his|her|their) (?P<value>(?:[\w-]+ ){{0,3}}?(?:{_BUSINESS})){END}"
    ), "business"),
    ("keep keeps eat eats", (
        r"(?:keep|keeps|eat|eats)(?: strictly| only)? (?P<value>kosher|halal|vegan|vegetarian|pescatarian|keto"
        rf"|paleo|gluten[- ]free|dairy[- ]free){END}"
    ), "kept diet"),
    ("closed sold longer not don doesn", (
        rf"(?:{HAVE}(?:closed|sold|shut down)|(?:no longer|do not|don['’]t|does not|doesn['’]t) (?:run|own|runs|owns))"
        rf" (?:an?|the|my|our|his|her|their) (?P<value>(?:[\w-]+ ){{0,3}}?(?:{_BUSINESS}))(?: any ?more)?{END}"
    ), "closed"),
    ("keep keeping eat eating", (
        r"(?:no longer|do not|don['’]t|does not|doesn['’]t|stopped|quit) (?:keep|keeping|eat|eating) (?P<value>kosher"
        r"|halal|vegan|vegetarian|pescatarian|keto|paleo|gluten[- ]free|dairy[- ]free)"
        rf"(?: any ?more)?{END}"
    ), "ended diet"),
    ("sold longer not returned crashed have own drive", (
        rf"(?:{HAVE}(?:sold|returned|crashed|totaled)|(?:no longer|do not|don['’]t) (?:have|own|drive))"
        rf" (?:an?|the|my|our) {_KIND}(?P<what>(?:{_MAKES})(?: [A-Z0-9][\w-]*){{0,2}})(?: any ?more)?{END}"
    ), "sold"),
    ("bought got purchased leased own owns have has drive drives", (
        rf"{HAVE}(?:bought|got|purchased|leased|own|owns|have|has) (?:an?|my|our) {_KIND}(?P<what>(?:{_MAKES})"
        rf"(?: [A-Z0-9][\w-]*){{0,2}}){END}"
    ), "car"),
)  # fmt: skip
# Of these a person has one, or says of each what it is called; "my friend Tom" is one of many, and of no use.
_BESIDE = late.compile(
    r"\b(?:with|from|for|to|and|by|about) my (?:(?:older|younger|elder|little|big|oldest|youngest) )?"
    r"(?P<kin>husband|wife|partner|girlfriend|boyfriend"
    rf"|fianc[eé]e?|son|daughter|sister|brother|dog|cat),? (?P<value>{NAME})(?=\s*$|\s*[^\w\s'’-]"
    r"|\s+(?:and|who|is|was|has|to|at|in|on|for"
    r"|because|so|when|while|yesterday|today|last|this)\b)"
)
_SEVERAL = frozenset({"son", "daughter", "sister", "brother", "dog", "cat"})


def _business(about: About, match: re.Match[str], told: Told) -> Iterator[Stated]:
    if _ENDED.search(told.text):
        return
    if not told.past or "opened" in match.group() or "started" in match.group():
        yield told.fact(about.subject, "work", match["value"], "work")


def _kept_diet(about: About, match: re.Match[str], told: Told) -> Iterator[Stated]:
    if not told.past:
        yield told.fact(about.subject, "diet", match["value"], "diet")


def _car(about: About, match: re.Match[str], told: Told) -> Iterator[Stated]:
    if not (told.other or _PASSING.search(told.text)):
        yield told.fact(about.subject, f"drive {match['what']}", YES, "habit")


def _closed(about: About, match: re.Match[str], told: Told) -> Iterator[Stated]:
    yield told.once(about.subject, "work", match["value"], "work")


def _ended_diet(about: About, match: re.Match[str], told: Told) -> Iterator[Stated]:
    yield told.once(about.subject, "diet", match["value"], "diet")


def _sold(about: About, match: re.Match[str], told: Told) -> Iterator[Stated]:
    yield told.news(about.subject, f"drive {match['what']}", NO, "habit")


# What is only had for a while, or is none; and what is told together with its end.
_PASSING = late.compile(
    r"\b(?:rental|rented|borrowed|for the (?:day|week|weekend)|gave it back|toy|model|[Ll]ego|game)\b"
)
_ENDED = late.compile(r"\b(?:closed|sold|shut down|in (?:FarmVille|Roblox|Minecraft))\b")
MAKERS = {
    "closed": _closed,
    "ended diet": _ended_diet,
    "sold": _sold,
    "business": _business,
    "kept diet": _kept_diet,
    "car": _car,
}
"""By the name under which `PATTERNS` has them."""


def beside(told: Told) -> Iterator[Stated]:
    """The names of those who are named beside the subject of a clause: "we opened it with my husband Rui"."""
    for match in _BESIDE.finditer(told.text):
        if not is_nobody(match["value"]):
            kin = match["kin"].lower()
            yield told.fact(f"{told.speaker}'s {kin}", "name", match["value"], "name", several=kin in _SEVERAL)
