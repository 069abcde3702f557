"""A small shop to search in, in English and Chinese."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cartograph.encoders import TextEncoder
from cartograph.serving.catalogue import Catalogue
from cartograph.serving.search.product_search import ProductSearch


@dataclass(frozen=True)
class Item:
    """A product of the shop."""

    title: str
    brand: str = ""
    category: str = ""
    price: float = np.nan
    attributes: tuple[str, ...] = ()
    description: str = ""

    @property
    def text(self) -> str:
        """As the default template has it."""
        leaf = self.category.rsplit(" > ", 1)[-1]
        return ". ".join(filter(None, (self.title, self.brand, leaf, self.description)))


ENGLISH = (
    Item("Trail running shoe", "Strider", "Sport > Shoes", 80, ("colour=red",)),
    Item("Road running shoes, men", "Strider", "Sport > Shoes", 95, ("colour=blue",)),
    Item("Tennis shoes", "Baseline", "Sport > Shoes", 60, ("colour=white",)),
    Item("Hiking boots", "Alpin", "Sport > Shoes", 120, ("colour=brown",)),
    Item("Tennis racket", "Baseline", "Sport > Rackets", 140),
    Item("Espresso cup", "Barista", "Kitchen > Cups", 9, ("colour=white",)),
    Item("Coffee mug", "Barista", "Kitchen > Cups", 12, ("colour=blue",)),
    Item("Travel mug with lid", "Barista", "Kitchen > Cups", 25, ("colour=red",)),
    Item("Crème brûlée torch", "Barista", "Kitchen > Tools", 35),
    Item("Garden spade", "Erde", "Garden > Tools", 30),
    Item("Watering can", "Erde", "Garden > Tools", 20, ("colour=red",)),
    Item("Piano score, easy pieces", "", "Music > Scores", 15),
)

CHINESE = (
    Item("华为 Mate 60 智能手机", "华为", "数码 > 手机", 5000, ("颜色=黑",)),
    Item("小米 14 5G手机", "小米", "数码 > 手机", 4000, ("颜色=白",)),
    Item("华为 Nova 手机 256GB", "华为", "数码 > 手机", 3000),
    Item("手机壳 透明防摔", "绿联", "数码 > 手机配件", 30),
    Item("手机充电器 快充", "绿联", "数码 > 手机配件", 60),
    Item("婴儿奶粉 一段", "飞鹤", "母婴 > 奶粉", 200),
    Item("跑步鞋 男 透气", "安踏", "运动 > 鞋", 300),
    Item("哑光口红 正红色", "花西子", "美妆 > 口红", 120),
    Item("不粘炒锅 30厘米", "苏泊尔", "厨房 > 锅", 150),
    Item("纯棉被套 四件套", "水星", "家纺 > 床品", 400),
)


def catalogue_of(items: Sequence[Item]) -> Catalogue:
    """The items as a catalogue; the ids are `p0`, `p1` and so on."""
    n = len(items)
    ids = [f"p{row}" for row in range(n)]
    facts = sorted({fact for item in items for fact in item.attributes})
    return Catalogue(
        ids=ids,
        rows={name: row for row, name in enumerate(ids)},
        titles=[item.title for item in items],
        descriptions=[item.description for item in items],
        images=[""] * n,
        prices=np.array([item.price for item in items], dtype=np.float64),
        stocks=np.full(n, np.nan),
        brands=[item.brand for item in items],
        categories=[item.category for item in items],
        attributes=[frozenset(item.attributes) for item in items],
        facts={fact: (fact.split("=")[0], fact.split("=")[1]) for fact in facts},
    )


def search_of(items: Sequence[Item], encoder: TextEncoder) -> ProductSearch:
    """A search over the items; the later an item, the more popular."""
    texts = [item.text for item in items]
    weight = np.arange(len(items), dtype=np.float32)
    return ProductSearch.of(catalogue_of(items), texts, encoder.encode(texts), encoder, weight=weight)


def extended(search: ProductSearch, items: Sequence[Item], by: int) -> ProductSearch:
    """A search over the first of the items, with the next ones added."""
    first = len(search.ids)
    texts = [item.text for item in items[first : first + by]]
    catalogue = catalogue_of(items[: first + by])
    weight = np.arange(first + by, dtype=np.float32)
    return search.with_products(catalogue, texts, search.encoder.encode(texts), weight=weight)
