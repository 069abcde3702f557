"""Vectors for products that came after training: from text, facts and products described alike."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..data.dataset import FloatArray
from ..data.matrices import Matrix, unit, unit_rows
from ..data.words import words
from ..kg.schema import CATEGORY_SEPARATOR, attribute_id
from .index import Index
from .results import Product

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData

    from ..gnn import ProductGraphNetwork


EXPECTED = ("brand", "category")
"""Facts that nearly every product has; where one is missing, products described alike speak for it."""


@dataclass(frozen=True)
class Facts:
    """The facts of one kind, brands say, as the network knows them."""

    number: Mapping[str, int]
    """Number of every fact by id."""
    vectors: FloatArray
    """`(n_facts, d)`."""
    rarity: FloatArray
    """What a fact weighs before the facts of a product are brought to unit length, `(n_facts,)`."""
    first: int
    """The column of the first of them in `Index.facts`."""

    def sum(self, names: Sequence[str]) -> FloatArray:
        """The weighted sum of the facts with these names, `(d,)`; those never trained on are left out."""
        rows = [self.number[name] for name in names if name in self.number]
        weight = self.rarity[rows]
        out: FloatArray = weight @ self.vectors[rows] / max(float(np.linalg.norm(weight)), 1e-12)
        return out

    def columns(self, names: Sequence[str]) -> tuple[list[int], FloatArray]:
        """The columns in `Index.facts` of the facts with these names that training has seen, and weights."""
        rows = [row for name in names if (row := self.number.get(name)) is not None and self.rarity[row]]
        return [self.first + row for row in rows], self.rarity[rows]

    def with_names(self, names: Sequence[str]) -> "Facts":
        """The same with numbers for names that it lacks, whose vectors are zero."""
        new = [name for name in dict.fromkeys(names) if name not in self.number]
        if not new:
            return self
        number = {**self.number, **{name: len(self.number) + place for place, name in enumerate(new)}}
        vectors = np.zeros((len(new), self.vectors.shape[1]), dtype=np.float32)
        rarity = np.zeros(len(new), dtype=np.float32)
        return replace(
            self,
            number=number,
            vectors=np.concatenate([self.vectors, vectors]),
            rarity=np.concatenate([self.rarity, rarity]),
        )


@dataclass(frozen=True)
class Newcomers:
    """What the network does with a product that it has never seen, as arrays.

    `h = T · t + Σ α_a · x_a`, then one step of message passing from the nearest products by text; a product
    without a brand or category that training knows also gets the mean of theirs, as far as they are alike.
    What comes from them counts as text, since text is why it comes.
    """

    mean: FloatArray
    """What text vectors are centred by, `(d_bert,)`."""
    project: FloatArray
    """From centred text to a part of a product's vector, `(d, d_bert)`."""
    facts: Mapping[str, Facts]
    """By kind."""
    before: FloatArray
    """The products' vectors before message passing, `(n_products, d)`."""
    degree: FloatArray
    """Sum of each product's likenesses to its text neighbours, `(n_products,)`."""
    gate: float
    """How much such a message counts."""
    neighbours: int
    """How many of the nearest products send one."""

    @classmethod
    def of(cls, network: "ProductGraphNetwork", data: "HeteroData", neighbours: int) -> "Newcomers":
        """From a trained network and the graph that its index is made of."""
        import torch

        with torch.no_grad():
            before = sum(network.parts(data).values(), torch.zeros(()))
        tables = {kind: network.facts.get_parameter(f"{kind}.weight") for kind in network.facts}
        gate = network.gates["similar_to"].item() if "similar_to" in network.gates else 0.0
        first = np.cumsum([0, *(len(table) for table in tables.values())])
        return cls(
            mean=data["product"].mean.cpu().numpy(),
            project=network.text.weight.detach().cpu().numpy(),
            facts={
                kind: Facts(
                    {str(name): row for row, name in enumerate(data[kind].ids)},
                    table.detach().cpu().numpy(),
                    data[kind].rarity.cpu().numpy(),
                    int(place),
                )
                for place, (kind, table) in zip(first[:-1], tables.items(), strict=True)
            },
            before=before.cpu().numpy(),
            degree=data["product"].degree.cpu().numpy(),
            gate=gate,
            neighbours=neighbours,
        )

    def place(
        self, index: Index, products: Sequence[Product], texts: FloatArray
    ) -> tuple[Index, "Newcomers"]:
        """The index with new products at its end, and what the next ones need.

        Args:
            index: Made of the same network.
            products: `m` that the index lacks.
            texts: Their text vectors, `(m, d_bert)`.
        """
        described = [_facts_of(product) for product in products]
        facts = {kind: known.with_names(_names(kind, described)) for kind, known in self.facts.items()}
        centred = unit(texts - self.mean)  # (m, d_bert)
        channels = {name: np.zeros((len(products), len(self.project)), np.float32) for name in index.channels}
        channels["text"] += centred @ self.project.T
        for row, names in enumerate(described):
            for kind, known in facts.items():
                channels[kind][row] += known.sum(names[kind])
        before = np.sum(list(channels.values()), axis=0, dtype=np.float32)
        likeness = np.maximum(centred @ index.text.T, 0)  # (m, n_products)
        k = min(self.neighbours, likeness.shape[1])
        nearest = np.argpartition(-likeness, k - 1, axis=1)[:, :k]
        weight = np.take_along_axis(likeness, nearest, axis=1)  # (m, k)
        degree = weight.sum(axis=1)
        scale = np.sqrt(np.maximum(degree[:, None] * (self.degree[nearest] + weight), 1e-12))
        channels["text"] += self.gate * np.einsum("mk,mkd->md", weight / scale, self.before[nearest])
        for kind in (name for name in EXPECTED if name in channels):
            without = ~channels[kind].any(axis=1)
            theirs = index.channels[kind][nearest[without]]  # (n_without, k, d)
            channels["text"][without] += _as_far_as_alike(theirs, weight[without])
        placed = index.with_products(
            [product.product_id for product in products],
            channels,
            centred,
            self._fact_rows(described, index.facts.shape[1]),
            *(
                np.array([facts[kind].number.get(name, -1) if kind in facts else -1 for name in names])
                for kind, names in (
                    ("category", [product.category for product in products]),
                    ("brand", [product.brand for product in products]),
                )
            ),
        )
        return placed, replace(
            self,
            facts=facts,
            before=np.concatenate([self.before, before]),
            degree=np.concatenate([self.degree, degree]).astype(np.float32),
        )

    def _fact_rows(self, described: Sequence[Mapping[str, Sequence[str]]], n_facts: int) -> Matrix:
        """Products' facts as rows of unit length, `(m, n_facts)`, from their ids by kind."""
        rows, columns, weights = [], [], []
        for row, names in enumerate(described):
            for kind, known in self.facts.items():
                own, weight = known.columns(names[kind])
                rows += [row] * len(own)
                columns += own
                weights += weight.tolist()
        shape = (len(described), n_facts)
        return unit_rows(Matrix((np.array(weights, dtype=np.float32), (rows, columns)), shape=shape))

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """All of it as arrays, to be written to a file."""
        meta = {
            "gate": self.gate,
            "neighbours": self.neighbours,
            "facts": {kind: list(known.number) for kind, known in self.facts.items()},
            "first": {kind: known.first for kind, known in self.facts.items()},
        }
        return {
            **{name: getattr(self, name) for name in _ARRAYS},
            **{f"vectors.{kind}": known.vectors for kind, known in self.facts.items()},
            **{f"rarity.{kind}": known.rarity for kind, known in self.facts.items()},
            "meta": np.frombuffer(json.dumps(meta).encode(), dtype=np.uint8),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> "Newcomers":
        """What `to_arrays` gave."""
        meta = json.loads(arrays["meta"].tobytes())
        return cls(
            **{name: arrays[name] for name in _ARRAYS},
            facts={
                kind: Facts(
                    {name: row for row, name in enumerate(names)},
                    arrays[f"vectors.{kind}"],
                    arrays[f"rarity.{kind}"],
                    meta["first"][kind],
                )
                for kind, names in meta["facts"].items()
            },
            gate=meta["gate"],
            neighbours=meta["neighbours"],
        )


_ARRAYS = ("mean", "project", "before", "degree")


def _as_far_as_alike(vectors: FloatArray, likeness: FloatArray) -> FloatArray:
    """`Σ l² v / Σ l` over those that are not zero, `(m, d)`: means of likeness times vector, by likeness.

    So what is like nothing gets little.

    Args:
        vectors: `(m, k, d)`.
        likeness: At least 0, `(m, k)`.

    >>> _as_far_as_alike(np.array([[[2.0], [4.0], [0.0]]]), np.array([[0.5, 0.5, 0.9]])).tolist()
    [[1.5]]
    """
    counted = likeness * vectors.any(axis=2)
    total = np.maximum(counted.sum(axis=1, keepdims=True), 1e-12)
    out: FloatArray = np.einsum("mk,mkd->md", counted**2 / total, vectors)
    return out


def _facts_of(product: Product) -> dict[str, list[str]]:
    """The ids of a product's facts by kind, categories with all above them."""
    steps = product.category.split(CATEGORY_SEPARATOR) if product.category else []
    return {
        "brand": [product.brand] if product.brand else [],
        "category": [CATEGORY_SEPARATOR.join(steps[:depth]) for depth in range(1, len(steps) + 1)],
        "attribute": [
            attribute_id(key, value) for key, values in product.attributes.items() for value in values
        ],
        "word": sorted(set(words(f"{product.title} {product.description}"))),
    }


def _names(kind: str, described: Sequence[Mapping[str, Sequence[str]]]) -> list[str]:
    """The brands or categories of products, which get a number even where training has not seen them."""
    if kind not in EXPECTED:
        return []
    return [name for names in described for name in names[kind]]
