"""Senders that are killed at any moment: nothing is lost, nothing arrives twice by itself."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mail_helpers import MailHost
from outbox_helpers import A, B, queue

from wijkpeil.alerts.delivery import send_outbox
from wijkpeil.alerts.ledger import Ledger
from wijkpeil.settings import Settings

KILLS = 200
# reads "<seconds> <id>" lines: forks a process that queues that message when there is an id and
# sends all, and kills it after so many seconds
NURSERY = """
import os, signal, sys, time
from outbox_helpers import A, B, queue_once
from wijkpeil.alerts.delivery import send_outbox
from wijkpeil.settings import Settings
settings = Settings.from_environment()
for line in sys.stdin:
    seconds, *ids = line.split()
    child = os.fork()
    if child == 0:
        for message_id in ids:
            queue_once(settings, A, B, message_id=message_id)
        send_outbox(settings)
        os._exit(0)
    time.sleep(float(seconds))
    os.kill(child, signal.SIGKILL)
    print(os.waitpid(child, 0)[1], flush=True)
"""


@contextmanager
def nursery(settings: Settings) -> Iterator[subprocess.Popen[str]]:
    """A process that has all imported and starts senders on demand."""
    environment = os.environ | {
        "PYTHONPATH": str(Path(__file__).parents[1] / "support"),
        "WIJK_WAREHOUSE": str(settings.warehouse),
        "WIJK_SMTP_URL": str(settings.smtp_url),
        "WIJK_SMTP_PASSWORD_FILE": str(settings.smtp_password_file),
        "WIJK_MAIL_FROM": str(settings.mail_from),
        "WIJK_MAIL_PER_MINUTE": "0",
    }
    with subprocess.Popen(
        [sys.executable, "-c", NURSERY],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            assert process.stdin is not None
            process.stdin.close()


def seconds_to_send(settings: Settings) -> float:
    """How long one mail takes here, so that kills fall before, in and after it."""
    seconds = []
    for number in range(3):
        queue(settings, A, B, message_id=f"ongestoord-{number}")
        started = time.monotonic()
        send_outbox(settings)
        seconds.append(time.monotonic() - started)
    return min(seconds)


def arrivals(host: MailHost) -> Counter[str]:
    """How often each message is at the server."""
    return Counter(email["Message-ID"].strip("<>").split("@")[0] for _, email in host.box.mails)


def test_senders_killed_200_times_lose_nothing_and_send_nothing_twice(tmp_path: Path) -> None:
    dice, deaths, ids = random.Random(20261125), 0, list[str]()
    with MailHost(tmp_path) as host:
        settings = host.settings(tmp_path / "warehouse", MAIL_PER_MINUTE="0")
        ledger = Ledger(settings.warehouse)
        # on a busy machine too the kills are to fall in the whole of a send
        longest_s = min(2 * seconds_to_send(settings), 0.5)
        # being killed while the server thinks about its answer is what hurts
        host.box.delay_s = longest_s / 4
        with nursery(settings) as process:
            assert process.stdin is not None and process.stdout is not None
            while deaths < KILLS:
                ids.append(f"bericht-{len(ids):03d}")
                is_queued_here = len(ids) % 2 == 0
                seconds = f"{dice.uniform(0, longest_s):.4f}"
                process.stdin.write(f"{seconds} {'' if is_queued_here else ids[-1]}\n")
                process.stdin.flush()
                if is_queued_here:
                    queue(settings, A, B, message_id=ids[-1])
                deaths += process.stdout.readline() == "9\n"
        host.box.delay_s = 0
        # what a killed process did not queue, the next one would
        for message_id in {*ids} - {*ledger.messages()}:
            queue(settings, A, B, message_id=message_id)
        send_outbox(settings)
        # the server may still be reading what the last one sent
        time.sleep(0.5)
        messages, there = ledger.messages().values(), arrivals(host)
        states = Counter(message.state for message in messages)
        assert {*ids} < {*ledger.messages()} and {*states} == {"sent", "uncertain"}, states
        assert set(there.values()) == {1}
        uncertain = [message.message_id for message in messages if message.state == "uncertain"]
        assert {*ids} - {*there} <= {*uncertain}
        for message_id in uncertain:
            if message_id in there:
                ledger.arrived(message_id)
            else:
                send_outbox(settings, again=message_id)
        assert {message.state for message in ledger.messages().values()} == {"sent"}
        assert arrivals(host) == dict.fromkeys(ledger.messages(), 1)
        assert all(recipients == [A, B] for recipients, _ in host.box.mails)
