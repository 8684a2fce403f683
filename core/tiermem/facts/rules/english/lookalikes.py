"""What looks like something laid down in English and is none: habits, stories, guesses, what others say."""

from __future__ import annotations

import re

from tiermem.text import late

HABIT = late.compile(
    r"\b(?:i|he|she|they|who|which|that|people|my \w+)(?:'ve| have|'d| had|'m| am|'s| is| are)?"
    r"(?: (?:also|just|almost|really|usually|still|have|would))* (?:always|never)\b",
    re.IGNORECASE,
)
ONCE = late.compile(  # an order for this moment, or no order at all
    r"\bi (?:just |really )?(?:don't|do not)\b|\b(?:(?<!from )now|immediately|instantly|asap|already|yet|right away"
    r"|this time|for now"
    r"|at this point"
    r"|today|until you)\b|\bagain(?! never)(?=[,;]| (?:until|just|and))|\b(?:and|just) (?:just |then )?(?:give|show"
    r"|provide|tell|execute|present|bring|get|chuck"
    r"|keep)\b|\*\w+\*"
    r"|\b(?:hustle|wahala|mate)\b",
    re.IGNORECASE,
)
OWN_NEED = late.compile(
    r"\b(?:i|we) (?:\w+ )?(?:must|have to|need to|shall)\b(?! (?:not|never|only|always)\b)", re.IGNORECASE
)
ONE_OFF = late.compile(
    r"^(?!use\b[^.?]*\b(?:in|for|on) (?:all|every|each|any)\b)(?:explain|list|show|give|write|add|put|return"
    r"|include|report|start|begin|end|send|save|use"
    r"|state)\b(?!.*\b(?:always|unless|every"
    r"(?:thing|where)|each (?:answer|reply|response|time)|in (?:your|all|every|each) (?:answers?|repl|responses?)"
    r"|anything"
    r" you|all (?:your|dates?|times?|prices?|amounts?)|from now)\b)",
    re.IGNORECASE,
)
I_PLAN = late.compile(
    r"\bi(?:'ll| will|'m| am| was|'ve| have| started| decided| plan| try| feel| think)\b", re.IGNORECASE
)
STORY = late.compile(
    r"^i(?:'ve| have|'m| am| was| felt| took| just| want to (?:find|make)|'ll| will| had| got| did| went"
    r"| would love)\b"
    r"|^(?:plus|looking|but when|however|if you cannot|there's|that's|that\b|yeah|nah|exactly)\b|\b(?:can"
    r"|could) you (?:help"
    r"|give|tell|show|explain|please help)\b|\bi(?:'m| am| was) (?:\w+ )?(?:wondering|trying|worried|stressed|unsure"
    r"|not sure"
    r"|thinking|curious|kinda)\b|\bhow (?:can|do|should) i\b",
    re.IGNORECASE,
)
NOT_SERIOUS = late.compile(
    r"^(?:for now|if i must|i wish|i wonder|what if|suppose|imagine|maybe|perhaps|i guess|i think|i thought"
    r"|i remember|i was|i were|i've been"
    r"|if only\b|if (?:you|we) (?:\w+ )?(?:need|want|feel|have|find|would like|like|decide|run"
    r"|get)\b.*\b(?:let me know|just ask"
    r"|let us know|give me a (?:call|shout|ring)|i'm (?:always )?here|tell me|text me|reach out|hit me up|feel free)"
    r"|do i|does|did|is it|are there|should i|how|why|what|who|when did|where)\b|\bi'?m not sure\b|\bi don't know\b",
    re.IGNORECASE,
)
REPORTED = late.compile(
    r"\b(?:[Hh]e|[Ss]he|[Tt]hey|[A-Z][a-z]+|[Mm]y (?:\w+ )?(?:boss|mom|mum|dad|mother|father|wife|husband|friend"
    r"|teacher|doctor|sister|brother|colleague|coach|manager)|[Tt]he (?:sign|book|article|docs?|documentation|error"
    r"|guide|recipe|label)|[Pp]eople) (?:said|says|told|tells|claims?|thinks?|thought|wrote|writes|keeps? saying"
    r"|warned"
    r"|always says|insists?)\b"
)
