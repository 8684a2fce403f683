"""Recall: does the context that a memory hands to a model hold what answers the question? No model is needed."""
