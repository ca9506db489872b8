"""A stand-in for the world outside: CBS and a mail server on loopback, with synthetic figures.

`wijkpeil demo` runs on it, and so do the tests. Every figure in it is invented.
"""

from flows.demo.areas import PLANTED
from flows.demo.faults import Fault, RandomFaults
from flows.demo.hanging import hanging_address
from flows.demo.mail_server import MailSink
from flows.demo.server import Request, StandInCbs
from flows.demo.tables import StandInTable
from flows.demo.v4_tables import StandInV4Table
from flows.demo.world import DemoWorld, demo_world

__all__ = [
    "PLANTED",
    "DemoWorld",
    "Fault",
    "MailSink",
    "RandomFaults",
    "Request",
    "StandInCbs",
    "StandInTable",
    "StandInV4Table",
    "demo_world",
    "hanging_address",
]
