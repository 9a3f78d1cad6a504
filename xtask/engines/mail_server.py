"""A mail server for tests: `PORT TLS_PORT DIRECTORY`.

PORT offers STARTTLS and, after it, authentication: any user with PASSWORD. TLS_PORT speaks TLS from the start.
Accepted mail is stored unchanged in DIRECTORY/mail/USER (`anyone` without authentication), with its envelope as JSON
beside it. The mailbox `nobody` does not exist, and `later` is never ready.
"""

import itertools
import json
import signal
import ssl
import sys
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

PASSWORD = b"open sesame"


class Keeper:
    def __init__(self, directory):
        self.directory = directory
        known = [int(mail.stem) for mail in directory.glob("mail/*/*.eml")]
        self.numbers = itertools.count(max(known, default=0) + 1)

    async def handle_RCPT(self, server, session, envelope, address, options):
        mailbox = address.split("@")[0]
        if mailbox == "nobody":
            return "550 5.1.1 there is no such mailbox here"
        if mailbox == "later":
            return "451 4.3.0 not now, try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        user = session.auth_data or "anyone"
        place = self.directory / "mail" / user
        place.mkdir(parents=True, exist_ok=True)
        number = next(self.numbers)
        envelope_of_it = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "is_encrypted": server.transport.get_extra_info("ssl_object") is not None,
            "is_authenticated": session.authenticated,
        }
        (place / f"{number}.json").write_text(json.dumps(envelope_of_it))
        unfinished = place / f"{number}.tmp"
        unfinished.write_bytes(envelope.content)
        unfinished.rename(place / f"{number}.eml")
        return "250 OK: kept"


def authenticate(server, session, envelope, mechanism, login):
    known = login.password == PASSWORD and login.login.isalnum()
    return AuthResult(success=known, handled=known, auth_data=login.login.decode() if known else None)


def main():
    port, tls_port, directory = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(directory / "certificate.pem", directory / "key.pem")
    common = {"hostname": "127.0.0.1", "authenticator": authenticate, "decode_data": False}
    keeper = Keeper(directory)
    controllers = [
        Controller(keeper, port=port, tls_context=tls, **common),
        Controller(keeper, port=tls_port, ssl_context=tls, auth_require_tls=False, **common),
    ]
    for controller in controllers:
        controller.start()
    signal.sigwait([signal.SIGTERM, signal.SIGINT])
    for controller in controllers:
        controller.stop()


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGINT])
    main()
