"""Cartograph: the product-graph recommender. See `cartograph --help` and the README."""

__version__ = "0.1.0"
