"""What is stated where a pattern of `rules` matches what English says of somebody."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from tiermem.facts.stated.english.patterns import NAMED, ROLE_OF
from tiermem.facts.stated.english.stays import is_department, is_stay
from tiermem.facts.stated.english.subjects import About
from tiermem.facts.stated.english.words import DIET_OF, OWNED, PEOPLES, STEM, is_firm
from tiermem.facts.stated.qualities import QUALITIES
from tiermem.facts.stated.record import CHANGES, NO, YES, Stated
from tiermem.facts.stated.told import Told
from tiermem.text import late
from tiermem.text.analyzer import words_of

_TECH = words_of(
    "heroku fly render vercel netlify digitalocean supabase firebase circleci travis jenkins datadog grafana "
    "prometheus slack linux aws gcp azure react vue rust go golang python typescript javascript notion jira "
    "github gitlab teams zoom mac macos windows android ios postgres postgresql mysql mongodb kubernetes "
    "docker terraform svelte angular django flask fastapi rails kotlin swift obsidian linear discord telegram "
    "signal bitbucket redis kafka vim neovim emacs vscode firefox chrome ubuntu debian fedora excel sheets "
    "figma sketch spotify netflix"
)  # fmt: skip
_AS = late.compile(rf" as an? {ROLE_OF}")
_AT = late.compile(rf" (?:at|for|with) (?P<value>{NAMED})")

Make = Callable[[About, "re.Match[str]", Told], Iterator[Stated]]


def _home(about: About, match: re.Match[str], told: Told) -> Iterator[Stated]:
    if not is_stay(match["value"], told.text) and match["value"].lower() not in _TECH:
        yield told.fact(about.subject, "home", match["value"], "home")


def _moved(about: About, match: re.Match[str], told: Told) -> Iterator[Stated]:
    if match["value"].lower() not in _TECH and (match["value"][0].isupper() or not about.plural):
        old = match["old"] or match["old2"] or ""
        yield told.news(about.subject, "home", match["value"], "home", old=old)


_CLUBS = late.compile(
    r"(?:club|group|team|gym|band|choir|church|class|community|league|challenge|discord|server|party"
    r"|association|forum|program"
    r"|programme|course|meetup|society|network|chat|channel|session|call|meeting|queue|trip|gang"
    r"|workshop|support|online)s?\b",
    re.IGNORECASE,
)


def _ended(attribute: str) -> Make:
    def make(about: About, match: re.Match[str], told: Told) -> Iterator[Stated]:
        value = match["value"] or match["value2"] or match["value3"]
        if attribute == "home" and (value.lower() in _TECH or is_department(value) or is_firm(value)):
            return
        yield told.once(about.subject, attribute, value, attribute)

    return make


def _works(about: About, match: re.Match[str], told: Told) -> Iterator[Stated]:
    if told.past and not (told.changed or re.search(r"\bsince\b", told.text)):
        return
    yield told.fact(about.subject, "work", _unarticled(match["value"]), "work")
    if job := _AS.match(about.predicate[match.end() :]):
        yield told.fact(about.subject, "job", job["value"], "job")


def _hired(about: About, match: re.Match[str], told: Told) -> Iterator[Stated]:
    value = match["value"]
    if re.search(r"\bleft .* for ", match.group()) and not (is_firm(value) or is_firm(match["old"])):
        return
    if _CLUBS.search(value) or ("joined" in match.group() and value.islower() and not _EMPLOYER.search(value)):
        return
    yield told.news(about.subject, "work", _unarticled(value), "work", old=match["old"] or "")


def _left(about: About, match: re.Match[str], told: Told) -> Iterator[Stated]:
    if not match.group().endswith(f"left {match['value']}") or is_firm(match["value"]):
        yield told.once(about.subject, "work", match["value"], "work")


_EMPLOYER = late.compile(r"(?:startup|start-up|company|firm|bank|agency|hospital|school|studio|lab|university|clinic)$")


def _jobs(about: About, match: re.Match[str], told: Told) -> Iterator[Stated]:
    if (told.past and not (told.changed or match["years"])) or re.match(r"\w+ing\b|the |my |our ", match["value"]):
        return
    if match["years"] and (years := told.quantity(match["years"])).kind == "count":
        yield told.fact(about.subject, "age", f"{float(years.value[0]):g}", "age")
    yield told.fact(about.subject, "job", match["value"], "job")
    if work := _AT.match(about.predicate[match.end() :]):
        yield told.fact(about.subject, "work", work["value"], "work")


def _from(about: About, match: re.Match[str], told: Told) -> Iterator[Stated]:
    if not is_department(match["value"]):
        yield told.fact(about.subject, "origin", match["value"], "origin")


def _smokes(about: About, match: re.Match[str], told: Told) -> Iterator[Stated]:
    verb = {"drink": "drink alcohol"}.get(STEM[match["verb"]], STEM[match["verb"]])
    if match["once"]:
        yield told.once(about.subject, verb, YES, "habit")
    elif not told.past:
        yield told.fact(about.subject, verb, NO if match["no"] else YES, "habit")


def _called(about: About, match: re.Match[str], told: Told) -> Iterator[Stated]:
    if about.kin and not PEOPLES.fullmatch(match["value"]) and not told.past:
        yield told.fact(about.subject, "name", match["value"], "name", several=about.kin not in _ONE)


# Of these a person has one, so that another name is another one's; of dogs and sisters there may be several.
_ONE = words_of(
    "wife husband partner girlfriend boyfriend fiancée fiancee fiancé fiance spouse mother father mom mum dad "
    "boss manager landlord landlady supervisor advisor therapist doctor dentist trainer coach accountant "
    "lawyer"
)


def _was(attribute: str) -> Make:
    def make(about: About, match: re.Match[str], told: Told) -> Iterator[Stated]:
        yield told.once(about.subject, attribute, _unarticled(match["value"]), attribute)

    return make


def _is(attribute: str, kind: str = "") -> Make:
    def make(about: About, match: re.Match[str], told: Told) -> Iterator[Stated]:
        if not told.past or told.changed:
            yield told.fact(about.subject, attribute, _unarticled(match["value"]), kind or attribute)

    return make


def _became(attribute: str) -> Make:
    def make(about: About, match: re.Match[str], told: Told) -> Iterator[Stated]:
        old = match.groupdict().get("old") or ""
        yield told.news(about.subject, attribute, _unarticled(match["value"]), attribute, old=old)

    return make


def _unarticled(text: str) -> str:
    return re.sub(r"^(?:an?|the|my) (?=[a-z])", "", text)


def _age(about: About, match: re.Match[str], told: Told) -> Iterator[Stated]:
    years = told.quantity(match["value"])
    if years.kind != "count" or years.unit not in ("", "age", "year") or (years.unit == "year" and not match["turned"]):
        return
    if len(years.value) == 1 and float(years.value[0]) <= 120 and (match["turned"] or not told.past):
        value = f"{float(years.value[0]):g}"
        yield (
            told.news(about.subject, "age", value, "age")
            if match["turned"]
            else told.fact(about.subject, "age", value, "age")
        )


def _bond(about: About, match: re.Match[str], told: Told) -> Iterator[Stated]:
    if told.past and not match["got"]:
        return
    value = match["value"].lower()
    yield (told.news if match["got"] else told.fact)(about.subject, "relationship", value, "bond")


def _broke(about: About, match: re.Match[str], told: Told) -> Iterator[Stated]:
    value = "separated" if "separat" in match.group() else "single"
    yield told.news(about.subject, "relationship", value, "bond")


def _allergic(about: About, match: re.Match[str], told: Told) -> Iterator[Stated]:
    ended = bool(match.groupdict().get("no"))
    if told.past and not ended:
        return
    for what in re.split(r",? (?:and|or) ", match["what"]):
        yield told.fact(about.subject, f"allergic to {what.strip()}", NO if ended else YES, "allergy")


def _trait(about: About, match: re.Match[str], told: Told) -> Iterator[Stated]:
    value = re.sub(r"^(?:an?) ", "", match["value"].lower()).replace("coeliac", "celiac")
    attribute = DIET_OF.get(value, "")
    ended = bool(match["no"]) or bool(match["no2"])
    if attribute:
        if ended:
            yield told.once(about.subject, attribute, value, attribute)
        elif not told.past or match["became"]:
            yield (told.news if match["became"] else told.fact)(about.subject, attribute, value, attribute)
    elif ended or not told.past or match["became"]:
        yield told.fact(about.subject, value, NO if ended else YES, "trait")


def _habit(about: About, match: re.Match[str], told: Told) -> Iterator[Stated]:
    part = match.groupdict()
    stem, no = STEM[part["verb"]], part.get("no") or ""
    if stem in ("drive", "use") and re.match(r"(?:the|to|them|around|me)\b", part["what"]):
        return
    what = _unarticled(part["what"]) if stem != "play" or no else part["what"].removeprefix("the ")
    attribute = f"{stem} {what}"
    if re.search(
        r"(?:ly|er|ier)$|^(?:healthy|better|less|clean|well|early|late|big|safe|hard|now|more|fast|games)$", what
    ):
        return
    if part.get("once"):
        yield told.once(about.subject, attribute, YES, "habit")
    elif no and "never" not in no and not part.get("more") and not re.search("longer|stop|quit|gave|given", no):
        if stem in ("drink", "eat", "smoke", "drive", "speak"):
            yield told.fact(about.subject, attribute, NO, "habit")
    elif not told.past or no or part.get("began"):
        yield told.fact(about.subject, attribute, NO if no else YES, "habit", manner=CHANGES if no else told.manner)


def _gave_up(about: About, match: re.Match[str], told: Told) -> Iterator[Stated]:
    what = match["what"]
    verb = {"smoking": "smoke", "drinking": "drink alcohol", "vaping": "vape", "coffee": "drink coffee"}.get(what)
    drink = what in ("alcohol", "soda", "caffeine", "wine", "beer", "tea", "energy drinks")
    food = what in ("meat", "sugar", "dairy", "gluten", "bread", "fast food", "sweets", "pork", "red meat")
    verb = verb or (f"drink {what}" if drink else f"eat {what}" if food else "")
    if verb:
        yield told.news(about.subject, verb, NO, "habit")


def _uses(about: About, match: re.Match[str], told: Told) -> Iterator[Stated]:
    if not told.past or match.groupdict().get("old"):
        if old := match.groupdict().get("old"):
            yield told.news(about.subject, f"use {old}", NO, "use")
            yield told.news(about.subject, f"use {match['what']}", YES, "use")
        else:
            yield told.fact(about.subject, f"use {_unarticled(match['what'])}", YES, "use")


def _likes(about: About, match: re.Match[str], told: Told) -> Iterator[Stated]:
    no = bool(match["no"]) or bool(re.match("hate|hates|dislike|dislikes|detest|despise", match["verb"]))
    if not told.past and not told.other and match["what"].lower() not in QUALITIES:
        yield told.fact(about.subject, f"like {match['what']}", NO if no else YES, "taste")


def _appointment(about: About, match: re.Match[str], told: Told) -> Iterator[Stated]:
    when = told.quantity(match["value"][0])
    if when.kind == "when" and not told.past and about.subject == about.speaker:
        what = _unarticled(match["what"].lower())
        yield told.fact(about.subject, what, match["value"], "appointment", several=True)


def _owns(about: About, match: re.Match[str], told: Told) -> Iterator[Stated]:
    if (told.past and match["verb"] in ("had", "have", "has")) or told.other:
        return
    what = match["what"].lower()
    yield told.fact(about.subject, f"own {what}", YES, "own")
    if match["called"]:
        yield told.fact(f"{about.subject}'s {what}", "name", match["called"], "name", several=True)


def _owns_none(about: About, match: re.Match[str], told: Told) -> Iterator[Stated]:
    yield told.fact(about.subject, f"own {match['what'].lower()}", NO, "own", manner=CHANGES)


def _died(about: About, _: re.Match[str], told: Told) -> Iterator[Stated]:
    owner, what = about.subject.rpartition("'s ")[::2]
    if owner and re.fullmatch(OWNED, what):
        yield told.news(owner, f"own {what}", NO, "own")


def _counts(about: About, match: re.Match[str], told: Told) -> Iterator[Stated]:
    number = told.quantity(match["value"])
    if number.kind == "count" and not number.unit and len(number.value) == 1 and not told.other and not told.past:
        yield told.fact(about.subject, match["what"], f"{float(number.value[0]):g}", "count")


def _named(about: About, match: re.Match[str], told: Told) -> Iterator[Stated]:
    yield told.fact(about.subject, "name", match["value"], "name", several="'s " in about.subject)


def _languages(about: About, match: re.Match[str], told: Told) -> Iterator[Stated]:
    if not told.past:
        for what in re.split(r",? and ", match["what"]):
            yield told.fact(about.subject, f"speak {what}", NO if match["no"] else YES, "language")


def _allergies(about: About, match: re.Match[str], told: Told) -> Iterator[Stated]:
    what = match["what"] or match["what2"]
    what = re.sub(r"^(?:an?|severe|mild|bad|any|food) ", "", what)
    if what and what not in ("food", "an", "a", "no", "any", "seasonal") and not told.past:
        yield told.fact(about.subject, f"allergic to {what}", YES, "allergy")


def _switched(about: About, match: re.Match[str], told: Told) -> Iterator[Stated]:
    old, new = match["old"], match["what"]
    moved = "moved" in match.group()
    if moved and not ({old.lower(), new.lower()} & _TECH):
        return
    yield told.news(about.subject, f"use {old}", NO, "use")
    yield told.news(about.subject, f"use {new}", YES, "use")


MAKERS: Mapping[str, Make] = MappingProxyType(
    {
        "home": _home,
        "moved": _moved,
        "was home": _was("home"),
        "works": _works,
        "hired": _hired,
        "ended home": _ended("home"),
        "ended work": _ended("work"),
        "was work": _left,
        "jobs": _jobs,
        "became job": _became("job"),
        "was job": _was("job"),
        "age": _age,
        "bond": _bond,
        "broke": _broke,
        "allergic": _allergic,
        "allergies": _allergies,
        "trait": _trait,
        "habit": _habit,
        "smokes": _smokes,
        "called": _called,
        "languages": _languages,
        "gave_up": _gave_up,
        "uses": _uses,
        "switched": _switched,
        "likes": _likes,
        "appointment": _appointment,
        "owns": _owns,
        "owns_none": _owns_none,
        "died": _died,
        "counts": _counts,
        "named": _named,
        "from": _from,
        "became birthplace": _became("birthplace"),
        "became born": _became("born"),
        "became grew up in": _became("grew up in"),
    }
)
"""By the name under which `rules` has them."""
