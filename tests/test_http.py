"""The HTTP API over a trained run of the planted shop."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from cartograph.serving.http import HttpConfig
from cartograph.serving.recommender import Recommender
from cartograph.serving.run import Run
from tests.http_server import check_error, client_of

ODD = ["a/b", "a b", "50%", "%2F", "手机", "a?b#c", "a\\b", "..", ".", "+", "é&=;", '"', "a//b", " "]
"""Ids that addresses make trouble with."""


@pytest.fixture(scope="module")
def client(trained: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("served") / "planted"
    shutil.copytree(trained.folder, folder)
    with client_of(folder) as client:
        yield client


def get(client: TestClient, address: str, **params: Any) -> Any:
    response = client.get(address, params=params)
    assert response.status_code == 200, response.text
    return response.json()


def post(client: TestClient, address: str, **body: Any) -> Any:
    response = client.post(address, json=body)
    assert response.status_code == 200, response.text
    return response.json()


def ids(answer: Any) -> list[str]:
    return [item["product_id"] for item in answer["items"]]


def test_a_user_gets_what_python_gives(client: TestClient, recommender: Recommender) -> None:
    answer = get(client, "/v1/users/u0/recommendations", k=3)
    assert answer == {"items": recommender.for_user("u0", 3).to_dicts()}


def test_filters_and_dials_are_query_parameters(client: TestClient) -> None:
    answer = get(
        client,
        "/v1/users/u0/recommendations",
        category="shop > running shoe",
        brand=["brand 1", "brand 0"],
        min_price=2,
        max_price=6,
        attribute=["colour:red", "colour:blue"],
        without="p13",
        in_stock=True,
        diversity=0.3,
        fresh=0.1,
        exclude_seen=False,
        k=100,
    )
    assert sorted(ids(answer)) == ["p11", "p12", "p14"]


def test_filters_and_rules_are_objects_in_bodies(client: TestClient) -> None:
    answer = post(
        client,
        "/v1/recommendations",
        events=["p20", "p21"],
        k=4,
        where={"categories": ["shop"], "attributes": {"colour": ["red"]}},
        policy={
            "pins": [{"product_id": "p10", "position": 2}],
            "caps": [{"by": "brand", "most": 2}],
            "boosts": [{"where": {"brands": ["brand 3"]}, "by": -1}],
        },
    )
    found = ids(answer)
    assert found[1] == "p10"
    assert sum(name.startswith("p2") for name in found) == 2


def test_many_users_are_answered_at_once(client: TestClient) -> None:
    answer = post(client, "/v1/users/recommendations", user_ids=["u0", "u1", "nobody"], k=2)
    assert answer["users"]["u0"] == get(client, "/v1/users/u0/recommendations", k=2)
    assert set(answer["users"]) == {"u0", "u1", "nobody"}


def test_an_unknown_user_gets_what_is_popular_or_an_error(client: TestClient) -> None:
    assert get(client, "/v1/users/nobody/recommendations")["items"][0]["reason"] == "popular now"
    response = client.get("/v1/users/nobody/recommendations", params={"unknown": "error"})
    check_error(response, 404, "unknown_user", "'nobody'")


def test_a_product_its_likes_and_what_goes_with_it(client: TestClient) -> None:
    product = get(client, "/v1/products/p00")
    assert (product["title"], product["brand"]) == ("garden spade number 0", "brand 0")
    assert product["attributes"] == {"colour": ["red"]}
    assert ids(get(client, "/v1/products/p00/similar", k=1))[0].startswith("p0")
    assert len(ids(post(client, "/v1/baskets/complete", product_ids=["p00"], k=3))) == 3


def test_search_and_suggestions(client: TestClient) -> None:
    found = get(client, "/v1/search", q="espresso cup", k=3)
    assert all(name.startswith("p2") for name in ids(found))
    assert {"items", "total", "facets", "corrected", "expansions", "understanding"} == set(found)
    assert get(client, "/v1/search", q="number", user="u1", personal=1.0, k=1)["items"]
    assert get(client, "/v1/search", q="number", event=["p30"], personal=1.0, k=1)["items"]
    assert get(client, "/v1/suggest", q="garden")["items"]
    limited = get(client, "/v1/search", q="garden under 4", k=50)
    assert {item["price"] <= 4 for item in limited["items"]} == {True}
    assert limited["understanding"]["high"] == 4
    assert get(client, "/v1/search", q="garden under 4", understand=False)["understanding"] is None


def test_the_words_of_a_query_are_understood(client: TestClient) -> None:
    found = get(client, "/v1/understand", q="red espresso cups brand 2 under $5")
    assert (found["high"], found["low"]) == (5, None)
    assert {span["role"]: span["id"] for span in found["spans"]} == {
        "attribute": "colour=red",
        "product_type": "shop > espresso cup",
        "brand": "brand 2",
        "price": None,
    }
    check_error(client.get("/v1/understand"), 422, "invalid_input", "q")


def test_users_their_history_profile_and_reasons(client: TestClient) -> None:
    assert get(client, "/v1/users", prefix="u1", k=2)["users"] == ["u1", "u10"]
    history = get(client, "/v1/users/u0/history", k=2)["items"]
    assert [event["type"] for event in history] == ["purchase", "purchase"]
    assert get(client, "/v1/users/u0/profile")["brands"][0]["name"] == "brand 0"
    assert post(client, "/v1/profile", events=["p10"])["brands"][0]["name"] == "brand 1"
    why = get(client, "/v1/users/u0/explanations/p07")
    assert why["contributions"]
    assert post(client, "/v1/explanations", events=["p00"], product_id="p07")["product_id"] == "p07"


@pytest.mark.parametrize(
    "address",
    [
        "/v1/products/none",
        "/v1/products/none/similar",
        "/v1/users/u0/explanations/none",
        "/v1/graph/nodes/Product/none/neighbours",
        "/v1/graph/paths?from=p00&to=none",
    ],
)
def test_an_unknown_product_is_named(client: TestClient, address: str) -> None:
    check_error(client.get(address), 404, "unknown_product", "'none'")


def test_events_and_products_that_are_posted_count_at_once(client: TestClient) -> None:
    event = {"user_id": "visitor", "product_id": "p30", "type": "cart"}
    assert post(client, "/v1/events", events=[event]) == {"added": 1}
    assert ids(get(client, "/v1/users/visitor/recommendations", k=1))[0].startswith("p3")
    new = {"product_id": "new", "title": "piano score for left hand", "category": ["shop", "piano score"]}
    assert post(client, "/v1/products", products=[new]) == {"added": 1}
    assert "new" in ids(get(client, "/v1/search", q="piano score for left hand"))
    assert get(client, "/v1/products/new")["category"] == "shop > piano score"


@pytest.mark.parametrize("odd", ODD)
def test_ids_may_contain_anything(client: TestClient, odd: str) -> None:
    from urllib.parse import quote

    step = quote(odd, safe="").replace(".", "%2E")
    post(client, "/v1/products", products=[{"product_id": odd, "title": f"garden spade {odd}"}])
    post(client, "/v1/events", events=[{"user_id": odd, "product_id": odd}])
    assert get(client, f"/v1/products/{step}")["product_id"] == odd
    assert get(client, f"/v1/users/{step}/history")["items"][0]["product_id"] == odd
    assert get(client, f"/v1/users/{step}/explanations/{step}")["product_id"] == odd
    around = get(client, f"/v1/graph/nodes/User/{step}/neighbours")
    assert around["neighbours"][0]["node"]["id"] == odd


def test_the_run_says_what_it_is(client: TestClient) -> None:
    run = get(client, "/v1/run")
    assert (run["dataset"], run["store"], run["writable"]) == ("planted", "embedded", True)
    assert run["counts"]["PURCHASED"] == 300
    assert run["trained_at"] > 1_700_000_000


def test_a_server_that_only_reads_says_so(trained: Run) -> None:
    with client_of(trained.folder, writable=False) as client:
        response = client.post("/v1/events", json={"events": [{"user_id": "a", "product_id": "p00"}]})
        check_error(response, 409, "read_only")
        assert get(client, "/v1/users/u0/recommendations", k=1)["items"]


def test_the_page_is_at_the_root_and_loads_nothing_from_elsewhere(client: TestClient) -> None:
    response = client.get("/")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html")
    assert "default-src 'self'" in response.headers["content-security-policy"]
    check_error(client.get("/none.html"), 404, "not_found")
    check_error(client.get("/..%2f..%2fhttp/app.py"), 404, "not_found")


def test_pages_of_allowed_origins_may_call(trained: Run) -> None:
    config = HttpConfig(allow_origins=("https://shop.example",))
    with client_of(trained.folder, writable=False, config=config) as client:
        headers = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
        allowed = client.options("/v1/recommendations", headers=headers)
        assert allowed.headers["access-control-allow-origin"] == "https://shop.example"
        other = client.get("/health", headers={"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in other.headers
        late = client.get("/v1/products/none", headers={"Origin": "https://shop.example"})
        assert late.headers["access-control-allow-origin"] == "https://shop.example"


def test_measurements_count_requests_by_route(client: TestClient) -> None:
    get(client, "/v1/products/p01")
    client.request("NONSENSE", "/v1/products/p01")
    text = client.get("/metrics").text
    route = 'method="GET",route="/v1/products/{product_id}"'
    assert f'cartograph_http_requests_total{{{route},status="200"}}' in text
    assert f"cartograph_http_request_seconds_count{{{route}}}" in text
    assert 'method="other"' in text
    assert "cartograph_ready 1.0" in text
    assert "cartograph_run_age_seconds" in text
    assert "cartograph_http_in_flight 1.0" in text


def test_a_request_keeps_its_id_if_it_is_tame(client: TestClient) -> None:
    assert client.get("/health", headers={"X-Request-ID": "abc-1"}).headers["x-request-id"] == "abc-1"
    assert client.get("/health", headers={"X-Request-ID": "a b<"}).headers["x-request-id"] != "a b<"


def test_long_answers_are_compressed_for_who_takes_it(client: TestClient) -> None:
    long = client.get("/v1/users/u0/recommendations?k=30", headers={"Accept-Encoding": "gzip"})
    assert long.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in client.get("/health", headers={"Accept-Encoding": "gzip"}).headers


def test_every_endpoint_has_an_example_and_the_error_shape(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            answers = operation["responses"]
            assert "example" in next(iter(answers["200"]["content"].values())), (method, path)
            shape = answers["422"]["content"]["application/json"]["schema"]["$ref"]
            assert shape.endswith("/ErrorBody"), (method, path)
            if "requestBody" in operation:
                body = operation["requestBody"]["content"]["application/json"]
                assert body["schema"]["examples"], (method, path)


def test_a_folder_that_is_no_run_ends_the_server_with_one_sentence(tmp_path: Path) -> None:
    import subprocess
    import sys

    command = [sys.executable, "-m", "cartograph.serving.cli", "serve", "--run", str(tmp_path), "--port", "0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("cartograph: ")
    assert "is not a run folder" in done.stderr
