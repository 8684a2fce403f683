"""Words of the English patterns of states, from which these are built and by which they are known again."""

from __future__ import annotations

import re

ROLE = (
    "lead|leader|manager|owner|reviewer|maintainer|contact|coordinator|organi[sz]er|captain|director|supervisor|boss|mentor|tutor"
    "|coach|trainer|doctor|dentist|therapist|teacher|landlord|accountant|lawyer|assignee|responsible person|point "
    "person|host"
    "|designer|developer|editor|head|ceo|cto|president|chair|chairman|treasurer|secretary|on-call|wife|husband|girlfriend|boyfriend"
    "|roommate|database|framework|language|editor|provider|bank|backend|frontend|library|platform|vendor|supplier|caterer|venue"
    "|location|destination|city|airline|hotel|gym|phone|laptop|car|color|colour|theme|topic|title|name|major|plan|address|school"
)
_VERBS = {
    "eat": "eat|eats|eating|ate|eaten", "drink": "drink|drinks|drinking", "smoke": "smoke|smokes|smoking",
    "use": "use|uses|using", "play": "play|plays|playing",
    "watch": "watch|watches|watching", "drive": "drive|drives|driving",
    "take": "take|takes|taking", "like": "like|likes|love|loves|enjoy|enjoys|adore|liking",
    "practice": "practice|practices|practicing",
    "hate": "hate|hates|dislike|dislikes", "teach": "teach|teaches|teaching",
    "go": "go to|goes to|going to|attend|attends|attending",
    "study": "study|studies|studying", "learn": "learn|learns|learning",
    "run": "run|runs|running", "wear": "wear|wears|wearing", "have": "have|has|own|owns|having|keep|keeping",
}  # fmt: skip
VERB_OF = {form: stem for stem, forms in _VERBS.items() for form in forms.split("|")}
DONE = (
    "met|been to|used|tried|attended|missed|written|wrote|read|visited|worked "
    "with|downloaded|completed|practiced|declined"
    "|placed|implemented|integrated|tested|listened "
    "to|finished|deployed|played|eaten|ate|seen|saw|taken|took|owned|set up"
)
# The words by which these are known again, first ones of several. Who "has" something has no habit.
HABITS = frozenset(form.split()[0] for form, stem in VERB_OF.items() if stem != "have")
DEEDS = frozenset(deed.split()[0] for deed in DONE.split("|"))
ROLES = frozenset(re.split(r"[\W\[]", role)[0] for role in ROLE.split("|")) | {"organiser", "organizer"}
