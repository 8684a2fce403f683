"""Facts by a language model: what it is asked, how its answer is read, and what of it the messages bear out."""
