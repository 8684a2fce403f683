#!/usr/bin/env bash
# A library that finds private words on the machine itself looks up a host of the internet at the first text.
#
# presidio-analyzer needs no service: its patterns run in the process, which is why people take it where nothing may
# leave. Its recogniser of e-mail addresses asks tldextract whether what follows the "@" is a known domain, and
# tldextract loads the list of public suffixes over HTTP when it is first used and no copy is in its cache folder. So
# the first text with an address waits for the network, and where there is none, for its timeouts, with errors in the
# log. The text itself is not sent. What helps: a tldextract cache that is filled before, or a recogniser of your own.
#
# Seen: a redactor for tiermem that runs in a container without network; presidio-analyzer 2.2.366, tldextract 5.3.2.
# Needs python3 with pip and venv; installs into a temporary folder. Names that are looked up are noted, none is resolved.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
python="$folder/venv/bin/python"
"$python" -m pip install --quiet --disable-pip-version-check "presidio-analyzer==2.2.366" "tldextract==5.3.2" "spacy==3.8.18"
cat > "$folder/look.py" <<'PY'
import logging
import socket

import spacy
from presidio_analyzer import AnalyzerEngine
from presidio_analyzer.nlp_engine import SpacyNlpEngine

logging.disable(logging.CRITICAL)
looked_up = []


def noted(host, *rest, **named):
    looked_up.append(host)
    raise socket.gaierror(socket.EAI_NONAME, "not in this test")


class Blank(SpacyNlpEngine):
    def __init__(self):
        super().__init__()
        self.nlp = {"en": spacy.blank("en")}


analyzer = AnalyzerEngine(nlp_engine=Blank(), supported_languages=["en"])
socket.getaddrinfo = noted
for text in ("My card is 4111 1111 1111 1111.", "Write to nora@example.org."):
    looked_up.clear()
    found = [one.entity_type for one in analyzer.analyze(text=text, language="en", entities=["EMAIL_ADDRESS", "CREDIT_CARD"])]
    print(f"{found}: {sorted(set(looked_up)) or 'no name looked up'}")
PY
TLDEXTRACT_CACHE="$folder/cache" "$python" -W ignore "$folder/look.py" | tee "$folder/output"
diff - "$folder/output" <<'EXPECTED'
['CREDIT_CARD']: no name looked up
['EMAIL_ADDRESS']: ['publicsuffix.org', 'raw.githubusercontent.com']
EXPECTED
echo "as described"
