"""Which runs of characters are words, in scripts that are written without spaces: told by the texts alone."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Set

from ..data.words import has_cjk, runs

LONGEST = 4
"""Characters of a word at most."""

STUCK = 0.5
"""In at most so many of the places where a word is, the same character stands before it, or after it."""

COHESION = 0.3
"""A word's parts go together at least so much, however it is cut in two: from 0, by chance, to 1, always."""


def substrings(run: str) -> set[str]:
    """What may be a word in a run of characters.

    >>> sorted(substrings("电池待"))
    ['池待', '电池', '电池待']
    """
    return {run[i : i + n] for n in range(2, LONGEST + 1) for i in range(len(run) - n + 1)}


def words_among(wanted: Set[str], texts: Iterable[str]) -> set[str]:
    """Those of the wanted runs of characters that are words, as far as texts tell.

    A part of a word has the rest of it beside it nearly always (accessor variety: Feng, Chen, Deng, Zheng
    2004); what only happens to stand side by side does so no more often than chance (normalised pointwise
    mutual information: Bouma 2009).

    Args:
        wanted: Of two to `LONGEST` characters, each in one of the texts.
        texts: In which they are looked for.
    """
    parts = {part for word in wanted for cut in range(1, len(word)) for part in (word[:cut], word[cut:])}
    sought = parts | wanted
    counts: Counter[str] = Counter()
    before, after = defaultdict[str, Counter[str]](Counter), defaultdict[str, Counter[str]](Counter)
    characters = 0
    for run in (run for text in texts for run in runs(text) if has_cjk(run)):
        characters += len(run)
        for n in range(1, LONGEST + 1):
            for start in range(len(run) - n + 1):
                some = run[start : start + n]
                if some in sought:
                    counts[some] += 1
                if some in wanted:
                    before[some].update(run[max(0, start - 1) : start])
                    after[some].update(run[start + n : start + n + 1])

    def is_word(word: str) -> bool:
        n = counts[word]
        stuck = max(max(beside[word].values(), default=0) for beside in (before, after)) / n
        cuts = ((word[:cut], word[cut:]) for cut in range(1, len(word)))
        chance = max(counts[left] * counts[right] for left, right in cuts) / characters
        return stuck <= STUCK and math.log(n / chance) >= COHESION * math.log(characters / n)

    return {word for word in wanted if is_word(word)}
