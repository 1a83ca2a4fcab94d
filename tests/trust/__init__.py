"""The promise of the library, proved by volume: seeded figures that run on every change.

``python -m tests.trust --ci`` runs each figure to its fixed count, ``--time SECONDS``
runs the same figures, and the fuzzer, for as long as one likes. See ``tests.trust.table``.
"""
