"""The settings: read once from the `WIJK_*` environment, frozen, passed on as a value."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from email.utils import parseaddr
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from wijkpeil.delimited import text_of
from wijkpeil.errors import WijkError, nearest

_PACKAGE = Path(__file__).resolve().parent
# sql/ and expectations/ lie beside the package in a checkout, inside it when installed
PROJECT_ROOT = _PACKAGE.parent if (_PACKAGE.parent / "sql").is_dir() else _PACKAGE / "_project"
_PROTOCOL = r"(?:tcp|udp|sctp)"
# the name of a service link, and what its value looks like
_LINKS = (
    (r"WIJK_(?:\w+_)?SERVICE_HOST", r"[\d.]+|[\da-fA-F:]*:[\da-fA-F:.]*"),
    (r"WIJK_(?:\w+_)?SERVICE_PORT(?:_\w+)?", r"\d+"),
    (r"WIJK_(?:\w+_)?PORT", rf"{_PROTOCOL}://\S+:\d+"),
    (r"WIJK_(?:\w+_)?PORT_\d+_(?:TCP|UDP|SCTP)", rf"{_PROTOCOL}://\S+:\d+"),
    (r"WIJK_(?:\w+_)?PORT_\d+_(?:TCP|UDP|SCTP)_(?:PROTO|PORT|ADDR)", r".*"),
    (r"WIJK_(?:\w+_)?PORT_\d+_(?:TCP|UDP|SCTP)_(?:START|END)", rf"{_PROTOCOL}://\S+:\d+"),
    (r"WIJK_(?:\w+_)?PORT_(?:START|END)", rf"{_PROTOCOL}://\S+:\d+"),
    (r"WIJK_(?:\w+_)?NAME", r"/[^/\s]+/[^/\s]+"),
)
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed over. `starttls` is never weakened by what the server offers."""

    host: str
    port: int
    user: str | None
    starttls: bool
    ca_file: Path | None

    def tls_context(self) -> ssl.SSLContext:
        """A verifying TLS context, trusting `ca_file` besides the system's authorities."""
        context = ssl.create_default_context()
        if self.ca_file is not None:
            try:
                context.load_verify_locations(self.ca_file)
            except (OSError, ssl.SSLError) as error:
                raise WijkError(
                    f"WIJK_SMTP_URL: the ca file {self.ca_file} cannot be read ({error}); "
                    "name a PEM file with the mail server's authority."
                ) from error
        return context


@dataclass(frozen=True)
class Settings:
    """One field per setting; the environment variable is `WIJK_` plus the name in capitals."""

    catalog: Path = Path("catalog")
    warehouse: Path = Path("warehouse")
    cbs_v3_url: str = "https://opendata.cbs.nl"
    cbs_third_party_url: str = "https://dataderden.cbs.nl"
    cbs_v4_url: str = "https://datasets.cbs.nl/odata/v1"
    smtp_url: str | None = None
    smtp_password_file: Path | None = None
    mail_from: str | None = None
    ehlo_name: str | None = None
    data_owner: str | None = None
    recipients: Path | None = None
    report_url: str | None = None
    keep_reports: int = 3
    mail_per_minute: int = 30
    timeout_s: float = 60.0
    retries: int = 4

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read `WIJK_*`; every mistake is reported at once, an unknown name is a mistake."""
        values, mistakes = cls._read(os.environ if environment is None else environment)
        if mistakes:
            raise WijkError("Settings: " + " ".join(mistakes))
        return cls(**values)  # type: ignore[arg-type]

    @classmethod
    def as_far_as_readable(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """The same without what is mistaken: for telling the data owner of that very mistake."""
        values, _ = cls._read(os.environ if environment is None else environment)
        return cls(**values)  # type: ignore[arg-type]

    @classmethod
    def _read(cls, environment: Mapping[str, str]) -> tuple[dict[str, object], list[str]]:
        links = _service_links(environment)
        given = {
            name: text
            for name, text in environment.items()
            if name.startswith("WIJK_") and name not in links
        }
        known = {f"WIJK_{field.name.upper()}": field.name for field in fields(cls)}
        mistakes = [
            f"{name} is not a setting; nearest: {nearest(name, known)}."
            for name in given
            if name not in known
        ]
        values: dict[str, object] = {}
        for variable, text in given.items():
            if variable in known and text != "":
                try:
                    values[known[variable]] = _parse(known[variable], text)
                except WijkError as error:
                    mistakes.append(f"{variable}: {error}")
        return values, mistakes

    def base_url(self, *, api: str, publisher: str) -> str:
        """The address that serves tables of this API and publisher, without a closing slash."""
        if api == "v4":
            return self.cbs_v4_url
        return self.cbs_third_party_url if publisher == "third_party" else self.cbs_v3_url

    def mail_server(self) -> MailServer:
        """The SMTP server of `WIJK_SMTP_URL`; raises WijkError where it is not set."""
        if self.smtp_url is None:
            raise WijkError(
                "WIJK_SMTP_URL is not set, so no mail can be sent; "
                "set it to something like smtp://user@mail.example.nl:587?starttls=required."
            )
        parts = _smtp_parts(self.smtp_url)
        options = parse_qs(parts.query)
        return MailServer(
            host=parts.hostname or "",
            port=parts.port or 587,
            user=unquote(parts.username) if parts.username else None,
            starttls=options.get("starttls", ["required"]) == ["required"],
            ca_file=Path(options["ca"][0]) if "ca" in options else None,
        )

    def smtp_password(self) -> str | None:
        """The password in `WIJK_SMTP_PASSWORD_FILE`, without its line end; never logged."""
        if self.smtp_password_file is None:
            return None
        where = f"WIJK_SMTP_PASSWORD_FILE: {self.smtp_password_file}"
        try:
            password = text_of(self.smtp_password_file.read_bytes()).rstrip("\r\n")
        except OSError as error:
            raise WijkError(
                f"{where} cannot be read "
                f"({type(error).__name__}); make it readable for the user that runs wijkpeil."
            ) from error
        except WijkError as error:
            raise WijkError(f"{where} is {error}; save it as UTF-8.") from error
        if not password or "\n" in password or "\r" in password:
            count = "is empty" if not password else "has more than one line"
            raise WijkError(f"{where} {count}; it must hold the password on one line.")
        return password


def _service_links(environment: Mapping[str, str]) -> set[str]:
    """The variables that Kubernetes and Docker make by themselves for a service or container
    whose name begins with wijk. They are known by their value too, so that a setting that is
    misspelt (WIJK_SMTP_PORT=587) stays a mistake."""
    links = {
        name
        for name, text in environment.items()
        if any(re.fullmatch(known, name) and re.fullmatch(of, text) for known, of in _LINKS)
    }
    # Docker copies the environment of a container that has a WIJK_NAME of /this/that
    for name in [name for name in links if name.endswith("_NAME")]:
        links |= {copy for copy in environment if copy.startswith(f"{name[:-4]}ENV_")}
    return links


def _parse(field: str, text: str) -> object:
    match field:
        case "catalog" | "warehouse" | "smtp_password_file" | "recipients":
            return Path(text).expanduser()
        case "cbs_v3_url" | "cbs_third_party_url" | "cbs_v4_url":
            return web_address(text)
        case "report_url":
            return _report_url(text)
        case "smtp_url":
            _smtp_parts(text)
            return text
        case "mail_from" | "data_owner":
            return mail_address(text)
        case "ehlo_name":
            return _ehlo_name(text)
        case "timeout_s":
            return _number(text, low=0.1, high=3600)
        case "keep_reports":
            return int(_number(text, low=0, high=1000))
        case "mail_per_minute":
            return int(_number(text, low=0, high=10_000))
        case "retries":
            return int(_number(text, low=0, high=20))
    raise AssertionError(f"setting {field} has no parser")


def web_address(text: str) -> str:
    """`text` when it is an https address, or one of this machine; raises WijkError otherwise."""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise WijkError(f"'{text}' is not a web address ({error}).") from error
    if parts.scheme not in {"http", "https"} or not host:
        raise WijkError(f"'{text}' is not a web address; give https://host.")
    if parts.username or parts.password:
        raise WijkError("a web address may hold no user name or password.")
    if parts.scheme == "http" and host not in LOOPBACK:
        raise WijkError(f"'{text}' has no TLS; http is for this machine only, use https.")
    return text.rstrip("/")


def _report_url(text: str) -> str:
    if text.startswith("file:"):
        parts = urlsplit(text)
        if parts.netloc not in ("", "localhost") or not parts.path.startswith("/"):
            raise WijkError(f"'{text}' is not a file address; give file:///folder.")
        return text.rstrip("/")
    return web_address(text)


def _smtp_parts(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        options, _ = parse_qs(parts.query, strict_parsing=bool(parts.query)), parts.port
    except ValueError as error:
        raise WijkError(f"not a mail server address ({error}).") from error
    if parts.password is not None:
        raise WijkError("the address holds a password; put it in WIJK_SMTP_PASSWORD_FILE.")
    if parts.scheme != "smtp" or not parts.hostname:
        raise WijkError("give smtp://user@host:587?starttls=required.")
    unknown = sorted(set(options) - {"starttls", "ca"})
    if unknown:
        raise WijkError(f"'{unknown[0]}' is not an option; known: 'starttls', 'ca'.")
    if options.get("starttls", ["required"]) not in (["required"], ["off"]):
        raise WijkError("starttls is 'required' or 'off'.")
    if options.get("starttls") == ["off"] and parts.hostname not in LOOPBACK:
        raise WijkError("starttls=off is for this machine only; leave it out for another host.")
    return parts


def _ehlo_name(text: str) -> str:
    """A whole host name or an address as RFC 5321 writes it; raises WijkError otherwise."""
    if is_whole_name(text):
        return text
    literal = re.fullmatch(r"\[(IPv6:)?([0-9A-Fa-f.:]+)\]", text)
    if literal:
        try:
            if (ip_address(literal[2]).version == 6) == bool(literal[1]):
                return text
        except ValueError as error:
            raise WijkError(f"'{text}' holds no address ({error}).") from None
    hint = "give the whole name of this machine as others know it, with a dot and no underscore, "
    if not text.isascii():
        with suppress(UnicodeError):
            hint = f"write it as '{text.encode('idna').decode()}', "
    raise WijkError(
        f"'{text}' is no name to give to a mail server; {hint}or an address as [192.0.2.1] or "
        "[IPv6:2001:db8::1]."
    )


def is_whole_name(text: str) -> bool:
    """Whether it is a host name of letters, digits and hyphens with a domain, that others than
    this machine may know."""
    label = r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)"
    is_name = re.fullmatch(rf"{label}(\.{label})+", text) is not None and len(text) <= 253
    last = text.rpartition(".")[2].lower()
    return is_name and not last.isdecimal() and last not in ("localdomain", "localhost")


def _number(text: str, *, low: float, high: float) -> float:
    if not re.fullmatch(r"-?[0-9]+([.][0-9]+)?", text):
        raise WijkError(f"'{text}' is not a number.")
    number = float(text)
    if not low <= number <= high:
        raise WijkError(f"{text} is outside {low:g} to {high:g}.")
    return number


def mail_address(text: str) -> str:
    """`text` when it is one bare mail address on one line; raises WijkError otherwise."""
    _, address = parseaddr(text)
    pattern = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"
    if address != text or not re.fullmatch(pattern, text):
        raise WijkError(f"{text!r} is not a mail address; give name@host, without a display name.")
    return text
