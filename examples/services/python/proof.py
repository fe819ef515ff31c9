"""Whether the sender of a token holds the key that it is bound to: the checks of RFC 9449 §4.3, with PyJWT's primitives."""

import base64
import hashlib
import json
import threading
import time
from urllib.parse import urlsplit

import jwt

# How far a proof's time may be from this machine's, either way.
WINDOW_SECONDS = 60

# How many proofs are remembered: those of two minutes.
CAPACITY = 200_000


class TooManyProofs(Exception):
    """More proofs than can be remembered. They are put off, since a proof that is forgotten could be used again."""


class Proofs:
    def __init__(self, now=time.time, capacity=CAPACITY):
        self._now = now
        self._capacity = capacity
        # The proofs that were used, with the second until which they could be used again.
        self._used = {}
        self._lock = threading.Lock()

    def verify(self, proof, method, url, token, jkt):
        """Raises unless `proof` was made for this very request, with the key `jkt`, and is new."""
        header = jwt.get_unverified_header(proof)
        if header.get("typ") != "dpop+jwt" or header.get("alg") != "ES256" or "crit" in header:
            raise jwt.InvalidTokenError("not a proof")
        jwk = header.get("jwk")
        if not isinstance(jwk, dict) or (jwk.get("kty"), jwk.get("crv")) != ("EC", "P-256") or "d" in jwk:
            raise jwt.InvalidTokenError("no P-256 public key")
        # The times are looked at below: a proof has an iat and nothing else.
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
            raise jwt.InvalidTokenError("a proof of something else")
        self._use_up((jkt, claims["jti"]), claims["iat"] + WINDOW_SECONDS)

    def _use_up(self, proof, end):
        with self._lock:
            # In the order of use, so those at the front end first, give or take the window.
            while self._used and (oldest := next(iter(self._used.items())))[1] < self._now():
                del self._used[oldest[0]]
            if proof in self._used:
                raise jwt.InvalidTokenError("a proof that was used before")
            if len(self._used) >= self._capacity:
                raise TooManyProofs
            self._used[proof] = end


def _target(text):
    """A URL without query and fragment, in its normal spelling."""
    url = urlsplit(text)
    return (url.scheme, url.hostname, url.port or {"http": 80, "https": 443}.get(url.scheme), url.path or "/")


def _thumbprint(jwk):
    """RFC 7638 §3, for an elliptic curve."""
    members = {name: jwk[name] for name in ("crv", "kty", "x", "y")}
    text = json.dumps(members, sort_keys=True, separators=(",", ":"))
    return _base64url(hashlib.sha256(text.encode()).digest())


def _base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
