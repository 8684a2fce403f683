"""Histories that people have elsewhere: files of other programs, kept as sessions and forks."""
