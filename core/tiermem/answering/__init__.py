"""A prompt that answers a question from numbered sources, and the way back from an answer's marks to what was said."""

from tiermem.answering.citing import Citations
from tiermem.answering.prompt import AnswerPrompt, NumberedSource

__all__ = ["AnswerPrompt", "Citations", "NumberedSource"]
