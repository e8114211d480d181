"""Logging in at an identity provider: a made-up one in this process that signs real statements."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from fenban.serving.accounts import users
from fenban.serving.accounts.actor import local_actor
from fenban.serving.accounts.errors import ProviderError
from fenban.serving.accounts.oidc import Flow, Provider
from fenban.serving.accounts.oidc_settings import OidcSettings

ISSUER = "https://id.city.test"
CALLBACK = "http://localhost:8000/oidc/callback"
SETTINGS = OidcSettings(issuer=ISSUER, client_id="fenban", client_secret="between us two")
CREATING = OidcSettings(issuer=ISSUER, client_id="fenban", client_secret="between us two", create=True)


class City:
    """A provider. ``claims`` and ``header`` replace parts of what it says, to see whether it is noticed."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
        self.published = self.key
        self.claims: dict[str, object] = {}
        self.header: dict[str, object] = {}
        self.grants: dict[str, dict[str, str]] = {}
        self.down = False
        routes = [
            Route("/.well-known/openid-configuration", self.configuration),
            Route("/keys", self.keys),
            Route("/token", self.token, methods=["POST"]),
        ]
        self.transport = httpx2.ASGITransport(app=Starlette(routes=routes))

    def configuration(self, request):
        return JSONResponse(
            {
                "issuer": ISSUER,
                "authorization_endpoint": f"{ISSUER}/authorize",
                "token_endpoint": f"{ISSUER}/token",
                "jwks_uri": f"{ISSUER}/keys",
                "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            },
            503 if self.down else 200,
        )

    def keys(self, request):
        return JSONResponse({"keys": [self.published.as_dict(private=False)]})

    def authorize(self, address: str, **person: str) -> str:
        """What the provider's own page does once the person has logged in there; return the code."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert address.startswith(f"{ISSUER}/authorize?")
        assert (asked["client_id"], asked["redirect_uri"]) == ("fenban", CALLBACK)
        assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
        assert "openid" in asked["scope"].split()
        code = f"code-{len(self.grants)}"
        self.grants[code] = {**asked, **person}
        return code

    async def token(self, request):
        form = await request.form()
        basic = base64.b64decode(request.headers["authorization"].split()[1]).decode()
        grant = self.grants.pop(form["code"], None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest())
        if (
            grant is None
            or (basic != "fenban:between%20us%20two" and basic != "fenban:between us two")
            or form["redirect_uri"] != grant["redirect_uri"]
            or challenge.decode().rstrip("=") != grant["code_challenge"]
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        moment = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": "fenban",
            "sub": grant["sub"],
            "nonce": grant["nonce"],
            "iat": moment,
            "exp": moment + 300,
            "preferred_username": grant["name"],
            "name": "住建局 王",
        } | self.claims
        header = {"alg": "RS256", "kid": self.key.kid} | self.header
        signed = jwt.encode(header, {k: v for k, v in claims.items() if v is not None}, self.key)
        return JSONResponse({"access_token": "a", "token_type": "Bearer", "id_token": signed})


@pytest.fixture
def city() -> City:
    return City()


@pytest.fixture
def browser(browser_for, city):
    return with_provider(browser_for(oidc=SETTINGS), city)


def with_provider(browser, city):
    browser.app.state.service.accounts.provider._transport = city.transport
    return browser


def come_in(browser, city, name="clerk", sub="77", wanted="/queue"):
    """The whole way: to the provider, and back with its answer."""
    away = browser.get(f"/oidc/login?next={wanted}")
    assert away.status_code == 303, away.text
    address = away.headers["location"]
    code = city.authorize(address, name=name, sub=sub)
    state = parse_qs(urlsplit(address).query)["state"][0]
    return browser.get("/oidc/callback", params={"code": code, "state": state})


def test_a_person_comes_in_and_is_known_by_the_subject_from_then_on(browser, city):
    assert 'href="/oidc/login?next=/"' in browser.get("/login").text
    back = come_in(browser, city)
    assert (back.status_code, back.headers["location"]) == (303, "/queue")
    assert browser.get("/api/v1/session").json()["name"] == "clerk"
    browser.client.http.cookies.clear()
    come_in(browser, city, name="renamed-there")
    assert browser.get("/api/v1/session").json()["name"] == "clerk"
    lines = [(line.action, line.detail) for line in browser.audit()]
    assert ("session.start", {"way": "oidc"}) in lines
    assert sum(action == "user.link" for action, _ in lines) == 1


def test_a_name_that_is_linked_is_nobody_elses(browser, city):
    come_in(browser, city, sub="77")
    browser.client.http.cookies.clear()
    back = come_in(browser, city, sub="78")
    assert (back.status_code, "还没有账户" in back.text) == (403, True)
    assert not browser.is_in


def test_a_stranger_is_refused_unless_people_are_added(browser, browser_for, city):
    assert come_in(browser, city, name="wangwu", sub="80").status_code == 403
    adding = with_provider(browser_for(oidc=CREATING), city)
    assert come_in(adding, city, name="wangwu", sub="80").status_code == 303
    facts = adding.get("/api/v1/session").json()
    assert (facts["name"], facts["role"], facts["display_name"]) == ("wangwu", "clerk", "住建局 王")
    adding.client.http.cookies.clear()
    assert come_in(adding, city, name="a/b", sub="81").status_code == 403


def test_whoever_is_disabled_here_stays_out(browser, city):
    come_in(browser, city)
    with browser.app.state.service.database.writing() as session:
        users.change(session, local_actor("boss"), users.get_by_name(session, "clerk").id, disabled=True)
    browser.client.http.cookies.clear()
    assert come_in(browser, city).status_code == 403


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another"},
        {"aud": None},
        {"iss": "https://id.evil.test"},
        {"exp": 1000, "iat": 900},
        {"exp": None},
        {"sub": None},
    ],
)
def test_a_statement_that_does_not_hold_lets_nobody_in(browser, city, claims):
    city.claims = claims
    back = come_in(browser, city)
    assert (back.status_code, "没有成功" in back.text) == (401, True)
    assert not browser.is_in


def test_a_statement_signed_by_another_key_lets_nobody_in(browser, city):
    city.key = RSAKey.generate_key(2048, {"kid": "one"})
    assert come_in(browser, city).status_code == 401


def forging(city: City, header: dict[str, str], nonce: str) -> httpx2.ASGITransport:
    """A transport on which the provider's statements are not signed by its key."""
    claims = {"iss": ISSUER, "aud": "fenban", "sub": "77", "nonce": nonce, "iat": 1, "exp": 2**31}
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims)]
    body = b".".join(parts)
    secret = SETTINGS.client_secret.encode()
    signature = hmac.digest(secret, body, "sha256") if header["alg"] == "HS256" else b""
    signed = f"{body.decode()}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"

    async def token(request):
        return JSONResponse({"access_token": "a", "token_type": "Bearer", "id_token": signed})

    routes = [Route("/token", token, methods=["POST"]), Route("/keys", city.keys)]
    return httpx2.ASGITransport(app=Starlette(routes=routes))


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_neither_unsigned_statements_nor_shared_secrets_are_taken(city, algorithm):
    provider, flow = Provider(SETTINGS, city.transport), Flow.new("/")
    asyncio.run(provider.address(flow, CALLBACK))
    provider._transport = forging(city, {"alg": algorithm}, flow.nonce)
    with pytest.raises(ProviderError, match="UnsupportedAlgorithm"):
        asyncio.run(provider.person(flow, CALLBACK, "code"))


def test_new_keys_of_the_provider_are_fetched(browser, city):
    come_in(browser, city)
    browser.client.http.cookies.clear()
    city.key = city.published = RSAKey.generate_key(2048, {"kid": "two"})
    assert come_in(browser, city).status_code == 303


def test_an_answer_belongs_to_the_browser_that_asked(browser, browser_for, city):
    address = browser.get("/oidc/login").headers["location"]
    code = city.authorize(address, name="clerk", sub="77")
    state = parse_qs(urlsplit(address).query)["state"][0]
    victim = with_provider(browser_for(oidc=SETTINGS), city)
    for params in (
        {"code": code, "state": state},
        {"code": code},
        {"state": state},
        {"error": "access_denied"},
    ):
        assert victim.get("/oidc/callback", params=params).status_code == 401
    assert not victim.is_in
    assert browser.get("/oidc/callback", params={"code": code, "state": "x"}).status_code == 401
    assert browser.get("/oidc/callback", params={"code": code, "state": state}).status_code == 401, (
        "one attempt a login"
    )


def test_a_code_is_worth_nothing_without_the_verifier(city):
    provider = Provider(SETTINGS, city.transport)
    flow = Flow.new("/")
    code = city.authorize(asyncio.run(provider.address(flow, CALLBACK)), name="clerk", sub="77")
    other = Flow(flow.state, flow.nonce, Flow.new("/").verifier, "/")
    with pytest.raises(ProviderError):
        asyncio.run(provider.person(other, CALLBACK, code))


def test_a_provider_that_does_not_answer_is_told(browser, city):
    city.down = True
    answer = browser.get("/oidc/login")
    assert (answer.status_code, "没有成功" in answer.text) == (502, True)


def test_without_a_provider_there_is_no_such_page(browser_for):
    browser = browser_for()
    assert "oidc" not in browser.get("/login").text
    assert browser.get("/oidc/login").status_code == 404
    assert browser.get("/oidc/callback").status_code == 404


@pytest.mark.parametrize("wanted", ["/queue?a=1&b=.2#x", "/", "/search?q=路"])
def test_a_flow_survives_its_cookie(wanted):
    flow = Flow.new(wanted)
    assert Flow.from_cookie(flow.as_cookie()) == flow
    assert flow.as_cookie().isascii()
    assert not set(flow.as_cookie()) & set(' ;,"\\')
    for broken in ("", "a", "a.b.c", "...", "..x./"):
        assert Flow.from_cookie(broken) is None
