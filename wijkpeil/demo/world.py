"""The whole demo in one folder: a catalog, a CBS and a mail server, and the settings for them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from wijkpeil.demo.cbs.server import StandInCbs
from wijkpeil.demo.country.catalog_files import write_catalog
from wijkpeil.demo.country.figures import SEED
from wijkpeil.demo.country.kwb_tables import cbs_tables
from wijkpeil.demo.mail import MailSink


@dataclass(frozen=True)
class DemoWorld:
    """What runs: `environment` holds the WIJK_* settings that lead to it."""

    folder: Path
    environment: dict[str, str]
    cbs: StandInCbs
    mail: MailSink


@contextmanager
def demo_world(folder: Path, *, seed: int = SEED) -> Iterator[DemoWorld]:
    """Write the catalog into `folder/catalog`, start a CBS and a mail server on loopback, and
    yield them with their settings.

    The catalog's bytes depend on `seed` alone and are written only where they differ, so a second
    run in the same folder finds nothing changed. Mail lands in `folder/mail`; the warehouse is
    `folder/warehouse`, which this leaves to the flow.
    """
    folder = folder.resolve()
    write_catalog(folder / "catalog", seed=seed)
    with StandInCbs(cbs_tables(seed)) as cbs, MailSink(folder / "mail") as mail:
        password_file = folder / "smtp-password"
        _write_secret(password_file, mail.password)
        environment = {
            "WIJK_CATALOG": str(folder / "catalog"),
            "WIJK_WAREHOUSE": str(folder / "warehouse"),
            "WIJK_CBS_V3_URL": cbs.url,
            "WIJK_CBS_THIRD_PARTY_URL": cbs.url,
            "WIJK_CBS_V4_URL": cbs.v4_url,
            "WIJK_SMTP_URL": mail.smtp_url,
            "WIJK_SMTP_PASSWORD_FILE": str(password_file),
            "WIJK_MAIL_FROM": "wijkpeil@voorbeeld.example",
            "WIJK_REPORT_URL": (folder / "warehouse" / "report").as_uri(),
        }
        yield DemoWorld(folder, environment, cbs, mail)


def _write_secret(path: Path, text: str) -> None:
    """Write `text` where only this user can read it, also when the file was there."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(text)
