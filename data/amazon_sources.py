"""The categories of the three publications of Amazon Reviews, and where their files are."""

from .sources import NOT_PUBLISHED, Remote, Source

_2014: dict[str, int | None] = {
    "Amazon_Instant_Video": 37_126, "Apps_for_Android": 752_937, "Automotive": 20_473, "Baby": 160_792,
    "Beauty": 198_502, "Books": 8_898_041, "CDs_and_Vinyl": 1_097_592,
    "Cell_Phones_and_Accessories": 194_439, "Clothing_Shoes_and_Jewelry": 278_677, "Digital_Music": 64_706,
    "Electronics": 1_689_188, "Grocery_and_Gourmet_Food": 151_254, "Health_and_Personal_Care": 346_355,
    "Home_and_Kitchen": 551_682, "Kindle_Store": 982_619, "Movies_and_TV": 1_697_533,
    "Musical_Instruments": 10_261, "Office_Products": None, "Patio_Lawn_and_Garden": 13_272,
    "Pet_Supplies": None, "Sports_and_Outdoors": 296_337, "Tools_and_Home_Improvement": None,
    "Toys_and_Games": 167_597, "Video_Games": 231_780,
}  # fmt: skip
"""Reviews in the 5-core; None where no record of the published number was found."""

_2018: dict[str, tuple[int | None, int]] = {
    "AMAZON_FASHION": (3176, 186_637), "All_Beauty": (5269, 32_992), "Appliances": (2277, 30_459),
    "Arts_Crafts_and_Sewing": (494_485, 303_426), "Automotive": (1_711_519, 932_019),
    "Books": (27_164_983, 2_935_525), "CDs_and_Vinyl": (1_443_755, 544_442),
    "Cell_Phones_and_Accessories": (1_128_437, 590_269),
    "Clothing_Shoes_and_Jewelry": (11_285_464, 2_685_059), "Digital_Music": (169_781, 465_392),
    "Electronics": (6_739_590, 786_868), "Gift_Cards": (2972, 1548),
    "Grocery_and_Gourmet_Food": (1_143_860, 287_209), "Home_and_Kitchen": (6_898_955, 1_301_225),
    "Industrial_and_Scientific": (77_071, 167_524), "Kindle_Store": (None, 493_859),
    "Luxury_Beauty": (34_278, 12_308), "Magazine_Subscriptions": (2375, 3493),
    "Movies_and_TV": (3_410_019, 203_970), "Musical_Instruments": (231_392, 120_400),
    "Office_Products": (None, 315_644), "Patio_Lawn_and_Garden": (None, 279_697),
    "Pet_Supplies": (2_098_325, 206_141), "Prime_Pantry": (None, 10_815), "Software": (12_805, 26_815),
    "Sports_and_Outdoors": (None, 962_876), "Tools_and_Home_Improvement": (None, 571_982),
    "Toys_and_Games": (1_828_971, 634_414), "Video_Games": (497_577, 84_893),
}  # fmt: skip
"""Reviews in the 5-core, and products with metadata."""

_2023 = {
    "All_Beauty": "632.0K 112.6K 701.5K", "Amazon_Fashion": "2.0M 825.9K 2.5M",
    "Appliances": "1.8M 94.3K 2.1M", "Arts_Crafts_and_Sewing": "4.6M 801.3K 9.0M",
    "Automotive": "8.0M 2.0M 20.0M", "Baby_Products": "3.4M 217.7K 6.0M",
    "Beauty_and_Personal_Care": "11.3M 1.0M 23.9M", "Books": "10.3M 4.4M 29.5M",
    "CDs_and_Vinyl": "1.8M 701.7K 4.8M", "Cell_Phones_and_Accessories": "11.6M 1.3M 20.8M",
    "Clothing_Shoes_and_Jewelry": "22.6M 7.2M 66.0M", "Digital_Music": "101.0K 70.5K 130.4K",
    "Electronics": "18.3M 1.6M 43.9M", "Gift_Cards": "132.7K 1.1K 152.4K",
    "Grocery_and_Gourmet_Food": "7.0M 603.2K 14.3M", "Handmade_Products": "586.6K 164.7K 664.2K",
    "Health_and_Household": "12.5M 797.4K 25.6M", "Health_and_Personal_Care": "461.7K 60.3K 494.1K",
    "Home_and_Kitchen": "23.2M 3.7M 67.4M", "Industrial_and_Scientific": "3.4M 427.5K 5.2M",
    "Kindle_Store": "5.6M 1.6M 25.6M", "Magazine_Subscriptions": "60.1K 3.4K 71.5K",
    "Movies_and_TV": "6.5M 747.8K 17.3M", "Musical_Instruments": "1.8M 213.6K 3.0M",
    "Office_Products": "7.6M 710.4K 12.8M", "Patio_Lawn_and_Garden": "8.6M 851.7K 16.5M",
    "Pet_Supplies": "7.8M 492.7K 16.8M", "Software": "2.6M 89.2K 4.9M",
    "Sports_and_Outdoors": "10.3M 1.6M 19.6M", "Subscription_Boxes": "15.2K 641 16.2K",
    "Tools_and_Home_Improvement": "12.2M 1.5M 27.0M", "Toys_and_Games": "8.1M 890.7K 16.3M",
    "Video_Games": "2.8M 137.2K 4.6M", "Unknown": "23.1M 13.2M 63.8M",
}  # fmt: skip
"""Users, items and ratings, rounded as published."""

_SNAP = "https://snap.stanford.edu/data/amazon/productGraph/categoryFiles"
_UCSD = "https://mcauleylab.ucsd.edu/public_datasets/data"
_TERMS = "no licence stated, research data; the publishers ask that their paper is cited"


AMAZON = Source(
    name="amazon",
    description="Amazon Reviews of 2014, 2018 or 2023: the reviews and the metadata of one category",
    licence=_TERMS,
    is_folder=True,
    address="https://amazon-reviews-2023.github.io",
    files=("reviews_C_5.json.gz", "meta_C.json.gz", "C_5.json.gz", "C.jsonl.gz", "meta_C.jsonl.gz"),
)


def amazon_sources() -> list[Source]:
    """One source for each year and category, such as `amazon-2018-gift-cards`."""
    return [
        *(_source(2014, name, _count_2014(n), f"reviews_{name}_5.json.gz") for name, n in _2014.items()),
        *(_source(2018, name, _count_2018(*n), f"{name}_5.json.gz") for name, n in _2018.items()),
        *(_source(2023, name, _count_2023(n), f"{name}.jsonl.gz") for name, n in _2023.items()),
    ]


_PAGES = {
    2014: "https://jmcauley.ucsd.edu/data/amazon/index_2014.html",
    2018: "https://nijianmo.github.io/amazon/index.html",
    2023: "https://amazon-reviews-2023.github.io",
}
_REVIEWS_AT = {
    2014: _SNAP,
    2018: f"{_UCSD}/amazon_v2/categoryFilesSmall",
    2023: f"{_UCSD}/amazon_2023/raw/review_categories",
}
_METADATA_AT = {
    2014: _SNAP,
    2018: f"{_UCSD}/amazon_v2/metaFiles2",
    2023: f"{_UCSD}/amazon_2023/raw/meta_categories",
}


def _source(year: int, category: str, counts: str, reviews: str) -> Source:
    metadata = f"meta_{category}.json{'l' if year == 2023 else ''}.gz"
    readable = category.replace("_", " ").title().replace(" And ", " and ")
    return Source(
        name=f"amazon-{year}-{category.lower().replace('_', '-')}",
        description=f"Amazon Reviews {year}: {readable}{'' if year == 2023 else ', 5-core'}",
        licence=_TERMS,
        is_folder=False,
        address=_PAGES[year],
        files=(reviews, metadata),
        counts=counts,
        remotes=(
            Remote(reviews, f"{_REVIEWS_AT[year]}/{reviews}"),
            Remote(metadata, f"{_METADATA_AT[year]}/{metadata}"),
        ),
    )


def _count_2014(reviews: int | None) -> str:
    return NOT_PUBLISHED if reviews is None else f"{reviews:,} reviews"


def _count_2018(reviews: int | None, products: int) -> str:
    known = "" if reviews is None else f"{reviews:,} reviews, "
    return f"{known}metadata of {products:,} products"


def _count_2023(rounded: str) -> str:
    users, products, reviews = rounded.split()
    return f"{users} users, {products} products, {reviews} reviews (rounded)"
