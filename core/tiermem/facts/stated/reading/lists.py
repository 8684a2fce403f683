"""What else a list says that somebody likes: "I enjoy painting, piano and tea", "我喜欢画画、弹琴和喝茶". Pure.

Rule 1: what stands behind a preposition goes on in the list: "tea with milk, honey and lemon" and "reading about
wars, death and disease" are one thing each, but for another doing ("cooking with friends, hiking and reading").
Rule 2: a list is read where it is closed ("… and tea") and all of it looks like things; what stands behind a comma
alone is more often something else ("I enjoy painting, thanks").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from tiermem.facts.stated.record import Stated
from tiermem.text import late
from tiermem.text.analyzer import words_of

_ITEM = r"[A-Za-z][\w'’+#-]*(?: [A-Za-z][\w'’+#-]*){0,2}?"
_ENGLISH = late.compile(
    rf"\b(?:like|likes|love|loves|enjoy|enjoys|adore|adores|hate|hates|dislike|dislikes|detest) (?P<first>{_ITEM})"
    rf"(?P<rest>(?:, {_ITEM}){{1,6}}),? (?:and|or) (?P<last>{_ITEM})(?=\s*[.!?;:)]|\s*$|,? (?:but|so|because"
    rf"|since)\b|, and\b)"
)
_BOTH = late.compile(
    r"\b(?:like|likes|love|loves|enjoy|enjoys|adore|adores|hate|hates|dislike|dislikes|detest) (?P<first>[a-z]+ing)"
    r"(?P<rest>) and (?P<last>[a-z]+ing)(?=\s*[.!?;:)]|\s*$|,? (?:but|so|because|since)\b)"
)
_CHINESE = late.compile(
    r"(?:喜欢|热爱|喜爱|讨厌)(?P<first>[^，。！？；、\s]{1,6})(?P<rest>(?:、[^，。！？；、\s和]{1,6}){1,6})"
    r"(?:(?:和|以及|还有|跟)(?P<last>[^，。！？；、\s]{1,6}))?(?=[，。！；]|$)"
)
_NO_ITEM = words_of(
    "i you he she it we they me him her us them my your his its our their this that these those who which what how"
    " when"
    " where is am are was were be been do does did have has had can could will would should may might must not no"
    " so but"
    " also then just too very really especially thanks please like love hate enjoy want need think play read cook"
    " swim"
    " work live go make take write watch drink eat study learn teach run walk sing dance drive use get try see say"
    " tell"
    " the even sometimes often usually mostly whatever everything anything something things stuff more most etc such"
)
_OF = late.compile(r" (?:with|without|about|of|in|on|from|for|by|like|to|at|over|under|than)(?: |$)")
_DOING = late.compile(r"[a-z]+ing\b")
# "喜欢加牛奶、蜂蜜和柠檬的茶": a list that only says which tea.
_MODIFIES = late.compile(
    r"(?:喜欢|热爱|喜爱|讨厌|爱吃|爱喝|爱看)(?P<first>[^，。！？；、\s]{1,10})(?:、[^，。！？；、\s]{1,8})*(?:、|和"
    r"|以及|跟|与|及)[^，。！？；、\s]{1,8}的(?=[^，。！？；、\s])"
)
_SHORT_CHINESE = late.compile(r"的|了|我|你|他|她|它|这|那|什么|等|都|也|不")


def listed(facts: Iterable[Stated], sentence: str) -> Iterator[Stated]:
    """*facts* of a *sentence*, and what else it lists beside what one of them says that somebody likes."""
    facts = list(facts)
    known = {fact.attribute.casefold(): fact for fact in facts if fact.kind in {"taste", "habit"}}
    if not known:
        yield from facts
        return
    cut = {f"like {match['first']}".casefold() for match in _MODIFIES.finditer(sentence)} if "的" in sentence else set()
    yield from (fact for fact in facts if fact.attribute.casefold() not in cut)
    for pattern in (_ENGLISH, _BOTH, _CHINESE):
        for match in pattern.finditer(sentence):
            fact = known.get(f"like {match['first']}".casefold())
            items = [*(item.strip() for item in _parted(match["rest"])), match["last"] or ""]
            items = [item for item in items if item]
            items = _apart(match["first"], items)
            if fact is not None and all(map(_thing, items)):
                yield from (replace(fact, attribute=f"like {item}") for item in items)


def _apart(first: str, items: Sequence[str]) -> list[str]:
    """Those of *items* that are no more of what stands behind a preposition before them."""
    made, inside = list[str](), bool(_OF.search(first))
    for item in items:
        if not inside or _DOING.match(item):
            made.append(item)
            inside = bool(_OF.search(item))
    return made


def _parted(rest: str) -> list[str]:
    return rest.replace("、", ",").split(",")


def _thing(item: str) -> bool:
    return _NO_ITEM.isdisjoint(item.lower().split()) and not _SHORT_CHINESE.search(item)
