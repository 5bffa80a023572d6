"""``manage.py demo_receiver``: the other end of the demonstration's webhooks; ``up --seed`` runs it."""

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand
from django.db import connection

from o2o.console.demo import RECEIVER, receiver_secrets
from o2o.kit import clock
from o2o.kit.errors import DomainError
from o2o.kit.signatures import verify_signature

LONGEST_BODY = 64 * 1024


class Receiver(BaseHTTPRequestHandler):
    """Verifies each message as any receiver should, says what came, and answers 204 or 401."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Take a message."""
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), LONGEST_BODY))
        try:
            secrets = receiver_secrets()
            verify_signature(headers=dict(self.headers), body=body, secrets=secrets, at=clock.now())
        except DomainError as error:
            self._say(401, f"refused a message: {error}")
        else:
            self._say(204, f"received {json.loads(body)['type']}, signature good")
        finally:
            connection.close()

    def log_message(self, format: str, *args: Any) -> None:
        """Leave out the line per request: ours says more."""

    def _say(self, status: int, line: str) -> None:
        sys.stdout.write(f"{line}\n")
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()


class Command(BaseCommand):
    """Listens on loopback until it is told to end."""

    help = "Receive the webhooks of the demonstration and verify their signatures."

    def handle(self, *args: Any, **options: Any) -> None:
        with self._server() as server:
            self.stdout.write(f"listening at {RECEIVER}")
            server.serve_forever()

    def _server(self) -> ThreadingHTTPServer:
        """Take the address, as soon as nobody else has it: without the receiver the rest of the demo goes on."""
        address = urlsplit(RECEIVER)
        is_told = False
        while True:
            try:
                return ThreadingHTTPServer((str(address.hostname), int(address.port or 80)), Receiver)
            except OSError as error:
                if not is_told:
                    self.stdout.write(f"cannot listen at {RECEIVER} ({error}); webhooks of the demo fail until then")
                is_told = True
                time.sleep(5)
