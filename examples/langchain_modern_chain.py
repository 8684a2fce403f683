"""LangChain's recommended retrieval chain with our history and our archive beside the pages of a vector store."""

import tempfile
import warnings
from pathlib import Path

from langchain_classic.chains import create_history_aware_retriever, create_retrieval_chain
from langchain_classic.chains.combine_documents import create_stuff_documents_chain
from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_core.language_models import FakeListChatModel
from langchain_core.prompts import ChatPromptTemplate, MessagesPlaceholder
from langchain_core.runnables.history import RunnableWithMessageHistory
from langchain_core.vectorstores import InMemoryVectorStore

from langchain_tiered_memory import TieredArchiveRetriever, TieredChatMessageHistory

warnings.filterwarnings("ignore", message="RunnableWithMessageHistory is deprecated")

with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
    history = TieredChatMessageHistory("anna", path=Path(folder) / "chat.db")
    pages = InMemoryVectorStore(DeterministicFakeEmbedding(size=64))
    pages.add_documents([Document("The manual: max_connections is 100.")])
    both = TieredArchiveRetriever(history=history, retriever=pages.as_retriever(search_kwargs={"k": 1}), k=2)

    past = MessagesPlaceholder("chat_history")
    llm = FakeListChatModel(responses=["Use 50 of the 100.", "How large is the pool?", "50, as we said."])
    rephrase = ChatPromptTemplate.from_messages([past, ("human", "Make this a question of its own: {input}")])
    answer = ChatPromptTemplate.from_messages([("system", "Answer from: {context}"), past, ("human", "{input}")])
    documents = create_stuff_documents_chain(llm, answer)
    chain = RunnableWithMessageHistory(
        create_retrieval_chain(create_history_aware_retriever(llm, both, rephrase), documents),
        history.session_factory,
        input_messages_key="input",
        history_messages_key="chat_history",
        output_messages_key="answer",
    )
    print(chain.invoke({"input": "How large should the pool be?"}, {"configurable": {"session_id": "anna"}})["answer"])
    result = chain.invoke({"input": "And that was?"}, {"configurable": {"session_id": "anna"}})
    print(result["answer"], *(document.page_content for document in result["context"]), sep="\n")
