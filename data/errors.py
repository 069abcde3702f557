"""The errors that Cartograph raises on purpose.

    CartographError        a sentence for the user: what was given, what is allowed, what to do
    ├── DataError          a source cannot be read, or a row of it is bad (file, line, column, value)
    ├── StoreError         a graph store is missing, unreachable, locked, or refuses a statement
    ├── EncoderError       encoder weights are not to be had, or are not of the BERT family
    ├── RunError           a run folder lacks a stage, or a checkpoint does not fit its graph
    └── UnknownIdError     an id that the recommender does not know
        ├── UnknownUserError
        └── UnknownProductError

Bad arguments in Python calls raise the built-in `ValueError`, `KeyError` or `TypeError`.
The command line prints every `CartographError` as one line and exits with 1.
"""


class CartographError(Exception):
    """Base of all errors whose message is meant for the person in front of the screen."""


class DataError(CartographError):
    """A source of products, users or events cannot be used as it is."""


class StoreError(CartographError):
    """A graph store cannot do what it was asked."""


class EncoderError(CartographError):
    """A text encoder cannot be loaded."""


class RunError(CartographError):
    """A run folder, or a checkpoint in it, cannot be used."""


class UnknownIdError(CartographError, LookupError):
    """A user or product is not known."""


class UnknownUserError(UnknownIdError):
    """A user is not known."""


class UnknownProductError(UnknownIdError):
    """A product is not known."""
