"""A small service that accepts Latchkey's access tokens. `GET /` greets the caller."""

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
    # The URL that clients use. Never taken from a header of the request.
    public_url = None

    def do_GET(self):
        try:
            claims = self.caller()
        except (KeysUnavailable, TooManyProofs):
            return self.respond(503, {"Retry-After": "5"})
        except Exception as error:
            # The reason goes to the log, not to the sender. Any other error refuses access too.
            self.log_error("refused: %s", type(error).__name__)
            return self.respond(401, {"WWW-Authenticate": 'DPoP algs="ES256", error="invalid_token"'})
        body = json.dumps({"hello": claims["preferred_username"], "sub": claims["sub"]})
        self.respond(200, {"Content-Type": "application/json", "Cache-Control": "no-store"}, body.encode())

    def caller(self):
        """Returns the claims of the caller. Raises if a check fails."""
        # Of several headers, two programs could read different ones, so there must be exactly one.
        presented = self.headers.get_all("Authorization", [])
        if len(presented) != 1 or not (match := re.fullmatch(r"(?i)(bearer|dpop) +([^ ]+) *", presented[0])):
            raise Unauthorized
        scheme, token = match[1].lower(), match[2]
        claims = access_token.verify(token, keys, ISSUER, AUDIENCE)
        # RFC 9449 §7.1: refuse a bound token sent as a bearer token, and the reverse.
        if ("cnf" in claims) != (scheme == "dpop"):
            raise Unauthorized
        if "cnf" in claims:
            [proof] = self.headers.get_all("DPoP", [])
            url = self.public_url + urlsplit(self.path).path
            proofs.verify(proof, self.command, url, token, claims["cnf"]["jkt"])
        return claims

    def respond(self, status, headers, body=b""):
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
