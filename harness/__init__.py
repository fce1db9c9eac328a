"""A case goes in, every port answers, comparators judge.

Imports point one way: the command line uses the engine, the engine uses subjects through `harness.subject`, and comparators
and store know nothing of either.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
