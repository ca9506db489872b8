"""The services that serve tables: how politely each is asked, and a table opened on one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from wijkpeil.catalog import CbsService, CbsTable
from wijkpeil.settings import Settings
from wijkpeil.sources.cbs.odata_v3 import OdataV3
from wijkpeil.sources.cbs.odata_v4 import OdataV4
from wijkpeil.sources.download import Advice, Downloader, Line

_APIS: dict[str, type[OdataV3] | type[OdataV4]] = {"v3": OdataV3, "v4": OdataV4}


def service_of(table: CbsTable) -> str:
    """The service that serves the table: v3, third_party or v4."""
    return "third_party" if table.publisher == "third_party" else table.api


def base_url_of(service_id: str, settings: Settings) -> str:
    """Its address, without a closing slash."""
    if service_id == "third_party":
        return settings.base_url(api="v3", publisher="third_party")
    return settings.base_url(api=service_id, publisher="cbs")


def advice_of(service_id: str, *, is_table: bool = True) -> Advice:
    """What a person can do about an answer of a service, to a question for one table or for all."""
    return Advice.of_service(f"WIJK_CBS_{service_id.upper()}_URL", is_table=is_table)


def open_table(table: CbsTable, settings: Settings, downloader: Downloader) -> OdataV3 | OdataV4:
    """The table on the API that its catalog block declares, ready to be asked; asks nothing yet."""
    return _APIS[table.api](table, base_url_of(service_of(table), settings), downloader)


def line_of(service_id: str, services: Sequence[CbsService]) -> Line:
    """The one line of this process for a service, as polite as the catalog says."""
    known: dict[str, CbsService] = {service.id: service for service in services}
    service = known.get(service_id) or CbsService.model_validate({"id": service_id})
    return _line(service_id, service.at_once, service.interval_s)


@cache
def _line(_service_id: str, at_once: int, interval_s: float) -> Line:
    return Line(at_once, interval_s)
