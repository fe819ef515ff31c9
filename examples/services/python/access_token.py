"""Verifies Latchkey's access tokens: signature, type, issuer, audience and times. Fetches only the
server's public keys."""

import json
import threading
import time
import urllib.request

import jwt

# As in the server's Cache-Control. A key is published ten minutes before it signs.
CACHE_SECONDS = 300


class KeysUnavailable(Exception):
    """Latchkey's keys cannot be fetched. The caller is not at fault, so this is not a 401."""


class Keys:
    """The published keys by key id. An unknown id causes one fetch, and then none during the cooldown;
    PyJWT's own PyJWKClient has no cooldown."""

    def __init__(self, url, cooldown_seconds=30):
        self._url = url
        self._cooldown = cooldown_seconds
        self._keys = {}
        self._fetched = None
        self._lock = threading.Lock()

    def get(self, kid):
        """Returns the key, or None."""
        with self._lock:
            if self._age() > CACHE_SECONDS or (kid not in self._keys and self._age() > self._cooldown):
                self._fetch()
            return self._keys.get(kid)

    def _age(self):
        return float("inf") if self._fetched is None else time.monotonic() - self._fetched

    def _fetch(self):
        try:
            with urllib.request.urlopen(self._url, timeout=5) as response:
                published = jwt.PyJWKSet.from_dict(json.load(response))
        except (OSError, ValueError, jwt.PyJWTError) as error:
            raise KeysUnavailable from error
        self._keys = {key.key_id: key.key for key in published.keys if key.key_type == "RSA"}
        self._fetched = time.monotonic()


def verify(token, keys, issuer, audience):
    """Returns the claims of the token. Raises jwt.InvalidTokenError if a check fails."""
    header = jwt.get_unverified_header(token)
    # PyJWT does not check these two.
    if str(header.get("typ")).lower() != "at+jwt" or "crit" in header:
        raise jwt.InvalidTokenError("not an access token")
    if header.get("alg") != "RS256":
        raise jwt.InvalidAlgorithmError("not RS256")
    key = keys.get(str(header.get("kid")))
    if key is None:
        raise jwt.InvalidTokenError("signed with an unknown key")
    return jwt.decode(
        token,
        key,
        algorithms=["RS256"],
        issuer=issuer,
        audience=audience,
        leeway=60,
        options={"require": ["iss", "aud", "exp", "iat", "sub", "sid"]},
    )
