"""How a language model is asked, whatever its framework: requests, answers, JSON as models write it."""
