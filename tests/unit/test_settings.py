"""Settings: read from the environment, strict, secrets in files."""

from __future__ import annotations

from pathlib import Path

import pytest

from wijkpeil.errors import WijkError
from wijkpeil.settings import Settings


def test_without_settings_cbs_itself_is_asked() -> None:
    settings = Settings.from_environment({})
    assert settings.base_url(api="v3", publisher="cbs") == "https://opendata.cbs.nl"
    assert settings.base_url(api="v3", publisher="third_party") == "https://dataderden.cbs.nl"
    assert settings.base_url(api="v4", publisher="cbs") == "https://datasets.cbs.nl/odata/v1"


def test_mistakes_are_told_together() -> None:
    with pytest.raises(WijkError) as caught:
        Settings.from_environment(
            {"WIJK_WAREHOSE": "x", "WIJK_TIMEOUT_S": "soon", "WIJK_RETRIES": "99"}
        )
    text = str(caught.value)
    assert "WIJK_WAREHOSE is not a setting; nearest: 'WIJK_WAREHOUSE'" in text
    assert "WIJK_TIMEOUT_S: 'soon' is not a number" in text
    assert "WIJK_RETRIES: 99 is outside 0 to 20" in text


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("WIJK_CBS_V3_URL", "http://opendata.cbs.nl", "has no TLS"),
        ("WIJK_CBS_V3_URL", "ftp://opendata.cbs.nl", "is not a web address"),
        ("WIJK_CBS_V4_URL", "https://me:secret@host", "no user name or password"),
        ("WIJK_SMTP_URL", "smtp://me:secret@host", "put it in WIJK_SMTP_PASSWORD_FILE"),
        ("WIJK_SMTP_URL", "smtp://host?starttls=off", "for this machine only"),
        ("WIJK_SMTP_URL", "smtp://host?startls=required", "'startls' is not an option"),
        ("WIJK_SMTP_URL", "smtp://host:many", "not a mail server address"),
        ("WIJK_REPORT_URL", "http://wijk.host.nl", "has no TLS"),
        ("WIJK_REPORT_URL", "file://host/map", "give file:///folder"),
        ("WIJK_REPORT_URL", "javascript:alert(1)", "is not a web address"),
        ("WIJK_MAIL_FROM", "Me <me@host.nl>", "without a display name"),
        ("WIJK_MAIL_FROM", "me@host.nl\nBcc: you@host.nl", "is not a mail address"),
    ],
)
def test_a_setting_that_cannot_be_is_told(name: str, text: str, told: str) -> None:
    with pytest.raises(WijkError) as caught:
        Settings.from_environment({name: text})
    assert told in str(caught.value)
    assert "secret" not in str(caught.value)


def test_http_is_for_this_machine() -> None:
    settings = Settings.from_environment({"WIJK_CBS_V3_URL": "http://127.0.0.1:8000/"})
    assert settings.cbs_v3_url == "http://127.0.0.1:8000"


@pytest.mark.parametrize("text", ["https://wijk.host.nl/rapport/", "file:///srv/rapport/"])
def test_a_report_is_on_the_web_or_on_a_disk(text: str) -> None:
    assert Settings.from_environment({"WIJK_REPORT_URL": text}).report_url == text.rstrip("/")


def test_the_password_is_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text("geheim\n")
    settings = Settings.from_environment({"WIJK_SMTP_PASSWORD_FILE": str(path)})
    assert settings.smtp_password() == "geheim"
    assert "geheim" not in repr(settings)
    path.unlink()
    with pytest.raises(WijkError, match="cannot be read"):
        settings.smtp_password()


def test_starttls_is_required_unless_said_otherwise() -> None:
    for text, wanted in [
        ("smtp://u@mail.example.nl", True),
        ("smtp://u@mail.example.nl:25?starttls=required", True),
        ("smtp://127.0.0.1:2525?starttls=off", False),
    ]:
        assert Settings.from_environment({"WIJK_SMTP_URL": text}).mail_server().starttls is wanted


@pytest.mark.parametrize("service", ["WIJK", "WIJK_PEIL", "WIJK_SMTP", "WIJK_CBS_V3"])
def test_what_kubernetes_and_docker_set_by_themselves_is_no_setting(service: str) -> None:
    environment = {
        f"{service}_SERVICE_HOST": "10.96.0.12",
        f"{service}_SERVICE_PORT": "80",
        f"{service}_SERVICE_PORT_HTTP": "80",
        f"{service}_PORT": "tcp://10.96.0.12:80",
        f"{service}_PORT_80_TCP": "tcp://10.96.0.12:80",
        f"{service}_PORT_80_TCP_PROTO": "tcp",
        f"{service}_PORT_80_TCP_PORT": "80",
        f"{service}_PORT_80_TCP_ADDR": "10.96.0.12",
        f"{service}_PORT_53_UDP": "udp://[fd00::12]:53",
        f"{service}_NAME": "/app/wijk",
        f"{service}_ENV_PATH": "/usr/bin",
    }
    assert Settings.from_environment(environment) == Settings()
    assert Settings.from_environment({f"{service}_SERVICE_HOST": "fd00::12"}) == Settings()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("WIJK_SMTP_PORT", "587"),
        ("WIJK_PORT", "8080"),
        ("WIJK_SMTP_HOST", "10.0.0.1"),
        ("WIJK_SERVICE_HOST", "mail.host.nl"),
        ("WIJK_NAME", "wijkpeil"),
        ("WIJK_ENV_PATH", "/usr/bin"),
        ("WIJK_SERVICE_URL", "https://host.nl"),
    ],
)
def test_what_only_looks_like_it_is_still_a_mistake(name: str, text: str) -> None:
    with pytest.raises(WijkError, match=f"{name} is not a setting"):
        Settings.from_environment({name: text})


def test_with_mistakes_the_rest_can_still_be_read() -> None:
    environment = {"WIJK_WAREHOSE": "x", "WIJK_RETRIES": "99", "WIJK_DATA_OWNER": "a@host.nl"}
    assert Settings.as_far_as_readable(environment) == Settings(data_owner="a@host.nl")
