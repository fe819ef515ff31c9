"""Verifies an access token with Authlib's validator of RFC 9068 tokens, and prints its client_id."""

import json
import sys

from authlib.oauth2.rfc9068 import JWTBearerTokenValidator
from joserfc.jwk import KeySet

keys, token = json.loads(sys.argv[1]), sys.stdin.read()


class Validator(JWTBearerTokenValidator):
    def get_jwks(self):
        return KeySet.import_key_set(keys)


validator = Validator(issuer="latchkey", resource_server="latchkey-api")
claims = validator.authenticate_token(token)
if claims is None:
    sys.exit("the token is no RFC 9068 token")
validator.validate_token(claims, scopes=None, request=None)
print(claims["client_id"])
