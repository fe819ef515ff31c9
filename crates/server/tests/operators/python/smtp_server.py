"""An SMTP server (aiosmtpd) that writes each mail it takes to a file of the working folder.

The options are a JSON object: port; certificate and key (files) for STARTTLS; user and password;
later: how many recipients are told to come back; drop: how many messages end the connection.
"""

import asyncio
import json
import pathlib
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

options = json.loads(sys.argv[1])
taken = 0


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if address.startswith("gone"):
            return "550 5.1.1 no such user"
        if options.get("later", 0) > 0:
            options["later"] -= 1
            return "450 4.7.1 greylisted"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server, session, envelope):
        global taken
        if options.get("drop", 0) > 0:
            options["drop"] -= 1
            server.transport.abort()
            return "451 4.3.0 never seen"
        taken += 1
        pathlib.Path(f"{taken}.eml").write_bytes(envelope.original_content)
        return "250 2.0.0 taken"


def authenticate(server, session, envelope, mechanism, data):
    right = (data.login, data.password) == (options["user"].encode(), options["password"].encode())
    return AuthResult(success=right, handled=False)


def connection():
    arguments = {"hostname": "localhost", "ident": "aiosmtpd"}
    if "certificate" in options:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(options["certificate"], options["key"])
        arguments |= {"tls_context": context, "require_starttls": True}
    if "user" in options:
        arguments |= {"authenticator": authenticate, "auth_required": True}
    return SMTP(Handler(), **arguments)


async def serve():
    server = await asyncio.get_running_loop().create_server(connection, "127.0.0.1", options["port"])
    await server.serve_forever()


asyncio.run(serve())
