"""A classic ConversationalRetrievalChain whose memory lasts, and whose answers reach back to everything said."""

import tempfile
import warnings
from pathlib import Path

from langchain_classic.chains import ConversationalRetrievalChain
from langchain_core.language_models import FakeListLLM

from langchain_tiered_memory import ConversationTieredMemory

warnings.filterwarnings("ignore", message=".*ConversationalRetrievalChain.*|.*Chain.run.*")

with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
    memory = ConversationTieredMemory(session_id="anna", path=Path(folder) / "chat.db")
    llm = FakeListLLM(
        responses=["Raise the pool from 10 to 50.", "What did we decide about the pool?", "From 10 to 50."]
    )
    chain = ConversationalRetrievalChain.from_llm(
        llm,
        retriever=memory.as_retriever(k=2),  # give your own retriever as the first argument to merge both
        memory=memory,
        return_source_documents=True,  # no input_key or output_key needed
    )
    print(chain.invoke({"question": "The database times out; the pool has 10 places."})["answer"])
    result = chain.invoke({"question": "What did we decide about the pool?"})
    print(result["answer"])
    print("found in the archive:", result["source_documents"][0].page_content, sep="\n")
    print("window:", [message.content for message in memory.chat_memory.messages])
