"""A small web shop backend: the patient of the demo. It really times out, and is really repaired."""

import logging

logging.getLogger(__name__).addHandler(logging.NullHandler())
