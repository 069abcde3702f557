"""Checkpoints: weights, configuration and vocabularies in one file, whole or absent."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch_geometric.data import HeteroData

from ..data import RunError
from ..data.dataset import StrArray
from ..data.files import atomically
from .facts import FACTS
from .network import NetworkConfig, ProductGraphNetwork

_TABLES = {"id.weight": "product"} | {f"facts.{fact}.weight": fact for fact in FACTS}


def save_checkpoint(path: Path, network: ProductGraphNetwork, data: HeteroData, encoder: str) -> None:
    """Write the network, the ids that its embeddings belong to, and the encoder whose vectors it reads.

    Args:
        path: A `.safetensors` file.
        network: Any device.
        data: The graph that it was trained on, with its training events.
        encoder: `TextEncoder.fingerprint`.
    """
    trained = data["product"].trained.cpu().numpy()
    ids = {kind: list(data[kind].ids) for kind in ("product", *network.facts)}
    meta = {
        "network": json.dumps(asdict(network.config)),
        "ids": json.dumps(ids),
        "trained": json.dumps(list(data["product"].ids[trained])),
        "encoder": encoder,
    }
    weights = {name: weight.contiguous().cpu() for name, weight in network.state_dict().items()}
    with atomically(path) as unfinished:
        save_file(weights, unfinished, metadata=meta)


def load_checkpoint(path: Path, data: HeteroData, encoder: str) -> ProductGraphNetwork:
    """The network of a checkpoint, fitted to a graph; marks in `data` which products training has seen.

    Nodes that came after training have no embedding of their own: they stand on text, facts and neighbours.

    Args:
        path: What `save_checkpoint` wrote.
        data: The graph now, with events; its `product.trained` is set.
        encoder: `TextEncoder.fingerprint` of the vectors in `data`.

    Raises:
        RunError: The file is absent or damaged, or was trained on other text vectors or another catalogue.
    """
    try:
        with safe_open(path, "pt") as file:
            meta = file.metadata()
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except FileNotFoundError as error:
        raise RunError(f"no checkpoint at {path}; run `cartograph train` first") from error
    except SafetensorError as error:
        raise RunError(f"{path} is damaged ({error}); remove it and run `cartograph train` again") from error
    if meta["encoder"] != encoder:
        raise RunError(
            f"{path} was trained on texts encoded by {meta['encoder']}, these are encoded by {encoder}; "
            "run `cartograph train` again"
        )
    ids: dict[str, list[str]] = json.loads(meta["ids"])
    here = set(data["product"].ids)
    shared = sum(i in here for i in ids["product"])
    if 2 * shared < len(ids["product"]):
        raise RunError(
            f"{path} does not fit this graph: only {shared:,} of the {len(ids['product']):,} products it was "
            "trained on are here; run `cartograph train` again"
        )
    config = json.loads(meta["network"])
    network = ProductGraphNetwork(data, NetworkConfig(**{**config, "kernels": tuple(config["kernels"])}))
    state = network.state_dict()
    for name, kind in _TABLES.items():
        if name in state:
            known = weights.pop(name, torch.zeros(0, state[name].size(1)))
            state[name] = _rows(known, ids.get(kind, []), data[kind].ids)
        else:
            weights.pop(name, None)
    network.load_state_dict({**state, **weights})
    trained = np.isin(data["product"].ids.astype(str), np.array(json.loads(meta["trained"]), dtype=str))
    data["product"].trained = torch.from_numpy(trained)
    return network.eval()


def _rows(weights: torch.Tensor, known: list[str], wanted: StrArray) -> torch.Tensor:
    """The rows of `wanted` ids, zeros where an id is not known, `(n_wanted, d)`."""
    row = {name: i for i, name in enumerate(known)}
    index = torch.tensor([row.get(name, -1) for name in wanted], dtype=torch.int64)
    padded = torch.cat([weights, torch.zeros(1, weights.size(1))])  # index -1 is the row of zeros
    return padded[index]
