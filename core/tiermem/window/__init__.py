"""The window: what each message is shown as, which turns belong together, what to compact or cover next. Pure."""
