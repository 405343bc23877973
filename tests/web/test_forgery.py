"""What protects a browser: headers on every answer, forms only of our own pages, no open address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from hercules.model import SettingsError
from hercules.settings import ServerSettings, Settings
from hercules.web.service import bind, check_bind, is_loopback
from tests.serving import DESK, Served, serving
from tests.web.kit import answered, csrf, log_in

OWN_SITE = {"sec-fetch-site": "same-origin"}
PAGE_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}
POLICY = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
)


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


# --- headers --------------------------------------------------------------------------------------------


def test_every_page_carries_the_same_headers(served: Served, browser: httpx.Client) -> None:
    told = answered(served, "headers")
    pages = [
        "/login",
        "/review",
        "/review?show=all&page=2",
        f"/review/{told['suggestion_id']}",
        "/review/nothing",
        "/reports",
        "/reports?period=nonsense",
        "/deliveries",
        "/kb",
        "/kb?q=quota",
        "/kb?q=%22",
        "/kb/acme-quota",
        "/kb/nothing",
        "/nowhere",
        "/docs",
        "/review?page=x",
    ]
    for path in pages:
        answer = browser.get(path)
        assert answer.status_code < 500, path
        for name, value in PAGE_HEADERS.items():
            assert answer.headers.get(name) == value, (path, name)
        policy = answer.headers["content-security-policy"]
        for part in POLICY:
            assert part in policy, path
        assert "unsafe" not in policy
        assert_no_inline(answer.text, path)


def assert_no_inline(text: str, path: str) -> None:
    assert not re.search(r"<script(?![^>]*\bsrc=)", text), path
    assert not re.search(r"<style|\sstyle=|\son\w+=", text), path
    assert not re.search(r"(?:src|href)=.(?:https?:)?//", text), f"{path} asks others for something"


def test_other_answers_are_not_guessed_at_and_not_kept(served: Served) -> None:
    asked = {"desk_id": DESK, "ticket_id": "headers"}
    with stranger(served) as client:
        for path in (
            "/api/tickets",
            "/api/reports/rules?desk_id=acme&format=csv",
            "/api/search?q=x",
            "/readyz",
        ):
            params = asked if path == "/api/tickets" else None
            answer = client.get(path, params=params, headers=served.api())
            assert answer.headers.get("x-content-type-options") == "nosniff", path
            assert answer.headers.get("cache-control") == "no-store", path
        assert client.get("/static/hercules.css").headers.get("x-content-type-options") == "nosniff"


def test_nobody_is_let_in_by_cors(served: Served) -> None:
    origin = {"origin": "https://evil.example", "access-control-request-method": "POST"}
    with stranger(served) as client:
        for path in ("/api/tickets", "/review", "/hooks/acme"):
            answer = client.options(path, headers=origin)
            assert not [name for name in answer.headers if name.startswith("access-control")]


# --- forged forms ---------------------------------------------------------------------------------------

FOREIGN = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "nonsense"},
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "http://127.0.0.1.evil.example"},
    {"origin": "http://127.0.0.1:1"},
    {"sec-fetch-site": "cross-site", "origin": "OWN"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=lambda each: "+".join(each.values()))
def test_forms_of_other_sites_are_403(served: Served, browser: httpx.Client, headers: dict[str, str]) -> None:
    headers = {name: served.url if value == "OWN" else value for name, value in headers.items()}
    told = answered(served, "forged")
    path = f"/review/{told['suggestion_id']}"
    good = {"csrf": csrf(browser, path), "version": str(told["version"]), "verdict": "approve"}
    assert browser.post(path, data=good, headers=headers).status_code == 403
    retry = {"csrf": csrf(browser, "/review", "/logout")}
    assert browser.post("/logout", data=retry, headers=headers).status_code == 403
    login = {"token": served.token, "name": "Ann"}
    answer = browser.post("/login", data=login, headers=headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert served.ticket("forged")["review"] is None
    assert browser.get("/review").status_code == 200


def test_form_tokens_are_needed_and_fit_one_session_and_purpose(
    served: Served, browser: httpx.Client
) -> None:
    told, other = answered(served, "token-1"), answered(served, "token-2")
    path = f"/review/{told['suggestion_id']}"
    with log_in(served, "Somebody Else") as second:
        wrong = [
            "",
            "x" * 64,
            "é",
            csrf(browser, "/review", "/logout"),
            csrf(browser, f"/review/{other['suggestion_id']}"),
            csrf(second, path),
        ]
    good = csrf(browser, path)
    for token in wrong:
        form = {"csrf": token, "version": str(told["version"]), "verdict": "approve"}
        assert browser.post(path, data=form, headers=OWN_SITE).status_code == 403, token
    assert browser.post(path, data={"verdict": "approve"}, headers=OWN_SITE).status_code == 403
    assert served.ticket("token-1")["review"] is None
    form = {"csrf": good, "version": str(told["version"]), "verdict": "approve"}
    assert browser.post(path, data=form, headers=OWN_SITE).status_code == 303


def test_no_get_changes_anything(served: Served, browser: httpx.Client) -> None:
    told = answered(served, "get")
    for path in (f"/review/{told['suggestion_id']}?verdict=approve", "/logout", "/deliveries/retry"):
        browser.get(path)
    assert browser.get("/review").status_code == 200
    assert served.ticket("get")["review"] is None


# --- where it listens -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.0.2.1", "example.com", "", "localhost.example.com", "127.1"]
)
def test_an_open_address_without_tls_is_refused(host: str) -> None:
    assert not is_loopback(host)
    with pytest.raises(SettingsError, match="encrypts"):
        check_bind(ServerSettings(host=host))
    with pytest.raises(SettingsError, match="encrypts"):
        bind(Settings(server=ServerSettings(host=host, port=0)))
    check_bind(ServerSettings(host=host, behind_proxy=True))
    check_bind(ServerSettings(host=host, tls_cert=Path("c"), tls_key=Path("k")))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost"])
def test_loopback_needs_nothing(host: str) -> None:
    check_bind(ServerSettings(host=host))


def test_half_a_tls_pair_is_refused() -> None:
    for half in ({"tls_cert": Path("c")}, {"tls_key": Path("k")}):
        with pytest.raises(SettingsError, match="belong together"):
            check_bind(ServerSettings.model_validate(half))


def test_a_taken_port_is_told_in_one_line() -> None:
    sock, settings = bind(Settings(server=ServerSettings(port=0)))
    with sock, pytest.raises(SettingsError, match=r"cannot listen on 127\.0\.0\.1 port \d+: "):
        bind(settings)
