"""The archive of a conversation as a LlamaIndex retriever."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any

from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeRelationship, NodeWithScore, QueryBundle, RelatedNodeInfo, TextNode

from llamaindex_tiered_memory.events import attach
from llamaindex_tiered_memory.memory.memory import TieredChatMemory
from tiermem import Hit, Message, Recalled, Session
from tiermem.arguments import refused_within
from tiermem.errors import InvalidSettings
from tiermem.flows.driving import adrive, drive
from tiermem.knowledge.retrieval import chunk_text, of_hit, quotation, spans
from tiermem.records import Within
from tiermem.settings import whole


class TieredArchiveRetriever(BaseRetriever):
    """Finds what was said before, with its neighbours, as nodes.

    A node's text is quoted history, with speaker and time, that nothing in it can close; its metadata name the message
    (`ref`, for `session.expand`), who said it, when, and in which session. Scores are comparable within one answer.

    Args:
        source: a `TieredChatMemory`, or a session of an open `tiermem.Memory`.
        k: hits at most; hits next to each other become one node.
        neighbours: messages quoted before and after each hit.
        within: "user" searches all conversations of the user that the namespace of *source* names, and "everything" the
            user's documents (`TieredKnowledgeRetriever`) too, "knowledge" these alone; all compete by score, and a
            document's node is the one that is found there. A ref of another session has its name in front.
        max_token_limit: tokens of what is found, by the memory's counter. What answers best per token is then one
            node, as `Session.recall` gives it: more of it fits, nothing is found for a question that has no answer,
            and `k` and `neighbours` do not count. Its metadata name all `refs`.

    Raises:
        InvalidSettings: also a ValueError; an argument makes no sense.
        MissingNamespace: *within* is "user", and no namespace names one.
    """

    def __init__(
        self,
        source: TieredChatMemory | Session,
        k: int = 8,
        neighbours: int = 1,
        *,
        within: Within = "conversation",
        max_token_limit: int | None = None,
        **kwargs: Any,
    ) -> None:
        for name, value, least in (("k", k, 1), ("neighbours", neighbours, 0), ("max_token_limit", max_token_limit, 1)):
            if value is not None:
                whole(value, name, least)
        if not isinstance(source, (TieredChatMemory, Session)):
            raise InvalidSettings(f"source must be a TieredChatMemory or a session, not {type(source).__name__}")
        self._session = source.session if isinstance(source, TieredChatMemory) else source
        refused_within(within, (self._session.scope.tenant, self._session.scope.user))
        super().__init__(**kwargs)
        attach(self._session.memory)
        self._k = k
        self._neighbours = neighbours
        self._within = within
        self._limit = max_token_limit

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return drive(self._finding(query_bundle.query_str), lambda step: step(self._session))

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        session = self._session.as_async()
        return await adrive(self._finding(query_bundle.query_str), lambda step: step(session))

    def _finding(self, query: str) -> Generator[Callable[[Any], Any], Any, list[NodeWithScore]]:
        """The nodes for *query*; what is yielded are functions of the session, or of its async twin."""
        limit = self._limit
        if limit is not None:
            return self._block((yield lambda session: session.recall(query, limit, within=self._within)))
        hits: list[Hit] = yield lambda session: session.search(query, self._k, within=self._within)
        nodes: list[NodeWithScore] = []
        for first, last, best in spans(hits, self._neighbours):
            passage: list[Message] = yield _reading(best, first, last)
            found = {hit.message.sequence for hit in hits if not hit.source and hit.session == best.session}
            nodes.append(self._node(best, passage, quotation(passage, best, query, found)))
        nodes += [chunk_node(hit) for hit in hits if hit.source]
        return sorted(nodes, key=lambda node: -(node.score or 0.0))

    def _block(self, recalled: Recalled) -> list[NodeWithScore]:
        if not recalled.hits:
            return []
        scope = self._session.scope
        best, refs = recalled.best, recalled.refs
        metadata = {"ref": best.ref, "refs": refs, "session": scope.session, "namespace": scope.user}
        node = TextNode(
            id_=f"{scope.session}/{'-'.join(sorted({refs[0], refs[-1]}))}",
            text=recalled.text,
            metadata=metadata,
            excluded_embed_metadata_keys=list(metadata),
            excluded_llm_metadata_keys=list(metadata),
        )
        return [NodeWithScore(node=node, score=best.score)]

    def _node(self, hit: Hit, messages: Sequence[Message], text: str) -> NodeWithScore:
        scope = self._session.scope
        session = scope.session if hit.home else hit.session
        metadata = {
            "ref": hit.ref,
            "role": hit.message.role,
            "created_at": hit.message.when.isoformat() if hit.message.when else None,
            "session": session,
            "namespace": scope.user,
            "first": messages[0].sequence,
            "last": messages[-1].sequence,
        }
        node = TextNode(
            id_=f"{session}/m{messages[0].sequence}-m{messages[-1].sequence}",
            text=text,
            metadata=metadata,
            excluded_embed_metadata_keys=list(metadata),
            excluded_llm_metadata_keys=list(metadata),
        )
        return NodeWithScore(node=node, score=hit.score)


def chunk_node(hit: Hit) -> NodeWithScore:
    """A chunk of a document as a node: the metadata that were inserted, and where it is from."""
    state = hit.message.state
    node = TextNode(
        id_=hit.message.id,
        text=chunk_text(hit),
        metadata=state.get("metadata", {}) | {"source": state["source"]},
        start_char_idx=state.get("start"),
        end_char_idx=state.get("end"),
        relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=state["source"])},
    )
    return NodeWithScore(node=node, score=hit.score)


def _reading(hit: Hit, first: int, last: int) -> Callable[[Any], Any]:
    return lambda session: of_hit(session, hit).messages(first, last)
