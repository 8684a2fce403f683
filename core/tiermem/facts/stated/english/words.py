"""Words of which the English rules are made: relatives, occupations, what people own, attributes that are told."""

from __future__ import annotations

from tiermem.text import late

KIN = (
    "wife|husband|partner|girlfriend|boyfriend|fianc[eé]e?|spouse|sister|brother|mother|father|mom|mum|dad|son|daughter"
    "|boss|manager|roommate|flatmate|best friend|cousin|aunt|uncle|grandmother|grandfather|grandma|grandpa|nephew|niece"
    "|mother-in-law|father-in-law|sister-in-law|brother-in-law|landlord|landlady|neighbou?r|colleague|coworker|mentor"
    "|supervisor|advisor|therapist|doctor|dentist|trainer|coach|teacher|tutor|accountant|lawyer|assistant"
)
RELATED = f"(?:(?:older|younger|big|little|elder|eldest|youngest|twin|ex|new|old|late|oldest|middle)[ -])?(?:{KIN})"
PETS = "dog|cat|puppy|kitten|rabbit|bunny|hamster|parrot|horse|fish|turtle|tortoise|bird|guinea pig|ferret|snake|lizard"
PLURAL_PETS = (
    "dogs|cats|puppies|kittens|rabbits|bunnies|hamsters|parrots|horses|fish|turtles|birds|guinea pigs|ferrets|snakes"
)
KIDS = "kids|children|sons|daughters|brothers|sisters|siblings|grandchildren|grandkids|nieces|nephews|cousins"
OWNED = (
    f"{PETS}|car|van|truck|bike|bicycle|motorbike|motorcycle|scooter|boat|house|apartment|flat|condo|cabin|garden|piano"
    "|guitar|violin|drum kit|drone|camera|telescope|laptop|desktop|tablet|iPad|iPhone|Kindle|e-reader|smartwatch|Switch"
    "|PlayStation|Xbox|3D printer|treadmill|rowing machine|espresso machine|air fryer|electric car|EV|campervan|RV"
    "|gym membership|driver's license|driving licence|website|blog|podcast|YouTube channel|allotment|greenhouse|kayak"
)
JOBS = (
    "accountant|actor|actress|analyst|architect|artist|attorney|baker|barber|barista|bartender|biologist|bookkeeper"
    "|bus driver|butcher|carpenter|cashier|chef|chemist|cleaner|coach|consultant|contractor|cook"
    "|copywriter|counsel(?:l)?or"
    "|data analyst|data engineer|data scientist|dentist|designer|developer|director|doctor|driver|economist|editor"
    "|electrician|engineer|entrepreneur|farmer|firefighter|florist|founder|freelancer|gardener|graphic designer"
    "|hairdresser|historian|illustrator|intern|interpreter|journalist|judge|lawyer|lecturer|librarian|machinist|manager"
    "|mechanic|midwife|musician|nanny|notary|novelist|nurse|nutritionist|optician|paralegal|paramedic"
    "|pastor|pediatrician"
    "|personal trainer|pharmacist|photographer|physicist|physiotherapist|pilot|plumber|podcaster|police officer"
    "|postdoc|principal|producer|product manager|professor|programmer|project manager|psychologist|radiologist|realtor"
    "|recruiter|researcher|sailor|salesperson|scientist|secretary|social worker|software developer|software engineer"
    "|soldier|statistician|student|surgeon|surveyor|tailor|taxi driver|teacher|technician|therapist|tour guide|trader"
    "|translator|truck driver|tutor|veterinarian|vet|waiter|waitress|web developer|welder|writer|yoga instructor"
    "|PhD student|grad student|teaching assistant|dispatcher|archivist|sommelier|beekeeper|actuary|auditor|underwriter"
    "|flight attendant|dietitian|geologist|curator|choreographer|dancer|singer|sculptor|potter|locksmith|CEO|CTO|CFO"
)
DIETS = (
    "vegetarian|vegan|pescatarian|keto|paleo|gluten[- ]free|dairy[- ]free|halal|kosher|flexitarian|lactose intolerant"
    "|celiac|coeliac|diabetic|left-handed|right-handed|colou?r-?blind|pregnant|retired|unemployed|self-employed"
    "|sober|a smoker|a non-smoker|nearsighted|an only child|a morning person|a night owl|an introvert|an extrovert"
)
DIET_OF = {
    **dict.fromkeys(("retired", "unemployed", "self-employed"), "employment"),
    **dict.fromkeys(("vegetarian", "vegan", "pescatarian", "keto", "paleo", "flexitarian", "halal", "kosher"), "diet"),
}
BONDS = "single|dating|in a relationship|engaged|married|separated|divorced|widowed"
# What a person has one of, and says of it what it is: "my landlord is Mr Okafor", "my blood type is O".
PERSONAL = (
    "name|first name|last name|surname|nickname|username|handle|email|email address|e-mail|phone number|number"
    "|mobile number|address|postcode|zip code|birthday|date of birth|blood type|shoe size|shirt size"
    "|dress size|ring size"
    "|height|weight|hometown|nationality|native language|mother tongue|first language|religion|star sign|zodiac sign"
    "|major|minor|degree|university|college|school|thesis topic|dissertation topic|job title|title|employer|company"
    "|salary|rate|day rate|hourly rate|rent|mortgage|monthly budget|budget|savings goal|goal|target"
    " weight|credit score|commute"
    "|bank|insurance|insurer|insurance provider|phone plan|carrier|internet provider|gym|doctor|dentist|therapist|gp"
    "|pediatrician|landlord|landlady|boss|manager|supervisor|advisor|mentor|coach|trainer|teacher|tutor|lawyer"
    "|accountant|vet|hairdresser|barber|roommate|flatmate|best friend|partner|wife|husband|girlfriend|boyfriend|fiancée"
    "|fiancé|sister|brother|mother|father|mom|mum|dad|son|daughter|dog|cat|car|bike|phone|laptop|computer|camera|tablet"
    "|browser|editor|ide|operating system|os|shell|keyboard layout|timezone|time zone|bedtime|wake-up time|flight"
    "|flight number|gate|seat|seat number|room number|hotel|destination|wedding|wedding date|anniversary|due date|visa"
    "|appointment|interview|exam|deadline|start date|last day|shift|schedule|pronouns|resting heart rate|blood pressure"
    "|5k time|10k time|marathon time|personal best|5k pb|personal record|max bench|streak|team|position|locker|desk"
    "|order number|member number|policy number|account number|license plate|licence plate|password hint|wifi name|rank"
    "|mileage|cholesterol|dosage|dose|medication|rating|elo|elo rating|lease|plan|subscription|class|grade|gpa|nickname"
)
# What a project or a plan has: "the deadline is", "our database is".
SHARED = (
    "deadline|launch|release|trip|tour|ceremony|rehearsal|webinar|match|surgery|checkup|handover"
    "|rollout|launch date|release date|due date|start date|end date|kickoff|kick-off|kickoff date"
    "|meeting|standup"
    "|stand-up|review|demo|call|appointment|party|wedding|flight|train|event|conference|workshop|exam"
    "|interview|delivery"
    "|budget|price|cost|rent|fee|salary|headcount|team size|goal|target|limit|rate limit|timeout|pool size|batch size"
    "|cache size|buffer size|heap size|queue size|window size|block size|chunk size|file size|disk size|image size"
    "|database size|index size|table size|group size|class size|party size"
    "|page size|port|version|threshold|quota|retention|sample size|learning rate|interval|capacity|attendance"
    "|guest list|guest count|venue|location|destination|hotel|caterer|vendor|supplier|theme|dress code|title"
    "|codename|code name|name|topic|color|colour|logo|font|database|framework|language|backend|frontend|cache|queue"
    "|message broker|ci|ci system|cloud provider|cloud|hosting provider|host|platform|provider|library|orm|linter"
    "|license|licence|repo|repository|branch|default branch|base image|region|domain|url|endpoint|owner|lead"
    "|tech lead|team lead|project lead|project manager|product owner|maintainer|reviewer|coordinator|contact"
    "|point of contact|contact person|organizer|organiser|captain|chair|treasurer|secretary|host"
    "|speaker|keynote speaker"
    "|chapter count|word count|page count|priority|status|stage|phase|sprint length|model|dataset|metric|accuracy"
    "|discount|tax rate|interest rate|exchange rate|score|temperature|speed|room|seat|gate|platform|password|passcode"
    "|wifi password|door code|access code|pin|response time|load time|loading time|latency|throughput|test coverage"
    "|coverage|error rate|uptime|memory usage|cpu usage|inference time|build time|bundle size|conversion rate"
)
# What somebody goes to at a time that was agreed: there are several, and one of them may be moved.
APPOINTMENTS = (
    "meeting|appointment|call|session|interview|webinar|workshop|lesson|class|checkup|check-up|consultation|review"
    "|demo|visit|reservation|rehearsal|training|lunch|dinner|date|game|match|exam|hearing|viewing|tour|audition"
)
HABITS = {
    "drink": "drink|drinks|drinking", "smoke": "smoke|smokes|smoking", "eat": "eat|eats|eating",
    "play": "play|plays|playing", "use": "use|uses|using", "drive": "drive|drives|driving",
    "study": "study|studies|studying", "learn": "learn|learns|learning", "practice": "practice|practise|practicing",
    "teach": "teach|teaches|teaching", "take": "take|takes|taking", "wear": "wear|wears|wearing",
    "collect": "collect|collects|collecting", "do": "do|does|doing", "watch": "watch|watches|watching",
    "speak": "speak|speaks", "run": "run|runs|running", "ride": "ride|rides|riding", "read": "read|reads|reading",
}  # fmt: skip
STEM = {form: stem for stem, forms in HABITS.items() for form in forms.split("|")}
# "My wife is German" tells no name.
PEOPLES = late.compile(
    r"(?:[A-Z][a-z]+(?:ish|ese)|German|American|Canadian|Mexican|Brazilian|Italian|Russian|Ukrainian"
    r"|Indian|Indonesian|Korean|Asian"
    r"|African|European|Australian|Austrian|Belgian|Norwegian|Hungarian|Romanian|Bulgarian|Croatian"
    r"|Serbian|Egyptian|Iranian|Persian"
    r"|Nigerian|Kenyan|Cuban|Colombian|Venezuelan|Peruvian|Chilean|Argentinian|Palestinian|Syrian"
    r"|Lebanese|Catholic|Muslim|Christian"
    r"|Protestant|Buddhist|Hindu|Sikh|Dutch|French|Greek|Swiss|Thai|Czech|Welsh|Scottish|Filipino"
    r"|Pakistani|Israeli|Iraqi|Afghan|Black|White|Latino|Latina)"
)
# Who leaves one of these leaves an employer; who leaves another name may leave a town, a party or a person.
_FIRM = late.compile(
    r"(?!(?:LA|UK|US|USA|NYC|NY|DC|UAE|EU|SF|HK|NZ|TV|AA)$)[A-Z][A-Z0-9&]{1,7}"
    r"|(?:.+ )?(?:Inc|Corp|Ltd|LLC|GmbH|Co|Labs?|Bank|Group|University|College|Hospital|School|Clinic|Systems"
    r"|Technologies|Tech|Software|Studios?|Agency|Partners|Consulting|Motors|Airlines|Airways|Pharma|Media|Energy"
    r"|Insurance|Solutions|Industries|Electronics|Company|Foundation|Institute)"
    r"|(?:the )?(?:Google|Microsoft|Amazon|Apple|Meta|Facebook|Netflix|Oracle|Intel|Cisco|Adobe|Salesforce|Nvidia|Uber"
    r"|Lyft|Airbnb|Spotify|Twitter|Stripe|Shopify|Dropbox|Slack|Zoom|Tesla|SpaceX|Boeing|Airbus|Siemens|Bosch|Philips"
    r"|Nokia|Ericsson|Samsung|Sony|Toyota|Honda|Ford|Volvo|Volkswagen|Audi|Porsche|Daimler|Bayer|Pfizer|Novartis|Roche"
    r"|Sanofi|Merck|Deloitte|Accenture|Capgemini|McKinsey|Bain|Goldman Sachs|Morgan Stanley|Barclays|Citi|Citibank"
    r"|Deutsche Bank|Walmart|Target|Costco|Ikea|Zara|Nike|Adidas|Unilever|Nestle|Nestlé|Danone|Shell|Starbucks"
    r"|Walgreens|Zalando|Klarna|Booking|Atlassian|Mozilla|GitHub|GitLab|Reddit|LinkedIn|Snap|Pinterest|Palantir"
    r"|OpenAI|Anthropic|DeepMind|Huawei|Tencent|Alibaba|ByteDance|Infosys|Wipro|Cognizant|Verizon|Comcast|Vodafone"
    r"|Lufthansa|Ryanair|Delta|FedEx|Lidl|Aldi|Tesco|Sainsbury['’]s)"
)


def is_firm(name: str) -> bool:
    """Whether *name* is for certain that of an employer."""
    return bool(_FIRM.fullmatch(name))
