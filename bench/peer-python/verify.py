"""Verifies one token repeatedly with PyJWT: N times for each line N on standard input, and prints the
nanoseconds of CPU time. Arguments: file of the public key, token, issuer, audience."""

import sys
import time

import jwt
from cryptography.hazmat.primitives.serialization import load_pem_public_key

path, token, issuer, audience = sys.argv[1:]
with open(path, "rb") as file:
    key = load_pem_public_key(file.read())

for line in sys.stdin:
    before = time.process_time_ns()
    for _ in range(int(line)):
        claims = jwt.decode(token, key, algorithms=["RS256"], issuer=issuer, audience=audience)
        assert claims["iss"] == issuer
    print(time.process_time_ns() - before, flush=True)
