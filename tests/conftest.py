"""Settings of the whole suite: laws are derandomized where CI is set."""

import os

from hypothesis import settings

settings.register_profile("ci", derandomize=True, database=None, deadline=None)
settings.register_profile("desk", database=None, deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "desk")
