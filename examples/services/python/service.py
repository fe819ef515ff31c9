"""A small service that takes Latchkey's access tokens: `GET /` greets whoever calls."""

import json
import os
import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import access_token
from access_token import Keys, KeysUnavailable
from proof import Proofs, TooManyProofs

LATCHKEY_URL = os.environ.get("LATCHKEY_URL", "http://127.0.0.1:5468")
ISSUER = os.environ.get("LATCHKEY_ISSUER", "latchkey")
AUDIENCE = os.environ.get("LATCHKEY_AUDIENCE", "latchkey-api")

keys = Keys(f"{LATCHKEY_URL}/.well-known/jwks.json", float(os.environ.get("JWKS_COOLDOWN_SECONDS", "30")))
proofs = Proofs()


class Unauthorized(Exception):
    pass


class Service(BaseHTTPRequestHandler):
    # What clients call. Never taken from a header of the request.
    public_url = None

    def do_GET(self):
        try:
            claims = self.caller()
        except (KeysUnavailable, TooManyProofs):
            return self.answer(503, {"Retry-After": "5"})
        except Exception as error:
            # Why is for the log, not for the sender. Whatever went wrong here, nobody gets in.
            self.log_error("refused: %s", type(error).__name__)
            return self.answer(401, {"WWW-Authenticate": 'DPoP algs="ES256", error="invalid_token"'})
        body = json.dumps({"hello": claims["preferred_username"], "sub": claims["sub"]})
        self.answer(200, {"Content-Type": "application/json", "Cache-Control": "no-store"}, body.encode())

    def caller(self):
        """The claims of the caller."""
        # Two readers of several headers could choose differently, so there must be one.
        presented = self.headers.get_all("Authorization", [])
        if len(presented) != 1 or not (match := re.fullmatch(r"(?i)(bearer|dpop) +([^ ]+) *", presented[0])):
            raise Unauthorized
        scheme, token = match[1].lower(), match[2]
        claims = access_token.verify(token, keys, ISSUER, AUDIENCE)
        # RFC 9449 §7.1: a bound token must not pass as a bearer token, nor the other way round.
        if ("cnf" in claims) != (scheme == "dpop"):
            raise Unauthorized
        if "cnf" in claims:
            [proof] = self.headers.get_all("DPoP", [])
            url = self.public_url + urlsplit(self.path).path
            proofs.verify(proof, self.command, url, token, claims["cnf"]["jkt"])
        return claims

    def answer(self, status, headers, body=b""):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main():
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8002"))), Service)
    url = f"http://127.0.0.1:{server.server_port}"
    Service.public_url = os.environ.get("PUBLIC_URL", url).rstrip("/")
    print(f"listening on {url}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    sys.exit(main())
