"""The screen: databases to look at, and how long its pages take with a million messages."""
