"""What has the words of something laid down in English and is not meant so: whose words they are, and of what. Pure.

Asked of what the other rules found: a saying, somebody else's words, what happens in a story, a plan of the speaker's
own, an offer, one thing of this moment, an exclamation.
"""

from __future__ import annotations

import re

from tiermem.facts.rules.english.framed import SCOPE
from tiermem.facts.rules.english.wording import STANDING
from tiermem.facts.rules.record import DEADLINE, NEED, QUESTION, TASK
from tiermem.text import late

_SAYING = late.compile(
    r"\bnever say never\b|\bsafe than sorry\b|\bbright side\b|\bgift horse\b|\byour chickens\b|\bbook by its cover\b"
    r"|\bnow or never\b|\brules are rules\b|\bget me started\b|\bdull moment\b|\b(?:it )?never rains\b"
    r"|\bthe same (?:old )?story\b"
    r"|\b(?:must|have to|got to) be (?:kidding|joking|dreaming|crazy|mad|mistaken)\b|\beggs in one basket\b"
    r"|\bbite the hand"
    r"|\bspilt milk\b|\brock the boat\b|\bshoot the messenger\b|\bno pain\b|\bno news is\b|\bno man is\b|\bno smoke\b"
    r"|\bevery cloud\b|\bevery dog\b|\ball that glitters\b|\ball work and\b|\bboys will be\b|\bdon't (?:tempt|blame"
    r"|quote"
    r"|hold your breath|push your luck|mention it|sweat it|get your hopes|look back|give in|knock it|overthink"
    r"|let (?:it|that|them"
    r"|him|her|anyone|anybody|work|life|stress)\b)|\bbe a stranger\b|\bcross (?:that|your) (?:bridge|fingers)\b"
    r"|\bmake promises\b|\btoo good to be\b|\blast but not\b|\bfingers crossed\b|\bnever (?:ends|lie|fails?|gets old"
    r"|too late)\b"
    r"|\bpractice makes\b|\bcurb your\b|\bwhat they say\b|\bthe saying goes\b",
    re.IGNORECASE,
)
_SAYS = (
    r"(?:says|said|tells|told|claims|claimed|insists|insisted|swears|warns|warned|preaches|advis(?:es|ed)|believes"
    r"|keeps? (?:saying|telling|repeating)|recommends|argues|writes|wrote|taught|refuses|(?:reads|goes)(?=[:,]))"
)
# Who is heard here is neither the writer nor somebody whose word is an order to him.
_OTHERS = late.compile(
    r"^(?!(?:i|we|you|when|whenever|if|unless|before|after|until|please|never|always|don't|do|just|only|from|no"
    r"|anyone who"
    r"|everything|nobody|no one|each|every|all)\b)(?!(?:the |our |my |a )?(?:client|customer|landlord|landlady|court"
    r"|insurer"
    r"|insurance|legal|compliance|editor|professor|doctor|doc|gp|physio|dietitian|nutritionist|dentist|cardiologist"
    r"|midwife"
    rf"|vet)\b)(?:[\w'-]+ ){{1,6}}?(?:(?:always|still|once|also|just|only|often|would) )?{_SAYS}\b(?! by\b)"
    r"|^(?:the |these |those |most |some )?\w+s (?:say|claim|insist|swear|tell)\b|\b(?:according to|apparently"
    r"|supposedly|allegedly|rumou?r has|it is said|it's said|it says here|(?:i|we)(?:'ve| have)?"
    r" (?:once |just |recently )?(?:read|heard) (?:that|it|somewhere|in|one|about)|(?:the|a|my|his|her|their|our"
    r"|'s) (?:[\w']+ ){0,3}(?:motto|mantra|catchphrase|slogan"
    r"|label|warning|proverb|lyrics?|saying|favou?rite (?:line|quote|saying)|punch ?line)\b)"
    r"|^(?:everyone|everybody|people|they|some) (?:\w+ ){0,2}(?:says?|tells?|told|said|keeps?|kept|claims?|think)\b"
    r"|^as \w+ (?:\w+ )?said\b"
    r"|\b(?:the|a) sign (?:says|said|at|on|reads)\b|\bthere's a (?:sign|saying|rule|law)\b",
    re.IGNORECASE,
)
_FICTION = late.compile(
    r"\bin (?:my|the|his|her|our|this|that|a|one of [\w']+) (?:\w+ ){0,2}(?:novel|story|book|game|film|movie|dream"
    r"|play|song|series"
    r"|episode|show|comic|fairy ?tale|campaign|matrix)s?,? (?:the|they|he|she|you|it|nobody|everyone|all|each|there"
    r"|people|players?)\b"
    r"|\bin (?:chess|poker|go|checkers|football|soccer|tennis|basketball|bridge|scrabble|monopoly|golf|cricket),? \w+"
    r"|^(?:the|a|an|our) (?:\w+ )?(?:wizard|witch|dragon|villain|hero|heroine|protagonist|main character|narrator"
    r"|king|queen|prince(?:ss)?"
    r"|knight|ghost|vampire|elf|dwarf|captain|pirate|alien)\b|\blet's say\b|\b(?:imagine|suppose|once upon a time"
    r"|in theory)\b",
    re.IGNORECASE,
)
_INTENDS = (
    r"(?:i|we)(?:(?:'m|'re|'ll| am| are| will| must| have to| need to|'ve| have)(?: (?:also|just|probably|definitely"
    r"|not|never|always"
    r"|now|all|both|really|only|still))*"
    r" (?:going|gonna|planning|trying|decided|sworn|promised|remember|be|have|do|get|go|try|make sure|(?!calling"
    r"|using)\w+ing)\b"
    r"|'d rather| would rather)"
)
_PLAN = late.compile(
    rf"^(?:(?:from|as of|starting|beginning|going|moving|in|for|until|after"
    rf"|since)\b[^,.]{{0,30}}?,? )?{_INTENDS}",
    re.IGNORECASE,
)
_TO_YOU = late.compile(
    r"(?:[,;]| -| –) ?(?:so|please|and please|don't|never|always|no|keep|avoid|only|remember|make sure|put|use)\b"
    r"|\byou(?:r)?\b|\bplease\b"
    r"|\banswers?\b|[,;]? (?:but|and|because|since|though) (?:i|we) (?!'ll|will|am|'m|have|'ve)\w+",
    re.IGNORECASE,
)
_OFFER = late.compile(
    r"\b(?:if|when(?:ever)?|any ?time|should|in case) you(?:'re|'d)?(?: are| would)?(?: \w+)? ?(?:ever |still "
    r"|really )?(?:need|want|like|fancy"
    r"|feel|have (?:any|a|some|time|questions?)|in|around|near|free|ready|up|come|visit|get|find|run"
    r"|decide)\b.*\b(?:call|text|come|stay|visit"
    r"|drop|swing|reach|count|hit|shout|ring|ping|holler|join|give me|send (?:me|it|them|some)|let me know|i'm|i am"
    r"|i'll|i can|we can)\b"
    r"|\bany ?time you want\b|\byou can always\b|\bfeel free\b|\b(?:never|don't) hesitate\b|\b(?:i'm|we're"
    r"|here) always\b"
    r"|\balways (?:here|there|around|welcome|open|up|down|happy|glad|a|nice|good|great|fun|ready|willing|curious"
    r"|worth|on|in|been|the|an?)\b(?! (?:first|at the|in))"
    r"|^always (?!(?:give|live|drive|strive|receive|need|feed|speed|embed|bring|enable|disable|proceed|archive)\b)"
    r"\w+(?:ful|ous|ed|ing|able|ible|ive)\b|\byou (?:should|must|have to|need to) (?:always |definitely |totally "
    r"|really )?"
    r"(?:come|visit|join|stop by|try|see|check out|hear|meet|be)\b|\bno need to\b|\bask me anything\b"
    r"|\blet me know (?:if|when(?:ever)?|what) you\b|\bdon't make me\b|^only (?:if|because|that|a few|once|in|my|when"
    r"|one|two|three|\w+ly\b)",
    re.IGNORECASE,
)
_ONCE = late.compile(
    r"\b(?:this (?:one|time|question|once|e?-?mail|message|reply|answer|letter|paragraph|sentence|table|poem|page"
    r"|text|essay|query|task"
    r"|picture|section|slide|draft|part|line|word|job|exercise|translation)|for (?:now|this|today)|just (?:this )?once"
    r"|the (?!(?:first|second|third) person\b)(?:next|last|first|following|above|previous|second|third"
    r"|remaining) (?:\w+ ){0,2}\w+|that (?:one|query"
    r"|file|table|line|mail|text)"
    r"|in a hurry|tonight|tomorrow|at the moment|right now)\b|\byet\b"
    r"|^(?:please )?(?:write|make|draw|create|give me|tell me|translate|draft|generate|compose|find"
    r"|show me) (?:me )?(?:an?|the|this"
    r"|one|two|three|\d+)\b(?! (?:note|rule|habit|point)\b)(?!.*\b(?:whenever|when (?:i|you)|each|every|first)\b)",
    re.IGNORECASE,
)
# What is so of somebody, and holds beside what is asked for once.
_SO_IS = late.compile(
    r"\b(?:he|she|they|i|we|my \w+) (?:only|can't|cannot|don't|doesn't|never|can only)\b|\bnothing (?:that|over"
    r"|above|with)\b"
    r"|\b(?:he|she|they|my \w+)(?:'s|'re| is| are) (?:allergic|vegan|vegetarian|diabetic)\b",
    re.IGNORECASE,
)
_EXCLAIMS = late.compile(
    r"\b(?:allerg(?:ic|y) to|intolerant of|intolerance (?:for|of)) (?:\w+ )?(?:bull\w*|bs|nonsense|drama|stupid\w*"
    r"|fools?|idiots?|\w+days?|mornings?"
    r"|(?:hard |real )?work|meetings?|people|humans|fun|change|failure|losing|commitments?|responsib\w+|small talk"
    r"|paperwork|housework|chores"
    r"|exercise|sports?|math\w*|romance|spending|money|negativity|\w+(?:ness|tion|ism|ship|ity))\b"
    r"|\b(?:no|no more|hate|stop|must|never)\b.*\b(?:rain(?:s|ing)?|snow(?:s|ing)?|winter|summer|weather|heaven"
    r"|hooray|yay)\b"
    r"|\b(?:a whole|an entire) (?:day|week|evening|weekend)\b|^no way\b|\bisn't it\b|\bright\?$|^must (?:be|have"
    r"|feel|get|take|mean)\b"
    r"|\b(?:must|has to|have to) be (?:so |very |really |quite |pretty )?(?:a |an |the )?(?:\w*(?:ful|ous|ting|ing"
    r"|ive|some|nal)|nice|hard|fun|great"
    r"|tough|strange|weird|sad|lovely|cool|brutal|insane|nuts|good|better|worth|it|something|huge|rough|tricky|best"
    r"|worst|thin|nonstop|wild"
    r"|someone|somewhere|fate|love|magic|old|new|hot|cold|tired|proud|hungry)\b(?! (?:than|to|with|at|in|from"
    r"|for the)\b)",
    re.IGNORECASE,
)


# What people tell each other: guesses ("it must get heavy"), comfort, what is not needed, what happens again and again.
_TALK = late.compile(
    r"\bmust (?:\w+ly )?(?:appreciate|love|miss|enjoy|mean|feel|know|get|bring|hate|like)\b|\bthere (?:has|have|must"
    r"|needs?) (?:to )?be\b"
    r"|\b(?:don't|doesn't|didn't|shouldn't|wouldn't|won't|not) (?:need|have) to be\b|\bwhen(?:ever)? (?:he|she|it"
    r"|they) has to\b"
    r"|\bdon't (?:remind me|jinx|stress|judge|compare|sell yourself|beat yourself|go overboard)\b|^nothing fancy\b"
    r"|^(?:just )?remember,? (?!.*(?:\b(?:i|my|we|our|me|us|must|may|never|always|don't|only|no|not to|all|every"
    r"|each|any|is to|are to|you are (?:an? |(?-i:[A-Z]))\w+)\b|\d))"
    r"|\balways (?!\w*(?:ss|us)\b)\w{3,}s\b(?! (?:should|must))|\bnever (?:know|quite)\b"
    r"|\ballerg(?:y|ies) (?:shots?|season|research|tests?|medication)\b|\b(?:risk of|childhood|future"
    r"|seasonal) allergies\b"
    r"|\bkeep (?:me|us) posted\b|\bsign me up\b",
    re.IGNORECASE,
)


def unmeant(said: str, kind: str) -> bool:
    """Whether *said*, found to be of *kind*, lays nothing down after all."""
    if (
        _SAYING.search(said)
        or _OTHERS.search(said)
        or _FICTION.search(said)
        or _EXCLAIMS.search(said)
        or _TALK.search(said)
    ):
        return True
    if kind in (NEED, DEADLINE, TASK, QUESTION):
        return False
    if _OFFER.search(said):
        return True
    if _PLAN.match(said) and not _TO_YOU.search(said):
        return True
    return once(said)


def once(said: str) -> bool:
    """Whether *said* speaks of one thing or one moment, with no word that says that it holds on."""
    return bool(_ONCE.search(said)) and not (SCOPE.search(said) or STANDING.search(said) or _SO_IS.search(said))
