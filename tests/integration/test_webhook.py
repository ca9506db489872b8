"""Posts to webhooks: what each answer makes of a message, and an address that nobody reads."""

from __future__ import annotations

import logging
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme
from mail_helpers import MailHost, free_port, wait_until
from outbox_helpers import A, Clock, queue, queue_post

from wijkpeil.alerts.delivery import SendReport, send_outbox
from wijkpeil.alerts.ledger import Ledger, Message
from wijkpeil.errors import WijkError
from wijkpeil.settings import Settings

SECRET = "geheim-K3n-wd7"


@dataclass
class Hook:
    """A server that takes posts and answers with `codes`, the last of them for ever."""

    codes: list[int] = field(default_factory=lambda: [200])
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    is_dropping: bool = False
    posts: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""

    @property
    def ids(self) -> list[str]:
        """The ids of the messages that were posted."""
        return [headers["Idempotency-Key"] for _, headers, _ in self.posts]


class _Server(ThreadingHTTPServer):
    hook: Hook

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        hook = self.server.hook
        content = self.rfile.read(int(self.headers["Content-Length"]))
        hook.posts.append((self.path, dict(self.headers), content))
        if hook.is_dropping:
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        time.sleep(hook.delay_s)
        self.send_response(hook.codes[0] if len(hook.codes) == 1 else hook.codes.pop(0))
        for name, value in hook.headers.items():
            self.send_header(name, value)
        text = f"you asked {self.path}".encode()
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002  # as its base has it
        """Say nothing."""


@pytest.fixture
def hook() -> Iterator[Hook]:
    yield from serve(None)


def serve(context: ssl.SSLContext | None) -> Iterator[Hook]:
    """A webhook on loopback, over TLS when a context is given."""
    server = _Server(("127.0.0.1", 0), _Handler)
    scheme = "https" if context else "http"
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.hook = Hook(url=f"{scheme}://localhost:{server.server_port}/hook/{SECRET}?sig={SECRET}")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server.hook
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(warehouse=tmp_path, timeout_s=5)


def send(settings: Settings, clock: Clock, **urls: str) -> SendReport:
    """What the flow on a schedule does, with these webhooks."""
    return send_outbox(settings, webhooks=urls, only_due=True, now=clock)


def the_message(settings: Settings, message_id: str = "post-1") -> Message:
    return Ledger(settings.warehouse).message(message_id)


# the answers


def test_a_post_carries_the_bytes_and_the_id_once(
    hook: Hook, settings: Settings, clock: Clock
) -> None:
    content = '{"text": "één"}'.encode()
    queue_post(settings, "teams", content=content)
    assert send(settings, clock, teams=hook.url).having("sent") == ["post-1"]
    assert send(settings, clock, teams=hook.url).messages == ()
    ((path, headers, body),) = hook.posts
    assert path == f"/hook/{SECRET}?sig={SECRET}" and body == content
    assert headers["Content-Type"] == "application/json"
    assert headers["Idempotency-Key"] == "post-1"


@pytest.mark.parametrize("code", [400, 401, 403, 404, 410])
def test_a_no_is_final_and_a_person_sends_it_elsewhere(
    hook: Hook, settings: Settings, clock: Clock, code: int
) -> None:
    hook.codes = [code, 200]
    queue_post(settings, "oud")
    assert send(settings, clock, oud=hook.url).having("failed") == ["post-1"]
    clock.forward(days=1)
    send(settings, clock, oud=hook.url)
    assert f"HTTP {code}" in the_message(settings).sentence and len(hook.posts) == 1
    webhooks = {"nieuw": hook.url}
    with pytest.raises(WijkError, match=r"is not a webhook; give webhook:NAME"):
        send_outbox(settings, webhooks=webhooks, again="post-1", to=[A])
    report = send_outbox(settings, webhooks=webhooks, again="post-1", to=["webhook:nieuw"])
    assert report.having("sent") == ["post-1"]


def test_what_was_surely_not_taken_waits_and_goes_once_later(
    hook: Hook, settings: Settings, clock: Clock
) -> None:
    hook.codes = [425, 200]
    queue_post(settings, "teams")
    queue_post(settings, "teams", message_id="post-2")
    assert send(settings, clock, teams=hook.url).having("queued") == ["post-1"]
    assert "HTTP 425" in the_message(settings).sentence and hook.ids == ["post-1", "post-2"]
    clock.forward(minutes=4)
    send(settings, clock, teams=hook.url)
    clock.forward(minutes=3)
    send(settings, clock, teams=hook.url)
    assert hook.ids == ["post-1", "post-2", "post-1"] and the_message(settings).state == "sent"


def test_faults_in_a_row_are_the_servers_and_it_is_left_alone(
    hook: Hook, settings: Settings, clock: Clock
) -> None:
    hook.codes = [425]
    for number in range(5):
        queue_post(settings, "teams", message_id=f"post-{number}")
    assert "Webhook 'teams' fails: HTTP 425" in (
        send(settings, clock, teams=hook.url).problem or ""
    )
    assert len(hook.posts) == 2


@pytest.mark.parametrize("code", [429, 503])
@pytest.mark.parametrize("is_date", [False, True])
def test_a_server_that_asks_to_wait_is_left_alone_so_long(
    hook: Hook, settings: Settings, clock: Clock, code: int, is_date: bool
) -> None:
    moment = clock() + timedelta(minutes=40)
    hook.codes = [code, 200]
    hook.headers["Retry-After"] = format_datetime(moment, usegmt=True) if is_date else "2400"
    for number in (1, 2):
        queue_post(settings, "teams", message_id=f"post-{number}")
    assert "asks to wait" in (send(settings, clock, teams=hook.url).problem or "")
    clock.forward(minutes=39)
    send(settings, clock, teams=hook.url)
    assert hook.ids == ["post-1"]
    clock.forward(minutes=2)
    assert send(settings, clock, teams=hook.url).having("sent") == ["post-1", "post-2"]


@pytest.mark.parametrize(("asked", "hours"), [("9" * 400, 4), ("morgen", 0.2), ("-5", 0.2)])
def test_a_wait_that_is_asked_for_is_bounded(
    hook: Hook, settings: Settings, clock: Clock, asked: str, hours: float
) -> None:
    hook.codes = [429, 200]
    hook.headers["Retry-After"] = asked
    queue_post(settings, "teams")
    send(settings, clock, teams=hook.url)
    clock.forward(hours=hours)
    assert send(settings, clock, teams=hook.url).having("sent") == ["post-1"]


def test_another_address_is_not_followed(hook: Hook, settings: Settings, clock: Clock) -> None:
    hook.codes, hook.headers["Location"] = [307], hook.url
    queue_post(settings, "teams")
    report = send(settings, clock, teams=hook.url)
    assert report.having("queued") == ["post-1"] and len(hook.posts) == 1
    assert "HTTP 307 Temporary Redirect), which is not followed" in (report.problem or "")


# no answer


@pytest.mark.parametrize("code", [408, 500, 502, 504])
def test_a_fault_after_the_post_is_uncertain_and_holds_the_others(
    hook: Hook, settings: Settings, clock: Clock, code: int
) -> None:
    hook.codes = [code, 200]
    for number in (1, 2):
        queue_post(settings, "teams", message_id=f"post-{number}")
    report = send(settings, clock, teams=hook.url)
    assert report.having("uncertain") == ["post-1"] and report.having("queued") == ["post-2"]
    assert f"HTTP {code}" in the_message(settings).sentence
    clock.forward(hours=5)
    assert send(settings, clock, teams=hook.url).having("sent") == ["post-2"]
    assert hook.ids == ["post-1", "post-2"]


def test_a_silence_after_the_post_is_uncertain_and_not_repeated(
    hook: Hook, tmp_path: Path, clock: Clock
) -> None:
    settings = Settings(warehouse=tmp_path, timeout_s=0.2)
    hook.delay_s = 1
    for number in (1, 2):
        queue_post(settings, "teams", message_id=f"post-{number}")
    report = send(settings, clock, teams=hook.url)
    assert report.having("uncertain") == ["post-1"] and report.having("queued") == ["post-2"]
    hook.delay_s = 0
    clock.forward(hours=5)
    assert send(settings, clock, teams=hook.url).having("sent") == ["post-2"]
    assert "silent for 0.2 s" in the_message(settings).sentence and len(hook.posts) == 2
    Ledger(tmp_path).arrived("post-1")
    assert send(settings, clock, teams=hook.url).messages == ()


def test_a_line_lost_after_the_post_is_uncertain_until_a_person_decides(
    hook: Hook, settings: Settings, clock: Clock
) -> None:
    hook.is_dropping = True
    queue_post(settings, "teams")
    assert send(settings, clock, teams=hook.url).having("uncertain") == ["post-1"]
    hook.is_dropping = False
    webhooks = {"teams": hook.url}
    assert send_outbox(settings, webhooks=webhooks, again="post-1").having("sent") == ["post-1"]
    assert hook.ids == ["post-1", "post-1"]


def test_a_sender_killed_while_it_posts_leaves_it_uncertain(
    hook: Hook, settings: Settings, clock: Clock
) -> None:
    hook.delay_s = 20
    queue_post(settings, "teams")
    code = "import sys; from wijkpeil.alerts.delivery import send_outbox; "
    code += "from wijkpeil.settings import Settings; "
    code += "send_outbox(Settings.from_environment(), webhooks={'teams': sys.argv[1]})"
    environment = os.environ | {"WIJK_WAREHOUSE": str(settings.warehouse)}
    with subprocess.Popen([sys.executable, "-c", code, hook.url], env=environment) as process:
        wait_until(lambda: len(hook.posts) == 1)
        process.kill()
    hook.delay_s = 0
    assert send(settings, clock, teams=hook.url).having("uncertain") == ["post-1"]
    assert hook.ids == ["post-1"]


# one in trouble holds nothing else


def test_a_webhook_in_trouble_holds_neither_mail_nor_another_webhook(
    hook: Hook, tmp_path: Path, clock: Clock
) -> None:
    with MailHost(tmp_path) as host:
        settings = host.settings(tmp_path / "warehouse")
        queue_post(settings, "stuk", "teams")
        queue(settings, A)
        urls = {"stuk": f"http://localhost:{free_port()}/{SECRET}", "teams": hook.url}
        report = send(settings, clock, **urls)
        assert report.having("sent") == ["bericht-1"] and len(host.box.mails) == 1
        assert "Webhook 'stuk' cannot be used" in (report.problem or "")
        message = the_message(settings)
        assert message.addresses("delivered") == ["webhook:teams"]
        assert message.addresses("waiting") == ["webhook:stuk"] and message.attempts == 1
        queue(settings, A, message_id="bericht-2")
        assert send(settings, clock, **urls).having("sent") == ["bericht-2"]
    assert hook.ids == ["post-1"]


def test_an_address_with_a_fault_keeps_its_wait_when_another_has_the_message(
    hook: Hook, settings: Settings, clock: Clock
) -> None:
    hook.codes = [425, 200]
    queue_post(settings, "stuk", "teams")
    urls = {"stuk": hook.url, "teams": hook.url}
    for _ in range(2):
        assert send(settings, clock, **urls).having("queued") == ["post-1"]
        assert len(hook.posts) == 2
        clock.forward(minutes=4)
    assert the_message(settings).addresses("delivered") == ["webhook:teams"]
    assert send(settings, clock, **urls).having("sent") == ["post-1"]
    assert len(hook.posts) == 3


def test_a_mail_server_in_trouble_holds_no_webhook(
    hook: Hook, tmp_path: Path, clock: Clock
) -> None:
    settings = MailHost(tmp_path).settings(tmp_path / "warehouse")
    queue(settings, A)
    for number in (1, 2):
        queue_post(settings, "teams", message_id=f"post-{number}")
        report = send(settings, clock, teams=hook.url)
        assert report.having("sent") == [f"post-{number}"]
        assert "Mail server localhost" in (report.problem or "")


# the address


@pytest.mark.parametrize(
    "url",
    [
        f"http://voorbeeld.nl/{SECRET}",
        f"ftp://localhost/{SECRET}",
        f"https:///{SECRET}",
        f"https://[{SECRET}",
        f"https://localhost:{SECRET}/",
        "",
    ],
)
def test_an_address_without_tls_or_form_is_not_used(
    settings: Settings, clock: Clock, url: str
) -> None:
    queue_post(settings, "teams")
    report = send(settings, clock, teams=url)
    assert "Webhook 'teams' has no address of the form https://host" in (report.problem or "")
    message = the_message(settings)
    assert message.state == "queued" and message.attempts == 0 and SECRET not in repr(report)


def test_a_webhook_without_an_address_waits_for_one(
    hook: Hook, settings: Settings, clock: Clock
) -> None:
    queue_post(settings, "teams")
    assert "Webhook 'teams' has no address; put it in" in (send(settings, clock).problem or "")
    assert send(settings, clock, teams=hook.url).having("sent") == ["post-1"]


def test_the_address_is_in_no_report_log_or_ledger(
    hook: Hook, tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    settings = Settings(warehouse=tmp_path, timeout_s=0.2)
    told = []
    answers = [(code, 0.0, False) for code in (200, 307, 404, 429, 500)]
    for number, answer in enumerate([*answers, (200, 0.5, False), (200, 0.0, True)]):
        code, hook.delay_s, hook.is_dropping = answer
        hook.codes = [code]
        queue_post(settings, "teams", message_id=f"post-{number}")
        told.append(send(settings, clock, teams=hook.url))
        clock.forward(days=1)
    queue_post(settings, "dicht", "krom", message_id="post-8")
    urls = {"dicht": f"https://localhost:{free_port()}/{SECRET}", "krom": f"https://a b/{SECRET}"}
    told.append(send(settings, clock, **urls))
    assert "'dicht' cannot be used" in repr(told[-1]) and "'krom' cannot be used" in repr(told[-1])
    assert len(hook.posts) >= 7 and SECRET not in repr(told)
    assert "".join(sentence for report in told for sentence in report.sentences).count(SECRET) == 0
    assert SECRET not in caplog.text
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or SECRET.encode() not in path.read_bytes(), path


def test_a_certificate_must_be_of_a_trusted_authority(
    settings: Settings, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    queue_post(settings, "teams")
    serving = serve(context)
    hook = next(serving)
    report = send(settings, clock, teams=hook.url)
    assert report.having("queued") == ["post-1"] and hook.posts == []
    assert "no certificate to trust" in (report.problem or "")
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    report = send_outbox(settings, webhooks={"teams": hook.url}, now=clock)
    assert report.having("sent") == ["post-1"] and len(hook.posts) == 1
    assert next(serving, None) is None
