"""Named questions that an analyst asks the product graph first, in Cypher that both stores take."""

from difflib import get_close_matches

from .customer_questions import CUSTOMER_QUESTIONS
from .product_questions import PRODUCT_QUESTIONS
from .question import Question
from .shop_questions import SHOP_QUESTIONS

QUESTIONS = (*PRODUCT_QUESTIONS, *CUSTOMER_QUESTIONS, *SHOP_QUESTIONS)
"""In the order in which to show them."""


def question_named(name: str) -> Question:
    """The question with a name.

    Raises:
        ValueError: There is none.
    """
    known = {question.name: question for question in QUESTIONS}
    if name not in known:
        near = get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
        raise ValueError(f"no question {name!r}; {hint}")
    return known[name]
