"""The endpoints, by subject."""

from .basics import basics
from .catalogue import catalogue
from .graph import graph
from .recommend import recommend
from .users import users
from .write import write

__all__ = ["basics", "catalogue", "graph", "recommend", "users", "write"]
