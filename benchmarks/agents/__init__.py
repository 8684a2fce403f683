"""Agents of LangChain under one limit, ours and theirs."""
