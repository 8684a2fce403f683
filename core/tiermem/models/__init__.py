"""How a language model is asked, whatever its framework: requests, answers, which way first, JSON read with patience."""
