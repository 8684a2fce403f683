"""Who a clause is about, in English: the speaker, somebody of his, somebody named, or a thing."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tiermem.facts.quantities import MARK
from tiermem.facts.stated.english.words import PETS, RELATED
from tiermem.facts.stated.record import USER
from tiermem.text import late
from tiermem.text.analyzer import words_of

NAME = r"[A-Z][\w'’-]+(?<!['’]s)"
_LEAD = late.compile(
    r"^(?:(?:so|well|oh|ah|yeah|yes|yep|no|nope|and|also|hey|hi|hello|actually|btw|by the way|anyway|anyways|fyi|ok"
    r"|okay|update|quick update|small update|correction|sorry|oops|wait|honestly|you know|guess what|for the record"
    r"|these days|nowadays|now|currently|right now|at the moment|recently|lately|finally|as of (?:today|now|last week"
    r"|this week|yesterday)|since then|then|today|yesterday|last (?:week|month|year|summer|winter|spring|fall"
    r"|autumn|night|weekend)|this (?:week|month|year|morning|summer|spring|fall|winter)|in fact|turns out"
    r"|just so you know|one more thing|good news|bad news|big news|news|long story short|in case it"
    r" matters|a bit about me"
    r"|about me|background|context|for context|thanks|thank you|please note|note that|note|remember|remember that"
    r"|just remember|my mistake|my bad|i mean|i meant|plus|besides|again|still|personally|note to self|fun fact|tbh"
    r"|ps|reminder|heads up|just a heads up|to clarify|to be clear|edit|fwiw|see|look|luckily|sadly|unfortunately"
    r"|happily|apparently not|in (?:" + MARK + r"|January|February|March|April|May|June|July|August|September|October"
    r"|November|December)|on " + MARK + r"|" + MARK + r" ago|a (?:month|week|year|few (?:days|weeks|months)) ago)"
    r"(?:[ :,-]+|$))+",
    re.IGNORECASE,
)
_WHO = late.compile(
    rf"(?:(?P<me>I|[Ww]e)\b|[Mm]y (?P<kin>{RELATED}|{PETS})\b(?:,? (?P<called>(?!Is\b|Was\b|Has\b){NAME})\b)?"
    rf"|(?P<thing>(?:[Mm]y|[Oo]ur|[Tt]he)\b)|(?P<name>{NAME}(?: {NAME})?)\b)(?:'s(?= (?:now|been|a|an"
    rf"|the|in|at|on)\b))?"
)
_ADVERBS = late.compile(
    r"^(?:(?:now|currently|just|recently|finally|officially|actually|already|still|also|both|all|since then|then"
    r"|really|definitely|happily|proudly|basically|mostly|mainly|usually|normally|generally|always|often|personally"
    r"|permanently|temporarily|long since|ended up|literally|even|absolutely|totally|only)\b\s*)+",
    re.IGNORECASE,
)
# "Sold my car yesterday": in short messages "I" is left out before what somebody did.
_DROPPED = late.compile(
    r"(?:(?:[Jj]ust|[Ff]inally|[Rr]ecently) )?(?:[Ss]tarted|[Jj]oined|[Mm]oved|[Ss]old|[Qq]uit"
    r"|[Ss]topped|[Aa]dopted|[Bb]ought|[Tt]urned|[Ss]witched|[Gg]ave up|[Gg]ot rid of|[Rr]elocated) "
)
_THEY = late.compile(r"[Tt]hey ")
# Words with a capital because they begin a sentence, or that name nobody.
_NOBODY = words_of(
    "i it he she they you we this that these those there here what who when where why how which my our the a "
    "an your his her their its if as at in on for with but and or so then now just not no yes every everyone "
    "everybody someone somebody nobody people most some many all both each another one two three four five "
    "sounds looks seems been being having going trying thanks thank please let lets sure great good nice cool "
    "wow awesome monday tuesday wednesday thursday friday saturday sunday today tomorrow yesterday january "
    "february march april may june july august september october november december maybe perhaps hopefully "
    "really actually also still even only once after before during while since because though although until "
    "unless whether than too very more less much god jesus"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class About:
    """A clause as its subject and its predicate.

    Args:
        subject: as in `Stated`; of a thing "user" where it is his ("my rent"), "" else.
        thing: whether the predicate begins with the thing itself: "rent is 5".
        plural: "we" or "our".
        kin: the word for a relative, where it is one.
        named: a name that stands with a relative: "my sister Ann".
        speaker: who says it.
        others: "they", who say nothing of themselves, but change what is spoken of.
    """

    subject: str
    predicate: str
    thing: bool = False
    plural: bool = False
    kin: str = ""
    named: str = ""
    speaker: str = USER
    others: bool = False


# What stands with a capital behind "my brother", and is not what he is called.
_NO_NAME = late.compile(
    r"(?:Dr|Mrs?|Ms|Prof|Frau|Herr|English|French|German|Spanish|Chinese|Japanese|Italian|Dutch|Irish|Portuguese|Russian"
    r"|Arabic|Latin|Christmas|Easter|Siri|Alexa|Google|ChatGPT|Minecraft|Excel|Android|iPhone|PhD|God|Labrador|Persian)"
)


def is_nobody(name: str) -> bool:
    """Whether *name* is a word with a capital that names nobody."""
    return name.lower() in _NOBODY or bool(_NO_NAME.fullmatch(name))


def unled(clause: str) -> str:
    """*clause* without the words that only lead into it."""
    return _LEAD.sub("", clause)


def without_adverbs(predicate: str) -> str:
    """*predicate* from its verb on."""
    return _ADVERBS.sub("", predicate.lstrip())


def about(clause: str, speaker: str) -> About | None:
    """Who *clause*, said by *speaker*, is about; None where nobody can say."""
    text = unled(clause)
    match = _WHO.match(text)
    if _THEY.match(text):
        return About("", without_adverbs(text[4:]), others=True, speaker=speaker)
    if match is None:
        dropped = _DROPPED.match(text)
        return About(speaker, without_adverbs(text[0].lower() + text[1:]), speaker=speaker) if dropped else None
    rest = text[match.end() :].strip()
    if match["me"]:
        return About(speaker, without_adverbs(rest), plural=match["me"] != "I", speaker=speaker)
    if match["kin"] and not rest.startswith("'s "):
        return _of_kin(match, rest, speaker)
    return _of_thing(match, text, rest, speaker)


def _of_kin(match: re.Match[str], rest: str, speaker: str) -> About | None:
    kin = match["kin"].lower()
    if kin.startswith(("ex ", "ex-", "old ", "late ")):  # who was somebody's; not the one that is
        return None
    kin = kin.removeprefix("new ")
    return About(
        f"{speaker}'s {kin}",
        without_adverbs(rest),
        kin=kin,
        named="" if is_nobody(match["called"] or "i") else match["called"],
        speaker=speaker,
    )


def _of_thing(match: re.Match[str], text: str, rest: str, speaker: str) -> About | None:
    if match["thing"] or match["kin"]:
        own = match["kin"] or match["thing"].lower() == "my"
        whole = text[3:] if match["kin"] else rest
        return About(
            speaker if own else "", whole.strip(), thing=True, plural=text[:3].lower() == "our", speaker=speaker
        )
    name = match["name"]
    if name.split()[0].lower() in _NOBODY:
        return None
    return About(name.lower(), without_adverbs(rest), speaker=speaker)


def default_subject(name: str | None) -> str:
    """The subject of what somebody of that *name* says of himself."""
    return (name or "").strip().casefold()[:60] or USER
