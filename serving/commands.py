"""What each verb of the command line does: results to stdout, progress to stderr."""

from argparse import Namespace
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..data import Dataset, datasets, k_core, load
from .graph_verbs import graph
from .printing import print_explanation, print_json, print_ranking, print_table
from .recommender import Recommender
from .results import Recommendations
from .run import Run
from .search.results import SearchResult

if TYPE_CHECKING:
    from .fit import FitConfig

# The stages that compute with torch are imported by the verbs that need them: the others answer at once.


def _datasets(options: Namespace) -> None:
    listed = datasets()
    if options.json:
        print_json([asdict(source) for source in listed])
    else:
        print_table([(s.name, s.description, s.licence, ", ".join(s.files)) for s in listed])


def _load(options: Namespace) -> None:
    from .loading import load_stage

    run = Run(Path(options.run))
    rejected = run.folder / "rejected.csv" if options.on_bad_row == "skip" else None
    dataset = load(
        options.source,
        on_bad_row=options.on_bad_row,
        rejected=rejected,
        links=options.links,
        reviews=options.reviews,
    )
    counts = load_stage(run, _core(dataset, options), store=options.store)
    if options.json:
        print_json(counts)
    else:
        print_table([(name, f"{count:,}") for name, count in counts.items() if count])


def _core(dataset: Dataset, options: Namespace) -> Dataset:
    return dataset if options.k_core is None else k_core(dataset, options.k_core)


def _encode(options: Namespace) -> None:
    from .stages import encode_stage

    counts = encode_stage(
        Run(Path(options.run)),
        encoder=options.encoder,
        template=options.template,
        precision=options.precision,
        device=options.device,
    )
    if options.json:
        print_json(counts)
    else:
        print_table([(name, f"{count:,} vectors") for name, count in counts.items() if count])


def _tune(options: Namespace) -> None:
    from ..encoders import TuneConfig
    from .stages import tune_stage

    run = Run(Path(options.run))
    tuning = TuneConfig(seed=options.seed)
    if options.steps is not None:
        tuning = replace(tuning, steps=options.steps)
    folder = tune_stage(run, fit_config(options), tuning, on=options.on, device=options.device)
    if options.json:
        print_json({"encoder": str(folder)})
    else:
        print(f"tuned; {folder} is used by: cartograph encode --run {run.folder}")


def _train(options: Namespace) -> None:
    from .stages import train_stage

    run = Run(Path(options.run))
    tensorboard = Path(options.tensorboard) if options.tensorboard else None
    epochs = train_stage(run, fit_config(options), device=options.device, tensorboard=tensorboard)
    if options.json:
        print_json([asdict(epoch) for epoch in epochs])
    else:
        rows = [(f"epoch {e.number}", f"loss {e.loss:.3f}", f"NDCG@10 {e.validation:.4f}") for e in epochs]
        print_table(rows)
        print(f"trained; ask for recommendations with: cartograph recommend --run {run.folder} --user ID")


def _reviews(options: Namespace) -> None:
    from .reviews import review_stage

    judged = review_stage(Run(Path(options.run)), device=options.device)
    if options.json:
        print_json({**asdict(judged), "agreement": judged.agreement._asdict()})
        return
    told = judged.agreement
    print_table(
        [
            ("reviews", f"{judged.reviews:,}, {judged.praise:.0%} praise"),
            ("learned from", f"{judged.rated:,} rated high or low"),
            ("agrees", f"with {told.accuracy:.1%} of {told.n:,} ratings that it had not seen"),
            ("", f"({told.majority:.1%} are of the commoner kind)"),
            ("aspects", f"{judged.aspects:,}"),
        ]
    )


def _publish(options: Namespace) -> None:
    from .publish import publish_stage

    published = publish_stage(Run(Path(options.run)), options.k, users=not options.no_users)
    if options.json:
        print_json(asdict(published))
    else:
        print_table([(name, f"{n:,}") for name, n in published.relationships.items()])


def _evaluate(options: Namespace) -> None:
    from ..encoders import DEFAULT_ENCODER, TuneConfig
    from ..evaluation import Answers, to_text, write_json
    from .models import evaluate_models, models

    settings, seeds = protocol_settings(options), _seeds(options.seeds)
    known = models(
        encoder=options.encoder or DEFAULT_ENCODER,
        config=fit_config(options),
        tuning={"auto": TuneConfig(), "always": TuneConfig(cold_share=0.0), "never": None}[options.tune],
        device=options.device,
    )
    names = [name.strip() for name in options.models.split(",")]
    given = {"epochs": options.epochs, "encoder": options.encoder, "tune": options.tune}
    answers = Answers(Path(options.keep), given) if options.keep else None
    dataset = _core(load(options.source), options)
    document = evaluate_models(
        dataset, options.protocol, names, known, seeds=seeds, answers=answers, **settings
    )
    print(to_text(document))
    if options.json:
        write_json(Path(options.json), document)
    if options.report:
        from ..evaluation.html import write_html

        write_html(Path(options.report), document)


def _recommend(options: Namespace) -> None:
    with Recommender.load(options.run) as recommender:
        if options.user is not None:
            found = recommender.for_user(
                options.user, options.k, exclude_seen=not options.include_seen, unknown=options.unknown
            )
        else:
            found = recommender.for_events(
                _ids(options.events), options.k, exclude_seen=not options.include_seen
            )
        _print_ranking(found, as_json=options.json)


def _similar(options: Namespace) -> None:
    with Recommender.load(options.run) as recommender:
        _print_ranking(recommender.similar(options.product, options.k), as_json=options.json)


def _search(options: Namespace) -> None:
    with Recommender.load(options.run) as recommender:
        _print_ranking(recommender.search(options.query, options.k), as_json=options.json)


def _explain(options: Namespace) -> None:
    with Recommender.load(options.run) as recommender:
        who = options.user if options.user is not None else _ids(options.events)
        explanation = recommender.explain(who, options.product)
    if options.json:
        print_json(explanation.to_dict())
    else:
        print_explanation(explanation)


def _cypher(options: Namespace) -> None:
    from .cypher.command import run_cypher

    run_cypher(options)


def _of_exports(verb: str) -> Callable[[Namespace], int | None]:
    """A verb of `exports`, which is imported when it is called."""

    def run(options: Namespace) -> int | None:
        from . import exports

        called: Callable[[Namespace], int | None] = getattr(exports, verb)
        return called(options)

    return run


def _demo(options: Namespace) -> None:
    from .demo import run_demo

    run_demo(Run(Path(options.run)))


def _serve(options: Namespace) -> None:
    from .http.config import HttpConfig
    from .http.keys import KeyFile, new_key
    from .http.server import Address, serve

    if options.new_key:
        if options.keys is None:
            raise ValueError("--new-key needs --keys FILE, the file to add the key to")
        name, scopes = options.new_key
        print(new_key(Path(options.keys), name, _ids(scopes)))
        return
    keys = None if options.keys is None else KeyFile(Path(options.keys))
    config = HttpConfig(keys=keys, allow_origins=tuple(options.allow_origin))
    serve(Path(options.run), Address(options.host, options.port), config, writable=not options.read_only)


def _forget(options: Namespace) -> None:
    from .forgetting import forget

    run = Run(Path(options.run))
    with run.open() as store:
        forget(run, store, options.users)
    if options.json:
        print_json({"forgotten": options.users})
    else:
        print(
            f"forgot {len(options.users):,}; train again for what the model learned from them to go as well"
        )


COMMANDS: dict[str, Callable[[Namespace], int | None]] = {
    "demo": _demo,
    "datasets": _datasets,
    "load": _load,
    "encode": _encode,
    "tune": _tune,
    "reviews": _reviews,
    "train": _train,
    "publish": _publish,
    "evaluate": _evaluate,
    "recommend": _recommend,
    "similar": _similar,
    "search": _search,
    "explain": _explain,
    "cypher": _cypher,
    "sparql": _of_exports("sparql"),
    "export": _of_exports("export"),
    "validate": _of_exports("validate"),
    "graph": graph,
    "forget": _forget,
    "serve": _serve,
}
"""What runs for each verb; it may return an exit code."""


_PROTOCOL_OPTIONS = {
    "cold_share": ("share", ("item-cold", "user-cold")),
    "history": ("history", ("user-cold",)),
    "gap": ("gap", ("time",)),
    "window": ("window", ("time",)),
}
"""By option of `evaluate`: the setting of the protocol that it is, and for which protocols."""


def protocol_settings(options: Namespace) -> dict[str, Any]:
    """The settings of the protocol that the options of `evaluate` ask for.

    Raises:
        ValueError: An option is for another protocol.
    """
    settings = {}
    for option, (setting, protocols) in _PROTOCOL_OPTIONS.items():
        value = getattr(options, option)
        if value is not None and options.protocol not in protocols:
            raise ValueError(
                f"--{option.replace('_', '-')} is for --protocol {' or '.join(protocols)}, "
                f"not {options.protocol}; leave it out or choose that protocol"
            )
        if value is not None:
            settings[setting] = value
    return settings


def _seeds(given: str) -> list[int]:
    seeds = [int(name) for name in _ids(given) if name.isdecimal()]
    if not seeds or len(set(seeds)) < len(given.split(",")):
        raise ValueError(f"--seeds is {given!r}; give different whole numbers, such as 0,1,2")
    return seeds


def fit_config(options: Namespace) -> "FitConfig":
    """The configuration that the options of `train` and `evaluate` ask for."""
    from ..gnn import TrainConfig
    from .fit import FitConfig

    train = replace(TrainConfig(), seed=options.seed)
    if options.epochs is not None:
        train = replace(train, epochs=options.epochs)
    return FitConfig(train=train)


def _print_ranking(ranking: Recommendations | SearchResult, *, as_json: bool) -> None:
    if as_json:
        print_json(ranking.to_dicts())
    else:
        print_ranking(ranking)


def _ids(given: str) -> list[str]:
    return [name for name in (part.strip() for part in given.split(",")) if name]
