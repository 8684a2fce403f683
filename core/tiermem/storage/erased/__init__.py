"""Whether something was erased before, asked by what adds messages."""
