"""How far an embedder is to be trusted with a language: measured once, on pairs of sentences that mean the same.

An English model puts all Chinese sentences close together: MiniLM tells paraphrases from strangers by 5.1 standard
deviations in English and by 0.2 in Chinese. The built-in lexical embedder is not asked.
"""

from __future__ import annotations

from tiermem.errors import Closed, StorageError
from tiermem.flows.effects import Compute, Embed, Flow
from tiermem.flows.services import Core
from tiermem.search.embedder_trust import CHINESE, ENGLISH, competence, texts
from tiermem.settings import Scope
from tiermem.text.analyzer import han_share


def trust(core: Core, scope: Scope, query: str, vectors: int) -> Flow[float]:
    """0 to 1: how well the embedder separates texts of the languages of *query*."""
    if core.lexical or not vectors:
        return 1.0
    if core.competence is None:
        try:
            made = yield Embed(texts(), scope)
        except (StorageError, Closed):
            raise
        except Exception as error:  # noqa: BLE001  # user code; it just embedded the question, so it is trusted
            core.embed_error = f"{type(error).__name__}: {error}"
            return 1.0
        core.competence = yield Compute(lambda: competence(made))
    chinese = han_share(query)
    found: float = (1 - chinese) * core.competence[ENGLISH] + chinese * core.competence[CHINESE]
    return found
