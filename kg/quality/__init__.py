"""How good a product graph is: figures, findings with their Cypher, proposals to accept and to undo."""

from .acceptance import accept, accepted, supersede, undo
from .categories import CategoryClassifier, TextVectors
from .facts import Facts
from .findings import Finding, Statement
from .proposals import Proposal, Proposals, propose
from .report import quality

__all__ = [
    "CategoryClassifier",
    "Facts",
    "Finding",
    "Proposal",
    "Proposals",
    "Statement",
    "TextVectors",
    "accept",
    "accepted",
    "propose",
    "quality",
    "supersede",
    "undo",
]
