"""Who may see and do what: log-in, sessions, forged forms, every route without a log-in, reviews by page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie
from pathlib import Path

import httpx
import pytest
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Mount, Route

from hercules.store import people
from hercules.web.app import make_app
from tests.serving import DESK, Plain, Served, serving
from tests.web.kit import answered, csrf, log_in

OWN_SITE = {"sec-fetch-site": "same-origin"}
OPEN_ROUTES = {
    ("GET", "/"),
    ("GET", "/login"),
    ("POST", "/login"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/docs"),
    ("GET", "/openapi.json"),
    ("GET", "/kb/{key:path}"),
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One service for all tests here."""
    with serving(tmp_path_factory.mktemp("auth")) as found:
        yield found


@pytest.fixture
def browser(served: Served) -> Iterator[httpx.Client]:
    """A client that is logged in."""
    with log_in(served) as client:
        yield client


def stranger(served: Served) -> httpx.Client:
    return httpx.Client(base_url=served.url, timeout=20, trust_env=False)


# --- logging in -----------------------------------------------------------------------------------------


def test_the_token_opens_a_session(served: Served) -> None:
    with stranger(served) as client:
        answer = client.post("/login", data={"token": f" {served.token}\n", "name": "Ann", "next": "/kb"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/kb")
        (morsel,) = SimpleCookie(answer.headers["set-cookie"]).values()
        assert morsel.key == "hercules"
        assert (morsel["httponly"], morsel["samesite"], morsel["path"]) == (True, "lax", "/")
        assert not morsel["secure"], "plain http on loopback: a secure cookie would never come back"
        assert not morsel["domain"]
        assert len(morsel.value) >= 43
        assert morsel.value not in (served.token, "")
        page = client.get("/review")
        assert page.status_code == 200
        assert "Ann" in page.text
        assert served.token not in page.text


def test_each_log_in_is_a_new_session_and_only_its_hash_is_kept(served: Served) -> None:
    with log_in(served) as first, log_in(served) as second:
        ids = {client.cookies["hercules"] for client in (first, second)}
    assert len(ids) == 2
    served.house.db.checkpoint()
    stored = (served.house.data / "hercules.db").read_bytes()
    for secret in (*ids, served.token):
        assert secret.encode() not in stored


@pytest.mark.parametrize(
    "token", ["", "x", "hercules_" + "A" * 43, "\x00", "' OR 1=1 --", "é" * 100, "a" * 100_000]
)
def test_a_wrong_token_opens_nothing(served: Served, token: str) -> None:
    with stranger(served) as client:
        answer = client.post("/login", data={"token": token, "name": "Ann <b>", "next": "/review"})
        assert answer.status_code == 401
        assert "set-cookie" not in answer.headers
        assert "not known" in answer.text
        assert "Ann &lt;b&gt;" in answer.text
        if token:
            assert token not in re.sub("<[^>]*>", "", answer.text)
        assert client.get("/review").status_code == 303


def test_too_many_wrong_tokens_are_429_for_a_while(tmp_path: Path) -> None:
    with serving(tmp_path, work=False) as served, stranger(served) as client:
        wrong = {"token": "wrong", "name": "Ann"}
        statuses = [client.post("/login", data=wrong).status_code for _ in range(25)]
        assert set(statuses[:20]) == {401}
        assert set(statuses[20:]) == {429}
        right = client.post("/login", data={"token": served.token, "name": "Ann"})
        assert right.status_code == 429, "guessing on after a hit must not be told"


def test_a_name_is_asked_for(served: Served) -> None:
    with stranger(served) as client:
        answer = client.post("/login", data={"token": served.token, "name": "  \t"})
        assert answer.status_code == 401
        assert "tell your name" in answer.text
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "where",
    [
        "//evil.example",
        "https://evil.example",
        "http:evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "javascript:alert(1)",
        "///evil.example",
        " //evil.example",
        "",
        "/%2f/evil.example\r\nx: y",
        "@evil.example",
        "/ü",
        "data:text/html,x",
    ],
)
def test_next_leads_to_our_own_pages_only(served: Served, where: str) -> None:
    with stranger(served) as client:
        form = client.get("/login", params={"next": where}).text
        assert 'name="next" value="/review"' in form
        sent = {"token": served.token, "name": "Ann", "next": where}
        assert client.post("/login", data=sent).headers["location"] == "/review"


def test_a_link_from_the_desk_survives_the_log_in(served: Served) -> None:
    with stranger(served) as client:
        asked = client.get("/review", params={"show": "all", "q": "a b&c"})
        assert asked.status_code == 303
        form = client.get(asked.headers["location"]).text
        found = re.search('name="next" value="([^"]*)"', form)
        assert found is not None
        path = found[1].replace("&amp;", "&")
        answer = client.post("/login", data={"token": served.token, "name": "Ann", "next": path})
        page = client.get(answer.headers["location"])
        assert str(page.url).endswith("/review?show=all&q=a+b%26c")


def test_logging_out_ends_the_session(served: Served, browser: httpx.Client) -> None:
    session_id = browser.cookies["hercules"]
    token = csrf(browser, "/review", "/logout")
    assert browser.post("/logout", data={"csrf": "x" * 64}, headers=OWN_SITE).status_code == 403
    answer = browser.post("/logout", data={"csrf": token}, headers=OWN_SITE)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    with stranger(served) as client:
        client.cookies.set("hercules", session_id)
        assert client.get("/review").status_code == 303


@pytest.mark.parametrize(
    ("idle", "old"), [(timedelta(minutes=31), timedelta()), (timedelta(), timedelta(hours=13))]
)
def test_a_session_ends_by_itself(served: Served, idle: timedelta, old: timedelta) -> None:
    then = datetime.now(UTC) - max(idle, old)
    house, token = served.house, served.token
    session_id = house.db.do(lambda conn: people.start_session(conn, token, then, "Ann"))
    assert session_id is not None
    if old:
        house.db.do(lambda conn: people.touch(conn, session_id, datetime.now(UTC)))
    with stranger(served) as client:
        client.cookies.set("hercules", session_id)
        assert client.get("/review").status_code == 303


def test_behind_tls_the_cookie_travels_by_tls_only(tmp_path: Path) -> None:
    settings: tuple[Plain, ...] = ({"base_url": "https://hercules.example"}, {"behind_proxy": True})
    for number, server in enumerate(settings):
        folder = tmp_path / str(number)
        folder.mkdir()
        with serving(folder, work=False, server={"port": 0, **server}) as served:
            local = f"http://127.0.0.1:{served.house.settings.server.port}"
            answer = httpx.post(
                f"{local}/login", data={"token": served.token, "name": "Ann"}, timeout=20, trust_env=False
            )
            cookie = answer.headers["set-cookie"]
            assert cookie.startswith("__Host-hercules=")
            assert "Secure" in cookie


# --- every route ----------------------------------------------------------------------------------------


def routes(served: Served) -> list[tuple[str, str]]:
    """Every (method, path) of the app, whoever added it."""
    return sorted(_routes(make_app(served.house).routes))


def _routes(found: Iterable[BaseRoute]) -> Iterator[tuple[str, str]]:
    for route in found:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from _routes(inner.routes)
        elif isinstance(route, Route | APIRoute):
            yield from ((method, route.path) for method in route.methods or () if method != "HEAD")
        else:
            assert isinstance(route, Mount), f"{route} is of a kind this test does not know"
            assert route.path in ("/hooks", "/static")


def filled(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "x", path)


def test_strangers_see_nothing_at_any_route(served: Served) -> None:
    asked = [route for route in routes(served) if route not in OPEN_ROUTES]
    assert len(asked) >= 10
    for method, path in asked:
        with stranger(served) as client:
            for cookie in ("", "hercules=" + "A" * 43, "hercules=; hercules=x"):
                answer = client.request(method, filled(path), headers={"cookie": cookie} if cookie else {})
                if path.startswith("/api/"):
                    assert answer.status_code == 401, (method, path)
                    assert answer.headers["www-authenticate"].startswith("Bearer")
                elif method == "POST":
                    assert answer.status_code == 401, (method, path)
                    assert "nothing was sent or changed" in answer.text
                else:
                    assert answer.status_code == 303, (method, path)
                    assert answer.headers["location"].startswith("/login?next=%2F")


def test_what_is_open_is_still_there(served: Served) -> None:
    assert set(routes(served)) >= OPEN_ROUTES


@pytest.mark.parametrize(
    "value", ["Bearer", "Bearer x", "bearer hercules_", "Basic eDp5", "Bearer " + "A" * 20_000]
)
def test_a_wrong_bearer_token_is_401(served: Served, value: str) -> None:
    with stranger(served) as client:
        asked = {"desk_id": DESK, "ticket_id": "1"}
        answer = client.get("/api/tickets", params=asked, headers={"authorization": value})
        assert answer.status_code == 401
        assert "authorization" in answer.json()["error"].lower()


def test_a_revoked_token_is_401(served: Served) -> None:
    house = served.house
    token = house.db.do(lambda conn: people.new_token(conn, "leaver", "engineer", datetime.now(UTC)))
    with stranger(served) as client:
        session_id = house.db.do(lambda conn: people.start_session(conn, token, datetime.now(UTC), "Ann"))
        assert session_id
        client.cookies.set("hercules", session_id)
        headers = {"authorization": f"Bearer {token}"}
        assert client.get("/api/search", params={"q": "quota"}, headers=headers).status_code == 200
        assert client.get("/review").status_code == 200
        house.db.do(lambda conn: people.revoke(conn, "leaver", datetime.now(UTC)))
        assert client.get("/api/search", params={"q": "quota"}, headers=headers).status_code == 401
        assert client.get("/review").status_code == 303


def test_a_session_reads_the_api_but_changes_nothing_by_it(served: Served, browser: httpx.Client) -> None:
    told = answered(served, "session")
    asked = {"desk_id": DESK, "ticket_id": "session"}
    assert browser.get("/api/tickets", params=asked).status_code == 200
    for method, path in routes(served):
        if path.startswith("/api/") and method != "GET":
            full = path.replace("{suggestion_id}", told["suggestion_id"])
            answer = browser.request(method, filled(full), json={"verdict": "approve"}, headers=OWN_SITE)
            assert answer.status_code == 403, (method, path)
    assert served.ticket("session")["review"] is None


def test_a_bearer_token_opens_no_page(served: Served) -> None:
    with stranger(served) as client:
        assert client.get("/review", headers=served.api()).status_code == 303


@pytest.mark.parametrize("path", ["/review/s1", "/deliveries/retry", "/deliveries/post", "/logout"])
def test_a_form_of_an_ended_session_loses_no_words_and_leads_to_a_page(served: Served, path: str) -> None:
    words = "Dear </textarea><b>customer</b>,\nraise the quota."
    with stranger(served) as client:
        told = client.post(path, data={"csrf": "x", "text": words}, headers=OWN_SITE)
        assert told.status_code == 401
        assert "Dear &lt;/textarea&gt;&lt;b&gt;customer&lt;/b&gt;,\nraise the quota." in told.text
        onward = re.search(r'name="next" value="([^"]*)"', told.text)
        assert onward is not None
        form = {"token": "wrong", "name": "Ann", "next": onward[1], "kept": words}
        assert "Dear &lt;/textarea&gt;" in client.post("/login", data=form, headers=OWN_SITE).text
        answer = client.post("/login", data={**form, "token": served.token}, headers=OWN_SITE)
        assert (answer.status_code, answer.headers["location"]) == (303, onward[1])
        assert client.get(onward[1]).status_code in (200, 404), "not a place that only takes forms"


def test_another_site_puts_no_words_on_our_page(served: Served) -> None:
    with stranger(served) as client:
        headers = {"sec-fetch-site": "cross-site"}
        assert "c4nary" not in client.post("/review/s1", data={"text": "c4nary"}, headers=headers).text


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_watchers_may_ask_by_head(served: Served, path: str) -> None:
    assert served.client.head(path).status_code == 200
