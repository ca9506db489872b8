"""Synthetic address files about the fictive areas: an address for every twenty inhabitants."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

from wijkpeil.demo.country.areas import FIRST_YEAR, LAST_YEAR, areas, wijken

FIRST_FILE = 2017
FILE_YEARS = range(FIRST_FILE, LAST_YEAR + 1)
_INHABITANTS_PER_ADDRESS = 20
# as CBS writes the largest file of its zip: codes without a prefix, another header each year
_LARGEST = "pc6hnr{year}0801_gwb.csv"
_LETTERS = "ABCDEFGHJKLMNPRSTVWXZ"


def file_name(year: int) -> str:
    """Where the catalog finds the file of a year."""
    return f"addresses/{year}-pc6huisnr{year}0801_buurt.zip"


def address_zip(year: int) -> bytes:
    """The zip of a year, as CBS makes it: the addresses, and small files with names."""
    addresses = f"PC6;Huisnummer;Buurt{year};Wijk{year};Gemeente{year}\r\n" + "".join(
        f"{line}\r\n" for line in _addresses(year)
    )
    names = f"buurtcode{year};buurtnaam{year}\r\n" + "".join(
        f"{area.code[2:]};{area.name}\r\n" for area in areas(year) if area.level == "buurt"
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (
            (_LARGEST.format(year=year), addresses),
            (f"brt{year}.csv", names),
        ):
            # a moment of its own would make other bytes of the same addresses
            info = zipfile.ZipInfo(name, date_time=(year, 9, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, text.encode("utf-8"))
    return buffer.getvalue()


def _addresses(year: int) -> Iterator[str]:
    """Each address keeps its postcode when its buurt moves; every year a hundredth is built."""
    postcodes = {}
    for number, wijk in enumerate(wijken(), start=1):
        for place, code in enumerate(wijk.buurt_codes):
            homes = max(1, wijk.inhabitants // len(wijk.buurt_codes) // _INHABITANTS_PER_ADDRESS)
            homes += homes * (year - FIRST_YEAR) // 100
            postcodes[code] = (f"{9900 + number}{_LETTERS[place]}", homes)
    for area in areas(year):
        if area.level == "buurt":
            buurt = area.code[2:]
            for first_code in area.buurten:
                postcode, homes = postcodes[first_code]
                for home in range(homes):
                    letter = _LETTERS[home // 50]
                    yield f"{postcode}{letter};{home % 50 + 1};{buurt};{buurt[:6]};{buurt[:4]}"
