#!/usr/bin/env bash
# A summarising conversation memory of Griptape shows the model no turn any more once it has as many as it is to keep.
#
# `SummaryConversationMemory` of griptape 1.13.0 shows the model a summary and, from `summary_index` on, the runs that
# are not in it. `max_runs`, which every conversation memory takes, removes the oldest runs of the list when it is full,
# and the index, which counts from the front of that list, stays where it was: past the end. From the first removal on,
# the newest run is neither shown nor ever summarised, so the agent answers each turn as if nothing had been said since,
# with a summary that stands still. Without `max_runs` it works, and a look at `runs` shows the newest in their place.
# The class says at length what it keeps, summarises and shows, and does not name `max_runs`, which it inherits.
#
# Seen: what other memories do with the turns between the summary and the window was compared; griptape 1.13.0, Python
# 3.11. Needs python3 with pip and venv; installs into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
python="$folder/venv/bin/python"
"$python" -m pip install --quiet --disable-pip-version-check "uv==0.13.9"
"$folder/venv/bin/uv" pip install --quiet --python "$python" "griptape==1.13.0"
cat > "$folder/turns.py" <<'PY'
import re

from attrs import Factory, define, field
from griptape.artifacts import TextArtifact
from griptape.common import Message
from griptape.drivers.memory.conversation.local import LocalConversationMemoryDriver
from griptape.drivers.prompt import BasePromptDriver
from griptape.memory.structure import Run, SummaryConversationMemory
from griptape.tokenizers import SimpleTokenizer


def tokenizer():
    return SimpleTokenizer(characters_per_token=4, max_input_tokens=10_000, max_output_tokens=1_000)


@define
class Summarises(BasePromptDriver):
    model: str = field(default="none", kw_only=True)
    tokenizer: SimpleTokenizer = field(default=Factory(tokenizer), kw_only=True)

    def try_run(self, prompt_stack):
        asked = prompt_stack.messages[-1].to_text()
        of = (memory.summary or "of").split() + re.findall(r"question (\d)", asked)
        return Message(" ".join(of), role=Message.ASSISTANT_ROLE)

    def try_stream(self, prompt_stack):
        raise NotImplementedError


for most in (None, 3):
    driver = LocalConversationMemoryDriver()
    memory = SummaryConversationMemory(
        offset=1, max_runs=most, prompt_driver=Summarises(), conversation_memory_driver=driver
    )
    for turn in range(1, 6):
        memory.add_run(Run(input=TextArtifact(f"question {turn}"), output=TextArtifact(f"answer {turn}")))
        shown = [one.to_text() for one in memory.to_prompt_stack().messages]
        turns = [text for text in shown if text.startswith("question")]
        beside = ", ".join(turns) or "nothing"
        print(f"max_runs {most}, turn {turn}: summary {memory.summary}, shown beside it {beside}")
PY
HOME="$folder" "$python" -W ignore "$folder/turns.py" 2> "$folder/errors" | tee "$folder/output" ||
  { cat "$folder/errors"; exit 1; }
diff - "$folder/output" <<'EXPECTED'
max_runs None, turn 1: summary None, shown beside it question 1
max_runs None, turn 2: summary of 1, shown beside it question 2
max_runs None, turn 3: summary of 1 2, shown beside it question 3
max_runs None, turn 4: summary of 1 2 3, shown beside it question 4
max_runs None, turn 5: summary of 1 2 3 4, shown beside it question 5
max_runs 3, turn 1: summary None, shown beside it question 1
max_runs 3, turn 2: summary of 1, shown beside it question 2
max_runs 3, turn 3: summary of 1 2, shown beside it question 3
max_runs 3, turn 4: summary of 1 2 3, shown beside it nothing
max_runs 3, turn 5: summary of 1 2 3, shown beside it nothing
EXPECTED
echo "as described"
