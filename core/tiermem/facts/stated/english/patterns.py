"""Parts of the English patterns: names, places, employers, what is done and liked, and where each ends."""

from __future__ import annotations

from tiermem.facts.quantities import MARK
from tiermem.facts.stated.english.subjects import NAME
from tiermem.facts.stated.english.words import JOBS

PROPER = (
    rf"(?:the )?(?:(?:Dr|Mr|Mrs|Ms|Prof)\.? )?{NAME}(?:(?:,? | & |-)(?:(?:de|of|upon|am|la|le|los|san"
    rf"|and the) )?(?:{NAME}|[A-Z]{{2,5}}\b)){{0,3}}"
)
SHORT = r"[A-Z][A-Z0-9&.-]{1,7}\b"  # IBM, SAP, LA
SAINT = rf"(?:the )?(?:St|Mt|Ft) [A-Z]\w+(?:['’]s)?(?: {NAME}){{0,3}}"  # St Mary's Hospital
_TITLE = r"(?:Dr|Mr|Mrs|Ms|Prof)"
# A title alone is nobody's name: "Dr Smith's" is what follows, or nothing.
NAMED = rf"(?!{_TITLE}\b\.?(?: [A-Z][\w-]+['’]s|\s*(?:[^\s\w]|$)))(?:{SAINT}|{PROPER}|(?:the )?{SHORT}(?: {NAME})?)"
# Where somebody works whose name it bears.
OF_SOMEBODY = (
    rf"(?:{_TITLE} )?(?:[A-Z][\w-]+ ){{0,2}}[A-Z][\w-]+['’]s (?:\w+ ){{0,2}}(?:lab|laboratory|clinic|practice|office"
    rf"|firm|studio|shop"
    r"|bakery|restaurant|garage|group|team|company|caf[eé]|salon|workshop|gallery|store|farm)\b"
)
END = (
    r"(?=\s*$|\s*[^\w\s'’-]|\s+(?:and|with|since|because|for|now|instead|as|at|by|to|in|on|these|anymore|any more|again"
    r"|recently|last|this|yet|who|which|that|but|when|while|after|before|every|each|from|than|so|though|near|right|too"
    r"|currently|if|or|about|all|full-time|part-time|over|until|once|twice|most|just|here|together|officially|today"
    r"|yesterday|regularly|daily|a lot|very|really|during|without|of course|lol|haha|permanently|soon)\b)"
)
SMALL = r"(?!(?:a|an|the|my|our|your|his|her|their|this|that|these|those|it|fear|peace|hope|poverty|sin|harmony|denial"
SMALL += r"|constant|pain|luxury|total|different|school|bed|new|general|person|another|one|some|between|here|there)\b)"
PLACE = rf"(?P<value>{NAMED}|{SMALL}[a-z]{{4,}}{END})"
FROM = rf"(?: (?:from|out of) (?P<old>{NAMED}|[a-z]{{4,}}))?"
# What is said of when, how and what for somebody works.
NO_ORG = (
    r"(?!(?:an? |the )?(?:(?:good|long|short|whole|little|decent|bare) )?(?:living|while|few|couple|bit|lot|time"
    r"|nights?|home|free|fun|hours?|days?|weeks?|months?|years?|minutes?|money|(?:my|your|our|him|her|them|it)(?:self"
    r"|selves))\b|(?:clients|customers|people|pay|peanuts|tips|cash|pleasure|weekends|noon|midnight|dawn|dusk|least"
    r"|times|present|full|half|lunch|speed|random|heart|height|sea|work|christmas|minimum|passion|profit|food|love)\b)"
)
ORG = rf"{NO_ORG}(?P<value>{OF_SOMEBODY}|{NAMED}|an? (?:[\w-]+ ){{0,2}}[a-z-]{{3,}}{END}|{SMALL}[a-z]{{4,}}{END})"
CLUB = (
    r"(?!\w|'s|’s| (?:[Cc]lub|[Gg]roup|[Tt]eam|[Gg]ym|[Bb]and|[Cc]hoir|[Cc]hurch|[Cc]lass|[Cc]ommunity"
    r"|[Ll]eague|[Cc]hallenge|[Dd]iscord|[Ss]erver|[Pp]arty|[Aa]ssociation|[Tt]rip|[Pp]rogram|[Cc]ourse"
    r"|to (?:chat|talk|meet|play|follow|keep|find|see|watch|read|get))\b)"
)
# Who has lived, or worked, somewhere does so still where it is told since when, or for how long.
STILL = (
    r"(?:(?<=have )|(?<=has ))(?=\w+ (?:in|at|for) [^,;.!?]{2,60}?"
    rf" (?:since\b|for (?:the (?:past|last) |over |about |almost |more than )*(?:{MARK}|years\b)))"
)
IS = r"(?:am|is|are|'m|’m)"
NOT_ANY_MORE = r"(?P<more>(?: at all)?(?: any ?more| now| these days))?"
WORD = r"[A-Za-z][\w'’+#-]*"
NO_OBJECT = (
    r"(?!(?:it|them|this|that|these|those|him|her|you|me|us|what|how|when|where|why|who|some|any|more"
    r"|much|many|one|my|our"
    r"|your|his|their|to|so|not|being|having|getting|feeling|seeing|every|everything|anything|nothing|things|stuff|lots"
    r"|most|both|all|each|games? with|around|out|with|for|in|on|at|of|well|together|here|there|as|like|up|by|about"
    r"|if|the way|the idea|the fact|the freedom|each|a lot|hearing|working|knowing|and|or|too|very|really)\b)"
)
OBJECT = rf"{NO_OBJECT}(?P<what>(?:(?:a|an|the) )?{WORD}(?: {WORD}){{0,2}}?){END}"
LIKED = (
    rf"{NO_OBJECT}(?!(?:a|an|the|is|are|was|how|going|when)\b)(?P<what>{WORD}(?: {WORD}){{0,2}}?)"
    r"(?=\s*$|\s*[^\w\s'’-]|\s+(?:and|but|because|since|so much|very much|a lot|too|these days|now|more"
    r" than|most|so|as well|any ?more)\b)"
)
DOING = "drink|drinks|drinking|smoke|smokes|smoking|eat|eats|eating|play|plays|playing|speak|speaks|collect|collects"
DOING += "|collecting|study|studies|studying|learn|learns|learning|teach|teaches|teaching|drive|drives|driving"
TOOL = (
    rf"(?!(?:the|my|our|it|this|that|these|those|them|your|a|an|some|only|both|all|what|which|to|in|for|and"
    rf"|one|more|less)\b)(?P<what>(?:{NAMED}|[a-z][\w.+#-]{{2,}})(?: {NAME})?){END}"
)
HAVE = r"(?:have |has )?(?:(?:just|recently|finally|now|already|actually|officially|since) )*"
ROLE_OF = rf"(?P<value>(?:[\w-]+ ){{0,3}}?(?:{JOBS})){END}(?! at heart| in my| of the| myself)"
