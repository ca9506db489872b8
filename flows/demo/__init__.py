"""A stand-in for the world outside: CBS and a mail server on loopback, with synthetic figures.

`wijkpeil demo` runs on it, and so do the tests. Every figure in it is invented.
"""

from flows.demo.areas import PLANTED
from flows.demo.cbs_server import StandInCbs
from flows.demo.faults import Fault
from flows.demo.mail_server import MailSink
from flows.demo.tables import StandInTable
from flows.demo.world import DemoWorld, demo_world

__all__ = [
    "PLANTED",
    "DemoWorld",
    "Fault",
    "MailSink",
    "StandInCbs",
    "StandInTable",
    "demo_world",
]
