"""From the exported graph and its text vectors to a trained network. Knows nothing of stores or HTTP."""

from .checkpoint import load_checkpoint, save_checkpoint
from .graph import GraphConfig, build_graph, event_histories, recent_events, to_matrix, with_events
from .network import NetworkConfig, ProductGraphNetwork
from .train import Epoch, TrainConfig, best_epoch, pick_device, train

__all__ = [
    "Epoch",
    "GraphConfig",
    "NetworkConfig",
    "ProductGraphNetwork",
    "TrainConfig",
    "best_epoch",
    "build_graph",
    "event_histories",
    "load_checkpoint",
    "pick_device",
    "recent_events",
    "save_checkpoint",
    "to_matrix",
    "train",
    "with_events",
]
