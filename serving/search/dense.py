"""Meaning: cosines of vectors, measured against what two unrelated texts have in common."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ...data.dataset import FloatArray
from ...data.words import words

SAMPLE = 64
"""Words of titles that stand for queries when the scale is measured."""

Encode = Callable[[Sequence[str]], FloatArray]
"""Texts to unit vectors, `(n_texts, d)`."""

_SYNONYMS = (
    *(("土豆", "马铃薯"), ("西红柿", "番茄"), ("电脑", "计算机"), ("母亲", "妈妈"), ("医生", "大夫")),
    *(("美丽", "漂亮"), ("高兴", "快乐"), ("飞快", "迅速"), ("肥皂", "香皂"), ("衣服", "服装")),
    *(("便宜", "廉价"), ("孩子", "儿童")),
)
"""Chinese words of one meaning: who cannot pair them up does not read Chinese."""

_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")


@dataclass(frozen=True)
class Scale:
    """What a cosine says: encoders differ in where unrelated texts lie (MiniLM near .1, E5 near .8)."""

    chance: float
    """The usual cosine of two texts that have nothing to do with each other."""
    spread: float
    """How far it usually is below that."""
    reads_chinese: bool = True
    """Whether the encoder does; MiniLM takes most characters for the same unknown one."""

    @classmethod
    def of(cls, titles: Sequence[str], vectors: FloatArray, encode_queries: Encode) -> "Scale":
        """Measure it on queries of one word, the longest of titles drawn evenly from the catalogue.

        Related products are few, so the median and the spread below it hardly see them.
        """
        rows = np.unique(np.linspace(0, max(len(titles) - 1, 0), SAMPLE).astype(np.int64))
        drawn = [max(words(titles[row]), key=len, default="") for row in rows if row < len(titles)]
        queries = sorted({word for word in drawn if word})
        reads_chinese = _pairs_up(*(encode_queries(side) for side in zip(*_SYNONYMS, strict=True)))
        if not queries:
            return cls(0.0, 0.1, reads_chinese)
        cosines = encode_queries(queries) @ vectors.T
        low, middle = np.quantile(cosines, (0.159, 0.5))  # one standard deviation, of a normal distribution
        return cls(float(middle), float(max(middle - low, 1e-3)), reads_chinese)

    def nearness(self, cosines: FloatArray) -> FloatArray:
        """0 for what is as near as chance has it, 1 for equal texts, less than 0 for what is further.

        A query in another language is further from everything: then chance is where half of the texts lie.

        >>> Scale(0.8, 0.02).nearness(np.array([0.8, 0.9, 1.0], np.float32)).round(2).tolist()
        [0.0, 0.5, 1.0]
        """
        near: FloatArray = ((cosines - self.chance) / (1 - self.chance)).astype(np.float32)
        return near - min(float(np.median(near)), 0.0) if len(near) else near

    def reads(self, query: str) -> bool:
        """Whether the vector of a query means something."""
        return self.reads_chinese or not _HAN.search(query)

    def threshold(self, spreads: float) -> float:
        """The nearness of a cosine that lies so many spreads above chance, at most .9."""
        return min(spreads * self.spread / (1 - self.chance), 0.9)


def _pairs_up(ones: FloatArray, others: FloatArray) -> bool:
    """Whether most of the first are nearest to their own of the second."""
    nearest = (ones @ others.T).argmax(axis=1)
    return bool((nearest == np.arange(len(ones))).mean() > 0.5)
