"""Whatever is sent, the answer is one sentence of one shape, and never the server's fault."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from cartograph.serving.http import HttpConfig
from cartograph.serving.run import Run
from tests.http_server import check_error, client_of

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def client(trained: Run) -> Iterator[TestClient]:
    config = HttpConfig(max_body=100_000)
    with client_of(trained.folder, writable=False, config=config) as client:
        yield client


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("k=0", "query k: Input should be greater than or equal to 1"),
        ("k=1001", "less than or equal to 1000"),
        ("k=ten", "valid integer"),
        ("k=1e400", "valid integer"),
        ("k=" + "9" * 5000, "query k"),
        ("min_price=nan", "finite number"),
        ("max_price=inf", "finite number"),
        ("min_price=1e308", "less than or equal"),
        ("min_price=-1", "min_price is -1"),
        ("min_price=5&max_price=4", "nothing is between them"),
        ("attribute=colour", "key:value, such as colour:red"),
        ("diversity=1.1", "less than or equal to 1"),
        ("fresh=-2", "greater than or equal to -1"),
        ("exclude_seen=perhaps", "valid boolean"),
        ("kk=3", "Extra inputs are not permitted"),
        ("brand=", "at least 1 character"),
        ("brand=%00", "NUL"),
        ("unknown=guess", "'popular' or 'error'"),
    ],
)
def test_a_bad_parameter_is_named(client: TestClient, query: str, says: str) -> None:
    response = client.get(f"/v1/users/u0/recommendations?{query}")
    check_error(response, 422, "invalid_input", says)


@pytest.mark.parametrize(
    ("body", "code", "says"),
    [
        (b"", "invalid_input", "body: Field required"),
        (b"{", "invalid_json", "not usable JSON"),
        (b"\xff\xfe", "invalid_json", "not usable JSON"),
        (b"[]", "invalid_input", "body"),
        (b"null", "invalid_input", "body"),
        (b"3", "invalid_input", "body"),
        (b'{"events": [], "k": NaN}', "invalid_json", "NaN is no JSON number"),
        (b'{"events": [], "k": Infinity}', "invalid_json", "Infinity is no JSON number"),
        (b'{"events": [], "k": 1e999}', "invalid_json", "too large"),
        (b'{"events": [], "k": ' + b"9" * 5000 + b"}", "invalid_json", "not usable JSON"),
        (b'{"events": [], "k": 1.5}', "invalid_input", "body k"),
        (b'{"events": [], "k": true}', "", ""),
        (b'{"events": ["\\u0000"]}', "invalid_json", "NUL"),
        (b'{"events": ["\\ud800"]}', "invalid_json", "surrogate"),
        (b'{"\\ud800": 1}', "invalid_json", "surrogate"),
        (b"[" * 50_000, "invalid_json", "not usable JSON"),
        (b'{"events": ' + b"[" * 100 + b"]" * 100 + b"}", "invalid_json", "deeper than"),
        (b'{"events": [1]}', "invalid_input", "valid string"),
        (b'{"events": [""]}', "invalid_input", "at least 1 character"),
        (b'{"events": ["' + b"x" * 513 + b'"]}', "invalid_input", "at most 512"),
        (json.dumps({"events": ["p00"] * 1001}).encode(), "invalid_input", "at most 1000"),
        (b'{"events": [], "wehre": {}}', "invalid_input", "body wehre: Extra inputs"),
        (b'{"events": [], "where": {"min_price": 5, "max_price": 4}}', "invalid_input", "nothing is between"),
        (
            b'{"events": [], "policy": {"pins": [{"product_id": "p00", "position": 0}]}}',
            "invalid_input",
            "pins",
        ),
        (
            b'{"events": [], "policy": {"pins": [{"product_id": "p00", "position": 1},'
            b' {"product_id": "p01", "position": 1}]}}',
            "invalid_input",
            "two pins share",
        ),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_bad_body_is_named(client: TestClient, body: bytes, code: str, says: str) -> None:
    response = client.post("/v1/recommendations", content=body, headers=JSON)
    if code:
        check_error(response, 422, code, says)
    else:
        assert response.status_code in (200, 422)


def test_a_product_that_is_not_known_in_a_body_is_named(client: TestClient) -> None:
    response = client.post("/v1/recommendations", json={"events": ["none"]})
    check_error(response, 404, "unknown_product", "'none'")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "json", "a/b; c"])
def test_bodies_are_declared_as_json(client: TestClient, kind: str) -> None:
    response = client.post("/v1/recommendations", content=b'{"events": []}', headers={"Content-Type": kind})
    check_error(response, 415, "not_json", "the body's type is")


def test_a_charset_may_be_named(client: TestClient) -> None:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    assert client.post("/v1/recommendations", content=b'{"events": []}', headers=headers).status_code == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "NONSENSE"])
def test_other_methods_are_named(client: TestClient, method: str) -> None:
    for address in ("/v1/run", "/v1/recommendations", "/v1/products/p00", "/"):
        check_error(client.request(method, address), 405, "method_not_allowed")


@pytest.mark.parametrize(
    "address", ["/v1", "/v1/", "/v2/run", "/v1/products/", "/v1/products/p00/", "/v1//run"]
)
def test_addresses_that_do_not_exist_are_named(client: TestClient, address: str) -> None:
    check_error(client.get(address), 404, "not_found")


def test_bodies_and_addresses_have_a_largest_size(client: TestClient) -> None:
    response = client.post("/v1/recommendations", content=b" " * 100_001, headers=JSON)
    check_error(response, 413, "body_too_large", "above 100,000 bytes")
    in_parts = client.post("/v1/recommendations", content=(b" " * 50_000 for _ in range(3)), headers=JSON)
    check_error(in_parts, 413, "body_too_large")
    check_error(client.get("/v1/products/" + "x" * 9000), 414, "url_too_long")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"statement": "CREATE (:User {id: 'x'})"}, 422, "refused_statement"),
        ({"statement": "MATCH (p:Product RETURN p"}, 422, "refused_statement"),
        ({"statement": "RETURN range(1, 1000000000000) AS x"}, 422, "query_too_large"),
        ({"statement": ""}, 422, "invalid_input"),
        ({"statement": "RETURN 1", "limit": 0}, 422, "invalid_input"),
        ({"statement": "RETURN 1", "timeout": -1}, 422, "invalid_input"),
        (
            {
                "statement": "UNWIND range(1, 1000000) AS x UNWIND range(1, 1000000) AS y RETURN max(x % y)",
                "timeout": 0.3,
            },
            422,
            "query_timeout",
        ),
    ],
    ids=str,
)
def test_cypher_that_is_refused_says_why(
    client: TestClient, body: dict[str, Any], status: int, code: str
) -> None:
    check_error(client.post("/v1/cypher", json=body), status, code)


def test_cypher_answers_with_columns_rows_and_whether_there_are_more(client: TestClient) -> None:
    body = {
        "statement": "MATCH (p:Product) WHERE p.id STARTS WITH $start RETURN p.id AS id, p ORDER BY id",
        "params": {"start": "p0"},
        "limit": 2,
    }
    answer = client.post("/v1/cypher", json=body).json()
    assert answer["columns"] == ["id", "p"]
    assert [row[0] for row in answer["rows"]] == ["p00", "p01"]
    assert answer["rows"][0][1]["_label"] == "Product"
    assert answer["truncated"]


def test_the_named_questions_run_with_their_defaults(client: TestClient) -> None:
    for question in client.get("/v1/queries").json()["queries"]:
        params = {blank["name"]: blank["default"] for blank in question["parameters"]}
        assert not {"", None} & set(params.values()), question["name"]
        body = {"statement": question["cypher"], "params": params}
        response = client.post("/v1/cypher", json=body)
        assert response.status_code == 200, (question["name"], response.text)


def test_the_graph_is_walked_by_relation(client: TestClient) -> None:
    around = client.get("/v1/graph/nodes/Product/p00/neighbours?relation=MADE_BY").json()
    assert [found["node"]["id"] for found in around["neighbours"]] == ["brand 0"]
    assert around["totals"] == {"MADE_BY": 1}
    brand = client.get("/v1/graph/nodes/Brand/brand%200/neighbours?limit=3").json()
    assert brand["totals"] == {"MADE_BY": 8}
    assert len(brand["neighbours"]) == 3
    response = client.get("/v1/graph/nodes/Product/p00/neighbours?relation=NONE")
    check_error(response, 422, "invalid_input", "no relation 'NONE'")
    check_error(client.get("/v1/graph/nodes/None/p00/neighbours"), 422, "invalid_input")


def test_the_shortest_ways_between_products_are_facts_and_users(client: TestClient) -> None:
    near = client.get("/v1/graph/paths?from=p00&to=p02").json()["paths"]
    middles = [way["nodes"][1] for way in near]
    assert {"Brand", "Category", "Attribute"} <= {node["label"] for node in middles}
    assert all(len(way["steps"]) == len(way["nodes"]) - 1 == 2 for way in near)
    far = client.get("/v1/graph/paths?from=p00&to=p11").json()["paths"]
    assert [node["id"] for node in far[0]["nodes"]][1:-1] == [
        "shop > garden spade",
        "shop",
        "shop > running shoe",
    ]
