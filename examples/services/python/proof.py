"""Verifies that the sender of a token has the key that it is bound to: the checks of RFC 9449 §4.3,
with PyJWT's primitives."""

import base64
import hashlib
import json
import re
import threading
import time
from urllib.parse import urlsplit

import jwt

# How far a proof's time may differ from this machine's.
WINDOW_SECONDS = 60

# The number of proofs that are recorded, each for up to two minutes.
CAPACITY = 200_000


class TooManyProofs(Exception):
    """There is no room for another valid proof. Forgetting one instead would allow its replay."""


class Proofs:
    def __init__(self, now=time.time, capacity=CAPACITY):
        self._now = now
        self._capacity = capacity
        # The used proofs, each with the second at which it expires.
        self._used = {}
        self._lock = threading.Lock()

    def verify(self, proof, method, url, token, jkt):
        """Raises unless `proof` is new and was made for this request with the key `jkt`."""
        header = jwt.get_unverified_header(proof)
        if header.get("typ") != "dpop+jwt" or header.get("alg") != "ES256" or "crit" in header:
            raise jwt.InvalidTokenError("not a proof")
        jwk = header.get("jwk")
        if not isinstance(jwk, dict) or (jwk.get("kty"), jwk.get("crv")) != ("EC", "P-256") or "d" in jwk:
            raise jwt.InvalidTokenError("the proof contains no P-256 public key")
        # A proof has no time except iat, which is checked below.
        claims = jwt.decode(
            proof,
            jwt.PyJWK(jwk, algorithm="ES256").key,
            algorithms=["ES256"],
            options={"require": ["jti", "htm", "htu", "iat", "ath"], "verify_iat": False, "verify_aud": False},
        )
        fits = (
            claims["htm"] == method
            and _target(claims["htu"]) == _target(url)
            and type(claims["iat"]) is int
            and abs(self._now() - claims["iat"]) <= WINDOW_SECONDS
            and claims["ath"] == _base64url(hashlib.sha256(token.encode()).digest())
            and _thumbprint(jwk) == jkt
            and isinstance(claims["jti"], str)
            and len(claims["jti"]) <= 256
        )
        if not fits:
            raise jwt.InvalidTokenError("the proof does not fit the request")
        self._record((jkt, claims["jti"]), claims["iat"] + WINDOW_SECONDS)

    def _record(self, proof, expiry):
        with self._lock:
            # In the order of use, so the first ones expire first, within the window.
            while self._used and (oldest := next(iter(self._used.items())))[1] < self._now():
                del self._used[oldest[0]]
            if proof in self._used:
                raise jwt.InvalidTokenError("the proof was used before")
            if len(self._used) >= self._capacity:
                raise TooManyProofs
            self._used[proof] = expiry


def _target(text):
    """The normalized URL, without query and fragment (RFC 3986 §6.2.2, §6.2.3), except for dot segments,
    which clients leave out: `%7E` is `~`, `%2f` is `%2F`, and `%2F` is not `/`. A `%` alone is read as
    `%25`, so that no new encoding arises after it."""
    url = urlsplit(text)
    path = re.sub("%([0-9A-Fa-f]{2})?", _one_spelling, url.path or "/")
    return (url.scheme, url.hostname, url.port or {"http": 80, "https": 443}.get(url.scheme), path)


def _one_spelling(triplet):
    if triplet[1] is None:
        return "%25"
    character = chr(int(triplet[1], 16))
    return character if re.fullmatch("[A-Za-z0-9._~-]", character) else triplet[0].upper()


def _thumbprint(jwk):
    """RFC 7638 §3, for an elliptic curve."""
    members = {name: jwk[name] for name in ("crv", "kty", "x", "y")}
    text = json.dumps(members, sort_keys=True, separators=(",", ":"))
    return _base64url(hashlib.sha256(text.encode()).digest())


def _base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
