"""Whose fault a refusal is: that of one address, or that of all (sender, content, server).

Decided by the enhanced code (RFC 3463, RFC 5248 and what Exchange Online and Gmail add to them),
and where that is absent or says nothing by the words. What cannot be told is `unclear`, and is of
one address only where the server takes the same mail for another: a refusal that is wrongly
taken for final loses a mail, and one that is wrongly tried again only takes time.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

# address: it never will; later: it may; more: in another transaction; slow: the server throttles;
# all: of the sender, the content or the server; unclear: of the address or of all
Verdict = Literal["address", "later", "more", "slow", "all", "unclear"]

_CODE = re.compile(r"(?<![\d.])[245]\.(\d{1,3})\.(\d{1,3})(?!\.?\d)")
_MORE = re.compile(
    r"too many recipients|recipients? per (message|transaction)|separate transaction|"
    r"multiple destination domains per transaction",
    re.IGNORECASE,
)
_OF_ALL = re.compile(
    r"send ?as|storedrv\.submission|submission|\bsender|sending (limit|quota)|rate limit|"
    r"client host|not authenticated|authenti|not logged in|\b(helo|ehlo)\b|\brelay|\bspam|"
    r"block(ed|ing|list)|black ?list|denylist|\blisted\b|dnsbl|\brbl\b|reputation|"
    r"\b(spf|dkim|dmarc)\b|tls|too many (messages|connections|errors)|traffic not accepted|"
    r"exceeded (its|your|the) \S*(24|daily|hourly)|message size|too (big|large)",
    re.IGNORECASE,
)
_THING = r"(user|recipient|mailbox|address|account|e-?mail)"
_OF_ADDRESS = re.compile(
    rf"\b(no such|unknown|invalid|bad|non-?existent) (local )?{_THING}|"
    rf"\b{_THING}\b[^;:]{{0,40}}\b(unknown|not found|(does not|doesn't) exist|unavailable|disabled|"
    r"inactive|suspended|is full|over quota|not a valid|marked as invalid)|"
    r"\bno (mailbox|account) here|mailbox full|not our customer|unrouteable address|"
    r"(does not|doesn't) have an? \S+ account",
    re.IGNORECASE,
)
_GREYLISTED = re.compile(r"gr[ae]y-?list", re.IGNORECASE)

# bad, ambiguous or moved destination, no MX; a mailbox that is closed, full, or takes no more of it
_ADDRESS_CODES = {(1, 1), (1, 2), (1, 3), (1, 4), (1, 6), (1, 10)} | {
    *((2, 1), (2, 2), (2, 3), (2, 4), (2, 121), (2, 122)),
    # a group that takes mail of some senders only
    *((7, 2), (7, 124), (7, 129), (7, 133), (7, 134), (7, 135), (7, 136)),
}
# subjects that say too little: other or undefined, "access denied" (also that of Exchange Online
# for an address that is not in its directory), no answer from a host, policy
_OPEN_CODES = {(0, 0), (1, 0), (2, 0), (4, 0), (4, 1), (4, 4), (7, 0), (7, 1)}


class Reply(NamedTuple):
    """What a server answered: its code, and its words on one line."""

    code: int
    text: str

    @property
    def is_yes(self) -> bool:
        """Whether it takes what it was given."""
        return 200 <= self.code < 300

    @property
    def subject(self) -> tuple[int, int] | None:
        """The second and third number of the enhanced code, None where it gives none."""
        found = _CODE.search(self.text)
        return (int(found[1]), int(found[2])) if found else None

    @property
    def words(self) -> str:
        """All of it."""
        return f"{self.code} {self.text[:300]}".rstrip(" .")

    @property
    def verdict(self) -> Verdict:
        """What it means that this is a no, at RCPT or after the mail."""
        if self.subject == (5, 3) or _MORE.search(self.text):
            return "more"
        if not 500 <= self.code < 600:
            return self._of_now()
        return self._for_good()

    def _of_now(self) -> Verdict:
        if _GREYLISTED.search(self.text):
            return "later"
        throttles = self.subject is not None and (
            self.subject[0] in (3, 7) or self.subject == (4, 5)
        )
        return "slow" if throttles or self.code == 421 else "later"

    def _for_good(self) -> Verdict:
        of_all, of_address = _OF_ALL.search(self.text), _OF_ADDRESS.search(self.text)
        if self.subject in _ADDRESS_CODES:
            # Exchange Online has the quota of the sender's own mailbox under 5.2.2
            return "all" if re.search(r"submission", self.text, re.IGNORECASE) else "address"
        if self.subject not in (None, *_OPEN_CODES):
            return "all"
        if of_all:
            return "all"
        is_unlisted = self.subject == (4, 1) and "recipient address rejected" in self.text.lower()
        if of_address or is_unlisted:
            return "address"
        return "all" if self.code in _COMMAND_CODES else "unclear"


# syntax, order of commands, no mail here, login wanted
_COMMAND_CODES = {500, 501, 502, 503, 504, 521, 530, 534, 535, 538, 555, 556}

_ADVICE = (
    (
        r"send ?as|not owned by|5\.7\.60|sender address rejected|permissions? to send",
        "let WIJK_MAIL_FROM be an address that the login may send as",
    ),
    (
        r"smtpclientauthentication|basic authentication is disabled|5\.7\.139|5\.7\.57",
        (
            "wijkpeil logs in with a password (PLAIN, LOGIN or CRAM-MD5) and not with OAuth: let "
            "SMTP AUTH be switched on for this mailbox, or use a relay or connector that takes "
            "mail of this machine without a login"
        ),
    ),
    (
        r"application-specific|app password|5\.7\.9\b",
        "make an app password and put that in WIJK_SMTP_PASSWORD_FILE",
    ),
    (r"helo|ehlo", "set WIJK_EHLO_NAME to a name that this server takes"),
    (
        (
            r"spamhaus|blocklist|black ?list|blocked using|\blisted\b|dnsbl|reputation|5\.7\.708|"
            r"5\.7\.606|traffic not accepted"
        ),
        "let the address of this machine be taken off that list, or use a relay",
    ),
    (
        r"quota|limit|exceeded|5\.4\.5",
        "wait, or ask for a higher limit, and lower WIJK_MAIL_PER_MINUTE",
    ),
    (r"\brelay", "log in, or let this machine be taken as one that may relay"),
    (r"5\.7\.750|unregistered", "let the domain of WIJK_MAIL_FROM be registered there"),
    (r"5\.3\.4|too (big|large)|message size", "ask for a higher limit on the size of a message"),
)


def advice_on(words: str, *, or_else: str = "let that be mended there") -> str:
    """What mends a refusal that is of the sender or the server, as far as its words tell."""
    for pattern, advice in _ADVICE:
        if re.search(pattern, words, re.IGNORECASE):
            return advice
    return or_else
