"""A stand-in for the world outside: CBS and a mail server on loopback, with synthetic figures.

`wijkpeil demo` runs on it, and so do the tests. Every figure in it is invented.
"""

from wijkpeil.demo.cbs.faults import Fault, RandomFaults
from wijkpeil.demo.cbs.server import Request, StandInCbs
from wijkpeil.demo.cbs.table import StandInTable
from wijkpeil.demo.cbs.unresponsive import hanging_address
from wijkpeil.demo.cbs.v4_table import StandInV4Table
from wijkpeil.demo.country.areas import PLANTED
from wijkpeil.demo.mail import MailSink
from wijkpeil.demo.world import DemoWorld, demo_world

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
