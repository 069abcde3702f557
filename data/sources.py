"""What there is to know of a source of data: where it comes from, under which terms, and what it holds."""

from dataclasses import dataclass

NOT_PUBLISHED = "not published"


@dataclass(frozen=True)
class Remote:
    """A file that anyone can download."""

    file: str
    """Its name in the dataset's folder."""
    url: str
    checksum: str = ""
    """As the publisher gives it, such as `md5:c4d9…`; empty where none is published."""


@dataclass(frozen=True)
class Source:
    """Something that `load` can read."""

    name: str
    """What to give to `load`; the name of the layout where `is_folder`."""
    description: str
    licence: str
    """Under which terms it may be used."""
    is_folder: bool
    """Whether it is a layout of folders, found out by the files in it, and not one dataset."""
    address: str = ""
    """Where it comes from; empty where it comes with Cartograph or is your own."""
    files: tuple[str, ...] = ()
    """What the folder holds; each may be packed, alone (`.gz`) or in a zip archive."""
    counts: str = NOT_PUBLISHED
    """As published: users, products, events."""
    remotes: tuple[Remote, ...] = ()
    """What `load` downloads when it is given the name."""
    by_hand: bool = False
    """Whether the files are behind an account, so that `load` can only say where to get them."""

    @property
    def checksum(self) -> str:
        """The published checksums, in a sentence's form."""
        return ", ".join(filter(None, (remote.checksum for remote in self.remotes))) or NOT_PUBLISHED
