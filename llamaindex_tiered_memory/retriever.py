"""The archive of a conversation as a LlamaIndex retriever."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeRelationship, NodeWithScore, QueryBundle, RelatedNodeInfo, TextNode

from llamaindex_tiered_memory.events import attach
from llamaindex_tiered_memory.memory.memory import TieredChatMemory
from tiermem import Hit, Message, Recalled, Session
from tiermem.knowledge.retrieval import spans
from tiermem.records import Within


class TieredArchiveRetriever(BaseRetriever):
    """Finds what was said before, with its neighbours, as nodes.

    A node's text is quoted history; its metadata name the message (`ref`, for `session.expand`), who said it, when,
    and in which session. Scores are comparable within one answer.

    Args:
        source: a `TieredChatMemory`, or a session of an open `tiermem.Memory`.
        k: hits at most; hits next to each other become one node.
        neighbours: messages quoted before and after each hit.
        within: "everything" searches the user's documents (`TieredKnowledgeRetriever`) too, "knowledge" these alone;
            all compete by score, and a document's node is the one that is found there.
        max_token_limit: tokens of what is found, by the memory's counter. What answers best per token is then one
            node, as `Session.recall` gives it: more of it fits, nothing is found for a question that has no answer,
            and `k` and `neighbours` do not count. Its metadata name all `refs`.
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
        if k < 1 or neighbours < 0:
            raise ValueError(f"k must be at least 1 and neighbours at least 0, not {k} and {neighbours}")
        super().__init__(**kwargs)
        self._session = source.session if isinstance(source, TieredChatMemory) else source
        attach(self._session.memory)
        self._k = k
        self._neighbours = neighbours
        self._within = within
        self._limit = max_token_limit

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        if self._limit is not None:
            return self._block(self._session.recall(query_bundle.query_str, self._limit, within=self._within))
        hits = self._session.search(query_bundle.query_str, self._k, within=self._within)
        runs = spans(hits, self._neighbours)
        return _by_score(hits, [self._node(span, self._session.messages(span[0], span[1])) for span in runs])

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        session = self._session.as_async()
        if self._limit is not None:
            return self._block(await session.recall(query_bundle.query_str, self._limit, within=self._within))
        hits = await session.search(query_bundle.query_str, self._k, within=self._within)
        runs = spans(hits, self._neighbours)
        return _by_score(hits, [self._node(span, await session.messages(span[0], span[1])) for span in runs])

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

    def _node(self, span: tuple[int, int, Hit], messages: Sequence[Message]) -> NodeWithScore:
        hit = span[2]
        scope = self._session.scope
        metadata = {
            "ref": hit.ref,
            "role": hit.message.role,
            "created_at": hit.message.when.isoformat() if hit.message.when else None,
            "session": scope.session,
            "namespace": scope.user,
            "first": messages[0].sequence,
            "last": messages[-1].sequence,
        }
        text = "\n".join(f"{one.name or one.role}: {one.text}" for one in messages if one.text)
        node = TextNode(
            id_=f"{scope.session}/m{messages[0].sequence}-m{messages[-1].sequence}",
            text=text,
            metadata=metadata,
            excluded_embed_metadata_keys=list(metadata),
            excluded_llm_metadata_keys=["session", "namespace", "first", "last"],
        )
        return NodeWithScore(node=node, score=hit.score)


def chunk_node(hit: Hit) -> NodeWithScore:
    """A chunk of a document as a node: the metadata that were inserted, and where it is from."""
    state = hit.message.state
    node = TextNode(
        id_=hit.message.id,
        text=hit.message.text,
        metadata=state.get("metadata", {}) | {"source": state["source"]},
        start_char_idx=state.get("start"),
        end_char_idx=state.get("end"),
        relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=state["source"])},
    )
    return NodeWithScore(node=node, score=hit.score)


def _by_score(hits: Sequence[Hit], said: Sequence[NodeWithScore]) -> list[NodeWithScore]:
    return sorted([*said, *(chunk_node(hit) for hit in hits if hit.source)], key=lambda one: -(one.score or 0.0))
