"""One contract for every encoder: the packaged weights, and a tiny random BERT where weights don't matter."""

import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import BertConfig, BertModel, GPT2Config, PreTrainedTokenizerFast

from cartograph.data import Dataset, EncoderError
from cartograph.encoders import (
    DEFAULT_ENCODER,
    MULTILINGUAL_ENCODER,
    EmbeddingCache,
    TextEncoder,
    embed_graph,
    load_encoder,
    node_texts,
)
from cartograph.encoders.weights import find_weights
from cartograph.kg import export, load_dataset, open_store
from cartograph.serving.loading import load_stage
from cartograph.serving.run import Run
from cartograph.serving.stages import encode_stage
from tests.planted import planted_shop


@pytest.fixture(scope="session")
def tiny_bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a random BERT of two layers, as `save_pretrained` writes it."""
    folder = tmp_path_factory.mktemp("tiny-bert")
    torch.manual_seed(0)
    letters = {"[PAD]": 0, "[UNK]": 1, **{chr(97 + i): 2 + i for i in range(26)}}
    tokenizer = Tokenizer(models.WordLevel(letters, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]").save_pretrained(
        folder
    )
    size = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    BertModel(BertConfig(vocab_size=len(letters), max_position_embeddings=64, **size)).save_pretrained(folder)
    return folder


@cache
def loaded(name: str) -> TextEncoder:
    return load_encoder(name, device="cpu")


class EncoderContract:
    """What every encoder does; a subclass has a fixture `encoder`."""

    def test_vectors_are_unit_length_float32(self, encoder: TextEncoder) -> None:
        vectors = encoder.encode(["a red shoe", "b", "curl cream"])
        assert vectors.shape == (3, encoder.dimension)
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)

    def test_no_texts_give_no_vectors(self, encoder: TextEncoder) -> None:
        assert encoder.encode([]).shape == (0, encoder.dimension)

    def test_a_text_has_the_same_vector_in_any_company(self, encoder: TextEncoder) -> None:
        alone = encoder.encode(["a red shoe"])[0]
        among = encoder.encode(["x" * 40, "a red shoe", "", "yes", "a red shoe"])
        np.testing.assert_allclose(among[1], alone, atol=1e-5)
        np.testing.assert_array_equal(among[1], among[4])

    def test_empty_endless_and_odd_texts_have_vectors(self, encoder: TextEncoder) -> None:
        vectors = encoder.encode(["", "word " * 5000, "\u0000\ufffd", "手机 📱", "\n\t"])
        assert np.isfinite(vectors).all()

    def test_the_cache_gives_what_the_encoder_gives(self, encoder: TextEncoder, tmp_path: Path) -> None:
        texts = ["one", "two", "one", "three"]
        cache = EmbeddingCache(tmp_path)
        np.testing.assert_allclose(cache.encode(encoder, texts), encoder.encode(texts), atol=1e-5)
        again = EmbeddingCache(tmp_path).encode(encoder, ["three", "one"])
        np.testing.assert_array_equal(again, cache.encode(encoder, texts)[[3, 0]])

    def test_what_is_kept_in_a_folder_gives_the_same_vectors(
        self, encoder: TextEncoder, tmp_path: Path
    ) -> None:
        encoder.save(tmp_path / "kept")
        one, other = (load_encoder(tmp_path / "kept", device="cpu") for _ in range(2))
        texts = ["a red shoe", "", "未知 zz 📱"]
        same = 1e-6 if encoder.model.dtype == torch.float32 else 0.01
        np.testing.assert_allclose(one.encode(texts), encoder.encode(texts), atol=same)
        assert one.fingerprint == other.fingerprint


class TestMiniLM(EncoderContract):
    @pytest.fixture
    def encoder(self) -> TextEncoder:
        return loaded(DEFAULT_ENCODER)

    def test_texts_that_mean_alike_are_close(self, encoder: TextEncoder) -> None:
        query, near, far = encoder.encode(["running shoes", "trainers for jogging", "espresso machine"])
        assert query @ near > query @ far + 0.3

    def test_the_vectors_are_those_of_sentence_transformers(self, encoder: TextEncoder) -> None:
        from sentence_transformers import SentenceTransformer

        folder = find_weights(DEFAULT_ENCODER)
        texts = ["OPI Nail Lacquer, 0.5-Fluid Ounce", "x", "a much longer title " * 30]
        theirs = SentenceTransformer(str(folder), device="cpu").encode(texts, normalize_embeddings=True)
        np.testing.assert_allclose(encoder.encode(texts), theirs, atol=1e-4)


@pytest.mark.slow
class TestMultilingualE5(EncoderContract):
    @pytest.fixture
    def encoder(self) -> TextEncoder:
        return loaded(MULTILINGUAL_ENCODER)

    def test_chinese_queries_find_english_products(self, encoder: TextEncoder) -> None:
        products = [
            "Samsung smartphone 128 GB",
            "infant formula milk powder",
            "men's running shoes",
            "matte red lipstick",
        ]
        queries = ["手机", "婴儿奶粉", "跑步鞋", "口红"]
        found = encoder.encode(queries, role="query") @ encoder.encode(products).T
        assert found.argmax(axis=1).tolist() == [0, 1, 2, 3]


class TestTinyBert(EncoderContract):
    @pytest.fixture
    def encoder(self, tiny_bert: Path) -> TextEncoder:
        return load_encoder(tiny_bert, device="cpu")

    def test_the_mean_over_tokens_is_the_mean_over_tokens(
        self, encoder: TextEncoder, tiny_bert: Path
    ) -> None:
        model = BertModel.from_pretrained(tiny_bert).eval()
        with torch.no_grad():
            hidden = model(input_ids=torch.tensor([[2, 3]])).last_hidden_state[0]
        expected = torch.nn.functional.normalize(hidden.mean(dim=0), dim=0)
        np.testing.assert_allclose(encoder.encode(["ab"])[0], expected.numpy(), atol=1e-6)

    def test_the_first_token_is_taken_where_the_model_says_so(self, tiny_bert: Path, tmp_path: Path) -> None:
        folder = tmp_path / "cls"
        folder.mkdir()
        for file in tiny_bert.iterdir():
            (folder / file.name).write_bytes(file.read_bytes())
        (folder / "1_Pooling").mkdir()
        (folder / "1_Pooling" / "config.json").write_text('{"pooling_mode_cls_token": true}')
        mean, cls = load_encoder(tiny_bert, device="cpu"), load_encoder(folder, device="cpu")
        assert cls.pooling == "cls"
        assert cls.fingerprint != mean.fingerprint

    def test_a_damaged_cache_file_is_computed_again(self, encoder: TextEncoder, tmp_path: Path) -> None:
        cache = EmbeddingCache(tmp_path)
        before = cache.encode(encoder, ["one", "two"])
        (file,) = tmp_path.rglob("*.npz")
        file.write_bytes(file.read_bytes()[:100])
        np.testing.assert_array_equal(cache.encode(encoder, ["one", "two"]), before)


class TestBfloat16(EncoderContract):
    @pytest.fixture
    def encoder(self, tiny_bert: Path) -> TextEncoder:
        return load_encoder(tiny_bert, device="cpu", precision="bfloat16")

    def test_a_text_has_the_same_vector_in_any_company(self, encoder: TextEncoder) -> None:
        alone = encoder.encode(["a red shoe"])[0]
        among = encoder.encode(["x" * 40, "a red shoe", "", "yes", "a red shoe"])
        np.testing.assert_allclose(among[1], alone, atol=0.01)  # eight bits of mantissa
        np.testing.assert_array_equal(among[1], among[4])

    def test_the_cache_gives_what_the_encoder_gives(self, encoder: TextEncoder, tmp_path: Path) -> None:
        cache = EmbeddingCache(tmp_path)
        found = cache.encode(encoder, ["one", "two", "one", "three"])
        np.testing.assert_allclose(found, encoder.encode(["one", "two", "one", "three"]), atol=0.01)

    def test_the_cache_tells_the_precisions_apart(
        self, encoder: TextEncoder, tiny_bert: Path, tmp_path: Path
    ) -> None:
        exact, cache = load_encoder(tiny_bert, device="cpu"), EmbeddingCache(tmp_path)
        texts = ["one", "two", "three"]
        rounded = cache.encode(encoder, texts)
        np.testing.assert_array_equal(cache.encode(exact, texts), exact.encode(texts))
        assert 0 < np.abs(rounded - exact.encode(texts)).max() < 0.02


@pytest.mark.slow
@pytest.mark.parametrize("name", [DEFAULT_ENCODER, MULTILINGUAL_ENCODER])
def test_bfloat16_hardly_moves_a_vector(name: str) -> None:
    texts = ["OPI Nail Lacquer, 0.5-Fluid Ounce", "手机 128 GB", "a much longer title " * 30, ""]
    rounded = load_encoder(name, device="cpu", precision="bfloat16").encode(texts)
    assert (rounded * loaded(name).encode(texts)).sum(axis=1).min() > 0.999


def test_a_run_computes_on_with_the_precision_it_was_encoded_with(tmp_path: Path, tiny_bert: Path) -> None:
    run = Run(tmp_path / "run")
    load_stage(run, planted_shop(), progress=False)
    encode_stage(run, encoder=str(tiny_bert), precision="bfloat16", device="cpu", progress=False)
    encode_stage(run, device="cpu", progress=False)
    (folder,) = run.embeddings.iterdir()
    assert folder.name.startswith(run.encoder(device="cpu").fingerprint)
    assert not folder.name.startswith(load_encoder(tiny_bert, device="cpu").fingerprint)
    encode_stage(run, precision="float32", device="cpu", progress=False)
    assert len(list(run.embeddings.iterdir())) == 2


def test_a_name_that_cannot_be_had_says_the_three_ways() -> None:
    with pytest.raises(EncoderError, match="hub can be reached, or a folder with .*, or one of the packaged"):
        load_encoder("nobody/has-this-model")


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="does not hold a BERT-family model"):
        load_encoder(tmp_path)


def test_a_berts_vocabulary_is_enough(tmp_path: Path) -> None:
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "red", "shoe", "##s", "好", "的"]
    (tmp_path / "vocab.txt").write_text("\n".join(pieces), encoding="utf-8")
    size = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    BertModel(BertConfig(vocab_size=len(pieces), **size)).save_pretrained(tmp_path)
    assert load_encoder(tmp_path, device="cpu").tokens(["Red shoes 好的 zz"]) == [[2, 5, 6, 7, 8, 9, 1, 3]]


def test_a_folder_whose_tokenizer_is_cut_short_is_named(tmp_path: Path, tiny_bert: Path) -> None:
    folder = shutil.copytree(tiny_bert, tmp_path / "cut")
    (folder / "tokenizer.json").write_text('{"version": "1.0", "trunc')
    with pytest.raises(EncoderError, match=r"does not hold a BERT-family model: tokenizer\.json: EOF"):
        load_encoder(folder)


def test_weights_that_are_missing_are_named(tmp_path: Path, tiny_bert: Path) -> None:
    folder = shutil.copytree(tiny_bert, tmp_path / "partly")
    weights = load_file(folder / "model.safetensors")
    del weights["encoder.layer.1.output.dense.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(EncoderError, match="weights are missing: encoder.layer.1.output.dense.weight"):
        load_encoder(folder)


def test_a_model_of_another_family_is_refused(tmp_path: Path) -> None:
    GPT2Config(n_layer=1, n_head=1, n_embd=8).save_pretrained(tmp_path)
    with pytest.raises(EncoderError, match="is a gpt2 model; give one of the BERT family"):
        load_encoder(tmp_path)


class TestTexts:
    @pytest.fixture
    def texts_of(self, tmp_path: Path) -> Callable[..., dict[str, list[str]]]:
        def texts(template: str | None = None) -> dict[str, list[str]]:
            products = pd.DataFrame(
                {
                    "product_id": ["a", "b", "c"],
                    "title": ["Curl cream", "", ""],
                    "brand": ["Deva", "Deva", ""],
                    "category": [("Beauty", "Hair"), (), ()],
                }
            )
            facts = pd.DataFrame({"product_id": ["c"], "key": ["colour"], "value": ["red"]})
            with open_store(tmp_path / "graph.lbug") as store:
                load_dataset(store, Dataset.of("t", products, product_attributes=facts), progress=False)
                arrays = export(store)
            return node_texts(arrays, template) if template else node_texts(arrays)

        return texts

    def test_missing_fields_leave_no_punctuation(self, texts_of: Callable[..., dict[str, list[str]]]) -> None:
        assert texts_of("{title}, by {brand}. {category}")["Product"][:2] == [
            "Curl cream, by Deva. Hair",
            "Deva",
        ]

    def test_a_product_of_which_the_template_shows_nothing_reads_as_all_that_is_known(
        self, texts_of: Callable[..., dict[str, list[str]]]
    ) -> None:
        assert texts_of("{title}")["Product"] == ["Curl cream", "Deva", "red"]

    def test_facts_read_as_their_names(self, texts_of: Callable[..., dict[str, list[str]]]) -> None:
        texts = texts_of()
        assert texts["Category"] == ["Beauty", "Beauty > Hair"]
        assert texts["Brand"] == ["Deva"]
        assert texts["Attribute"] == ["colour: red"]

    def test_an_unknown_field_is_named(self, texts_of: Callable[..., dict[str, list[str]]]) -> None:
        with pytest.raises(ValueError, match="names 'colour'; it may use {title}"):
            texts_of("{colour}")


def test_every_node_with_a_text_gets_a_vector(tmp_path: Path, shop: Dataset, tiny_bert: Path) -> None:
    with open_store(tmp_path / "graph.lbug") as store:
        load_dataset(store, shop, progress=False)
        arrays = export(store)
    vectors = embed_graph(arrays, load_encoder(tiny_bert), EmbeddingCache(tmp_path / "cache"), progress=False)
    assert {label: len(values) for label, values in vectors.items()} == {
        "Product": 32,
        "Category": 5,
        "Brand": 4,
        "Attribute": 2,
    }
