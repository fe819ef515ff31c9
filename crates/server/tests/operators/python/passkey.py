"""A second opinion on WebAuthn, by python-fido2: its server judges the answers of our software
authenticator, and its encoders make the answers of an authenticator for our server.

Reads one JSON object with `task`: judge, create or sign; prints one JSON value.
"""

import hashlib
import json
import sys

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from fido2.cose import ES256, RS256, EdDSA
from fido2.server import Fido2Server
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
    PublicKeyCredentialRpEntity,
)

FLAGS = AuthenticatorData.FLAG
MADE = {
    "ES256": (ES256, lambda: ec.generate_private_key(ec.SECP256R1())),
    "EdDSA": (EdDSA, ed25519.Ed25519PrivateKey.generate),
    "RS256": (RS256, lambda: rsa.generate_private_key(65537, 2048)),
}


def judge(asked):
    rp = PublicKeyCredentialRpEntity(id=asked["rp_id"], name="server")
    server = Fido2Server(rp, verify_origin=lambda origin: origin == asked["origin"])
    state = {"challenge": asked["challenge"], "user_verification": "required"}
    registered = server.register_complete(state, asked["registered"]).credential_data

    def accepts(answer):
        try:
            if "attestationObject" in answer["response"]:
                server.register_complete(state, answer)
            else:
                server.authenticate_complete(state, [registered], answer)
            return True
        except ValueError:
            return False

    return [accepts(answer) for answer in asked["answers"]]


def answer(credential_id, response):
    encoded = {name: websafe_encode(value) for name, value in response.items()}
    id = websafe_encode(credential_id)
    return {"id": id, "rawId": id, "type": "public-key", "response": encoded}


def data_of(asked, flags, counter, credential=b""):
    flags |= FLAGS.USER_PRESENT | FLAGS.USER_VERIFIED
    hashed = hashlib.sha256(asked["rp_id"].encode()).digest()
    return AuthenticatorData.create(hashed, flags, counter, credential)


def create(asked):
    cose, generate = MADE[asked["algorithm"]]
    key = generate()
    credential_id = hashlib.sha256(asked["algorithm"].encode() + asked["options"]["challenge"].encode()).digest()
    public = cose.from_cryptography_key(key.public_key())
    credential = AttestedCredentialData.create(b"\0" * 16, credential_id, public)
    data = data_of(asked, FLAGS.ATTESTED, 0, credential)
    client_data = CollectedClientData.create("webauthn.create", asked["options"]["challenge"], asked["origin"])
    made = AttestationObject.create("none", data, {})
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    credential = answer(credential_id, {"clientDataJSON": client_data, "attestationObject": made})
    return {"credential": credential, "key": pem.decode(), "user": asked["options"]["user"]["id"]}


def sign(asked):
    key = serialization.load_pem_private_key(asked["key"].encode(), None)
    client_data = CollectedClientData.create("webauthn.get", asked["options"]["challenge"], asked["origin"])
    data = data_of(asked, FLAGS(0), 0)
    message = data + client_data.hash
    match asked["algorithm"]:
        case "ES256":
            signature = key.sign(message, ec.ECDSA(hashes.SHA256()))
        case "EdDSA":
            signature = key.sign(message)
        case _:
            signature = key.sign(message, padding.PKCS1v15(), hashes.SHA256())
    response = {"clientDataJSON": client_data, "authenticatorData": data, "signature": signature}
    response["userHandle"] = websafe_decode(asked["user"])
    return answer(websafe_decode(asked["id"]), response)


asked = json.load(sys.stdin)
print(json.dumps({"judge": judge, "create": create, "sign": sign}[asked["task"]](asked)))
