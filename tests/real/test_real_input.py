"""The whole flow on a real CBS table and a real municipal series, against facts read by hand.

The facts were taken from the files with other tools than ours; the classes were computed from
the CSV by hand with the method's formulas.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from wijkpeil.demo import MailSink, StandInCbs, StandInTable

DATA = Path(__file__).parents[2].parent / "shared" / "data"
SERIES = "elan_denhaag_wijken_2009_2022.csv"

# The peak of a command by itself. A process begins with the peak of the one that starts it, and
# this worker may have had a browser's work: so a small process stands between.
MEASURED = """
import os, sys
from pathlib import Path
child = os.spawnv(os.P_NOWAIT, sys.argv[2], sys.argv[2:])
_, status, used = os.wait4(child, 0)
Path(sys.argv[1]).write_text(str(used.ru_maxrss))
sys.exit(os.waitstatus_to_exitcode(status))
"""

pytestmark = pytest.mark.skipif(
    not (DATA / "cbs" / "84799NED").is_dir(),
    reason=f"the real data are not in {DATA}",
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """One run of the command on the real files: its output, mails and warehouse."""
    folder = tmp_path_factory.mktemp("real")
    shutil.copytree(Path(__file__).parent / "catalog", folder / "catalog")
    shutil.copy(DATA / "extracts" / SERIES, folder / "catalog")
    table = StandInTable.from_parquet(DATA / "cbs" / "84799NED")
    with StandInCbs([table]) as cbs, MailSink(folder / "mail") as mail:
        password = folder / "password"
        password.write_text(mail.password)
        environment = {
            **{name: text for name, text in os.environ.items() if not name.startswith("WIJK_")},
            "WIJK_CATALOG": str(folder / "catalog"),
            "WIJK_WAREHOUSE": str(folder / "warehouse"),
            "WIJK_CBS_V3_URL": cbs.url,
            "WIJK_SMTP_URL": mail.smtp_url,
            "WIJK_SMTP_PASSWORD_FILE": str(password),
            "WIJK_MAIL_FROM": "wijkpeil@voorbeeld.example",
        }
        command = [sys.executable, "-m", "wijkpeil.cli", "refresh"]
        measured = [sys.executable, "-c", MEASURED, str(folder / "peak"), *command]
        with (folder / "told").open("w") as told:
            done = subprocess.run(measured, env=environment, stdout=told, stderr=told, check=False)
        assert done.returncode == 0, (folder / "told").read_text()
        yield {
            "warehouse": folder / "warehouse" / "wijken.duckdb",
            "mails": list(mail.messages),
            "peak_mib": int((folder / "peak").read_text()) / 1024,
            "requests": list(cbs.requests),
        }


@pytest.fixture
def db(run: dict[str, Any]) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(run["warehouse"], read_only=True) as connection:
        yield connection


def one(db: duckdb.DuckDBPyConnection, sql: str) -> Any:
    row = db.execute(sql).fetchone()
    assert row is not None
    return row[0] if len(row) == 1 else row


def test_every_area_is_there(db: duckdb.DuckDBPyConnection) -> None:
    kinds = dict(db.execute("select area_kind, count(*) from core.area group by all").fetchall())
    assert kinds == {"land": 1, "gemeente": 355, "wijk": 3177, "buurt": 13808}
    flags = dict(
        db.execute(
            "select change_flag, count(*) from core.area where area_kind = 'wijk' group by all"
        ).fetchall()
    )
    assert flags == {1: 3022, 2: 2, 3: 153}


@pytest.mark.parametrize(
    ("area_code", "inwoners"),
    [
        ("NL00", 17_407_585),
        ("GM0518", 545_838),
        ("WK051829", 31_635),
        ("WK036300", 4_465),
        ("WK059915", 69_400),
        ("WK034406", 19_165),
        ("WK168000", 3_610),
    ],
)
def test_population(db: duckdb.DuckDBPyConnection, area_code: str, inwoners: int) -> None:
    sql = f"""
        select value, status, source_id from marts.liveability
        where indicator_id = 'inwoners' and area_code = '{area_code}' and year = 2020
    """
    assert one(db, sql) == (inwoners, "final", "kwb_2020")


def test_what_cbs_had_not_published_is_said_and_is_not_zero(db: duckdb.DuckDBPyConnection) -> None:
    statuses = db.execute(
        """
        select indicator_id, status, count(*), count(value) from marts.liveability
        where area_kind = 'wijk' and source_id = 'kwb_2020'
            and indicator_id in ('woz_value', 'gp_distance', 'cars_per_household')
        group by all order by all
        """
    ).fetchall()
    assert statuses == [
        ("cars_per_household", "final", 2961, 2961),
        ("cars_per_household", "suppressed", 216, 0),
        ("gp_distance", "not_yet_published", 3177, 0),
        ("woz_value", "not_yet_published", 3177, 0),
    ]


def test_the_rate_of_the_schildersbuurt(db: duckdb.DuckDBPyConnection) -> None:
    value = one(
        db,
        "select value from marts.liveability "
        "where indicator_id = 'bijstand_per_1000' and area_code = 'WK051829' and year = 2020",
    )
    assert value == pytest.approx(1000 * 3440 / 31635)


def test_zeros_of_the_series_are_no_figures(db: duckdb.DuckDBPyConnection) -> None:
    assert one(db, "select count(*) from core.observation where area_code = 'WK1916--'") == 0
    sql = """
        select year, status, count(*) from core.observation
        where indicator_id = 'welfare_share' and year in (2010, 2011) group by all order by all
    """
    assert db.execute(sql).fetchall() == [
        (2010, "not_applicable", 70),
        (2011, "final", 59),
        (2011, "suppressed", 11),
    ]
    wmo = "indicator_id = 'wmo_share' and value is not null"
    assert one(db, f"select min(year) from core.observation where {wmo}") == 2015
    assert one(db, "select count(*) from core.observation where value = 0 and unit = '%'") == 0


@pytest.mark.parametrize(
    ("area_code", "trend_class", "score_slope", "slope_error", "slope"),
    [
        ("WK051829", "improving", 1.8355, 0.2484, -0.3671),
        ("WK051833", "stagnating", 0.2227, 0.3033, -0.0445),
        # 0.8432 + 0.65 x 0.3067 is above 1: the alert that was up is over
        ("WK051834", "inconclusive", 0.8432, 0.3067, -0.1686),
        ("WK051836", "improving", 1.4964, 0.2988, -0.2993),
        # from 25.8% to 4.4% in six years of a few households: its own noise, not that of others
        ("WK051841", "inconclusive", 20.5229, 12.4371, -4.1046),
    ],
)
def test_the_welfare_trend_as_computed_by_hand(
    db: duckdb.DuckDBPyConnection,
    area_code: str,
    trend_class: str,
    score_slope: float,
    slope_error: float,
    slope: float,
) -> None:
    sql = f"""
        select trend.class, trend.score_slope, trend.slope_error, stagnation.slope
        from core.trend as trend
        join marts.stagnation as stagnation using (edition_year, area_code, indicator_id, axis)
        where axis = 'own' and area_code = '{area_code}'
            and indicator_id = 'welfare_share' and edition_year = 2022
    """
    found = one(db, sql)
    assert found[0] == trend_class
    assert found[1:] == pytest.approx((score_slope, slope_error, slope), abs=6e-5)
    noise = one(
        db,
        "select noise_variance from core.trend_noise "
        "where indicator_id = 'welfare_share' and edition_year = 2022 and axis = 'own'",
    )
    assert noise == pytest.approx(0.6346178187, abs=1e-9)


def test_a_wijk_too_small_to_tell_is_insufficient_not_stagnating(
    db: duckdb.DuckDBPyConnection,
) -> None:
    classes = db.execute(
        """
        select area_code, class, points from marts.stagnation
        where indicator_id = 'welfare_share' and edition_year = 2022
            and area_code in ('WK051843', 'WK051803') order by area_code
        """
    ).fetchall()
    assert classes == [("WK051803", "insufficient", 4), ("WK051843", "insufficient", 0)]


def test_the_programme_hears_nothing_new_of_a_wijk_that_turned(
    run: dict[str, Any], db: duckdb.DuckDBPyConnection
) -> None:
    """Bouwlust en Vrederust alone has an alert, and goes forward since 2018: the mail of the year
    is a note, and begins none."""
    alerts = db.execute(
        """
        select area_code, class, sentence_nl from marts.stagnation
        where programme_id is not null and is_headline and is_alert and edition_year = 2022
        """
    ).fetchall()
    ((area, trend_class, sentence),) = alerts
    assert (area, trend_class) == ("WK051833", "turned")
    assert "van 2018 tot en met 2022 daalde het cijfer gemiddeld met 0,19" in sentence
    assert "synthetisch" not in sentence
    (mail,) = run["mails"]
    assert mail["Subject"].startswith("Niets nieuws (")
    text = mail.get_body(("plain",)).get_content()
    assert "Over 2022 is er tot nu toe niets nieuws" in text
    assert "■ staat stil" not in text and "▼" not in text.partition("Indicatoren per wijk")[0]


def test_only_the_needed_columns_were_asked(run: dict[str, Any]) -> None:
    data = [sent.query for sent in run["requests"] if sent.path.endswith("/TypedDataSet")]
    assert len(data) == 2
    assert all("AantalInwoners_5" in query and "Mannen_6" not in query for query in data)


def test_memory_stays_bounded(run: dict[str, Any]) -> None:
    assert run["peak_mib"] < 700, run["peak_mib"]
