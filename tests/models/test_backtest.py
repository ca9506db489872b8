"""`wijkpeil backtest`: the rule keeps its limits on series of which the truth is known, and a rule
that was broken on purpose does not."""

from __future__ import annotations

import csv
import random
import re
import shutil
from pathlib import Path

import duckdb
import pytest
from judged_panel import Figure, make_panel, noisy

from wijkpeil.backtest.kept import kept_test
from wijkpeil.backtest.run import SQL, Backtest, Simulation, backtest, demand_limits_hold
from wijkpeil.backtest.simulate import (
    BLOCK_YEARS,
    Share,
    beside_published,
    run_simulation,
    trend_models,
)
from wijkpeil.cli import main
from wijkpeil.errors import WijkError

YEARS = range(2010, 2022)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse of wijken that stand still and wijken that improve by what matters."""
    warehouse = tmp_path_factory.mktemp("warehouse")
    figures = [
        *noisy(wijken=60, years=YEARS, noise=1.5, indicator="flat"),
        *noisy(wijken=60, years=YEARS, noise=1.5, slope=1, indicator="rising", seed=2),
        *noisy(wijken=30, years=range(2019, 2022), noise=1, indicator="short", seed=3),
    ]
    make_panel(warehouse / "wijken.duckdb", figures).close()
    return warehouse


@pytest.fixture(scope="module")
def found(published: Path) -> Backtest:
    return backtest(published / "wijken.duckdb", [])


@pytest.fixture
def broken_rule(tmp_path: Path) -> Path:
    """The rule without its margin."""
    folder = tmp_path / "sql"
    shutil.copytree(SQL, folder)
    path = folder / "macros.sql"
    text = path.read_text(encoding="utf-8")
    entering = "core.entry_errors(error, has_own_noise, size)"
    for errors in ("rule('margin_errors')", entering, "rule('kept_errors')"):
        assert f"{errors} * error" in text
        text = text.replace(f"{errors} * error", "0 * error")
    path.write_text(text, encoding="utf-8")
    return folder


def share(found: Backtest, name: str, indicator: str) -> Share:
    (simulation,) = [
        simulation
        for simulation in found.simulations
        if (simulation.name, simulation.indicator) == (name, indicator)
    ]
    assert simulation.share
    return simulation.share


def run(monkeypatch: pytest.MonkeyPatch, warehouse: Path, *arguments: str) -> int:
    """The exit code of the command."""
    monkeypatch.setattr("wijkpeil.backtest.simulate.WANTED_SERIES", 600)
    monkeypatch.setenv("WIJK_WAREHOUSE", str(warehouse))
    monkeypatch.setattr("sys.argv", ["wijkpeil", "backtest", *arguments])
    try:
        main()
    except SystemExit as caught:
        return int(caught.code or 0)
    return 0


# the simulations


def test_the_rule_keeps_its_limits(found: Backtest) -> None:
    demand_limits_hold(found)
    for indicator in ("flat", "rising", "all"):
        assert share(found, "placebo", indicator).share < 0.05
        assert share(found, "planted", indicator).share < 0.08


def test_a_share_is_known_to_a_point_and_says_on_how_many_series_it_rests(found: Backtest) -> None:
    placebo = share(found, "placebo", "all")
    assert placebo.series == 120
    assert placebo.margin is not None
    assert placebo.margin < 0.01


def test_the_same_figures_give_the_same_shares(published: Path, found: Backtest) -> None:
    again = backtest(published / "wijken.duckdb", ["flat"])
    assert share(again, "placebo", "flat") == share(found, "placebo", "flat")


@pytest.mark.parametrize(("direction", "relative"), [(1, None), (-1, None), (1, 0.05), (-1, 0.05)])
def test_what_is_planted_is_an_improvement_by_exactly_what_matters(
    tmp_path: Path, direction: int, relative: float | None
) -> None:
    path = tmp_path / "wijken.duckdb"
    make_panel(
        path,
        noisy(wijken=30, years=YEARS, noise=0.01, slope=2),
        direction=direction,
        per_year=None if relative else 1.0,
        relative=relative,
    ).close()
    with beside_published(path, SQL) as connection:
        assert run_simulation(connection, trend_models(SQL), "grade", "own_course")
        slopes = connection.sql(
            "select score_slope from core.trend where axis = 'own' and class <> 'insufficient'"
        ).fetchall()
    assert len(slopes) == 30 * 9
    # growth by a share of the level is not quite a straight line
    assert [slope for (slope,) in slopes] == pytest.approx([1] * len(slopes), abs=0.02)


def test_years_are_not_dealt_across_a_change_of_definition(tmp_path: Path) -> None:
    """A level that jumps with the definition would else be noise, and hide every trend."""
    path = tmp_path / "wijken.duckdb"
    figures: list[Figure] = [
        (area, name, year, value + (100 if year >= 2016 else 0), error)
        for area, name, year, value, error in noisy(wijken=40, years=YEARS, noise=0.5)
    ]
    with make_panel(path, figures) as connection:
        connection.execute(
            "create table core.moved as from core.trend_point; drop view core.trend_point; "
            "create table core.trend_point as select * replace "
            "(if(year < 2016, 100, segment) as segment) from core.moved"
        )
    with beside_published(path, SQL) as connection:
        assert len(run_simulation(connection, trend_models(SQL), "grade", "placebo")) == 40
        noise = connection.sql("select max(noise_variance) from core.trend_noise").fetchone()
    assert noise[0] < 0.5


def test_years_that_resemble_each_other_stay_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dealt one by one they would be quieter than they are, and a rule that takes errors for
    forgetful better than it is. The rule itself widens its margins by what the blocks left."""
    path = tmp_path / "wijken.duckdb"
    forgetful = tmp_path / "sql"
    shutil.copytree(SQL, forgetful)
    constants = forgetful / "rule.toml"
    text = constants.read_text(encoding="utf-8")
    assert text.count("[largest_memory]\nvalue = 0.7") == 1
    text = text.replace("[largest_memory]\nvalue = 0.7", "[largest_memory]\nvalue = 0.000001")
    constants.write_text(text, encoding="utf-8")
    draw = random.Random(7)
    figures: list[Figure] = []
    for wijk in range(120):
        noise = 0.0
        for year in YEARS:
            noise = 0.7 * noise + 3 * draw.gauss(0, 1)
            figures.append((f"WK{1 + wijk // 20:04d}{wijk % 20:02d}", "grade", year, noise, None))
    make_panel(path, figures).close()
    monkeypatch.setattr("wijkpeil.backtest.simulate.WANTED_SERIES", 1000)
    placebo, memory = {}, {}
    for name, sql in (("forgetful", forgetful), ("rule", SQL)):
        with beside_published(path, sql) as connection:
            for block in (1, BLOCK_YEARS):
                monkeypatch.setattr("wijkpeil.backtest.simulate.BLOCK_YEARS", block)
                counted = run_simulation(connection, trend_models(sql), "grade", "placebo")
                placebo[name, block] = sum(each.wrong for each in counted)
                # each draw is an indicator
                [(memory[name, block],)] = connection.sql(
                    "select avg(autocorrelation) from core.trend_memory where axis = 'own'"
                ).fetchall()
    assert placebo["forgetful", BLOCK_YEARS] > 1.5 * placebo["forgetful", 1] > 0
    assert memory["rule", BLOCK_YEARS] > 0.25
    assert memory["rule", 1] < 0.1
    assert placebo["rule", BLOCK_YEARS] < placebo["forgetful", BLOCK_YEARS] / 1.5


def test_dealing_keeps_the_noise_as_loud_as_it_is_and_leaves_no_trend(tmp_path: Path) -> None:
    path = tmp_path / "wijken.duckdb"
    make_panel(path, noisy(wijken=200, years=YEARS, noise=2, slope=5)).close()
    with beside_published(path, SQL) as connection:
        run_simulation(connection, trend_models(SQL), "grade", "placebo")
        found = connection.sql(
            "select sqrt(avg(noise)), avg(slope) from ("
            "select var_samp(value) as noise, regr_slope(value, year) as slope "
            "from core.observation group by area_code, indicator_id)"
        ).fetchone()
    assert found == (pytest.approx(2, rel=0.05), pytest.approx(0, abs=0.02))


@pytest.mark.parametrize(("bend", "flagged"), [(0.3, True), (-0.3, False)])
def test_only_who_gains_of_late_is_held_to_the_limit_of_the_own_course(
    tmp_path: Path, bend: float, flagged: bool
) -> None:
    """A course that turns up is told to stand still for some editions in which it gains; one that
    turns down gains at first, when it is told to improve."""
    path = tmp_path / "wijken.duckdb"
    middle = (YEARS[0] + YEARS[-1]) / 2
    figures: list[Figure] = [
        (area, name, year, value + bend * (year - middle) ** 2, error)
        for area, name, year, value, error in noisy(wijken=30, years=YEARS, noise=0.1)
    ]
    make_panel(path, figures).close()
    models = trend_models(SQL)
    with beside_published(path, SQL) as connection:
        whole = run_simulation(connection, models, "grade", "own_course")
        gaining = run_simulation(connection, models, "grade", "gaining")
    assert sum(each.wrong for each in whole) > 0
    assert 0 < sum(each.assessed for each in gaining) < sum(each.assessed for each in whole)
    assert (sum(each.wrong for each in gaining) > 0) == flagged


def test_a_rule_without_a_margin_breaks_the_limits(published: Path, broken_rule: Path) -> None:
    found = backtest(published / "wijken.duckdb", ["flat"], sql=broken_rule)
    assert share(found, "planted", "flat").share > 0.15
    with pytest.raises(WijkError, match=r"The rule breaks its limits\. .*flat .* points too much"):
        demand_limits_hold(found)


def test_a_share_above_the_limit_by_less_than_its_margin_is_no_proof() -> None:
    counts = [(1, 10)] * 6 + [(0, 10)] * 4
    simulation = Simulation("placebo", "grade", Share.of(counts))
    assert simulation.state == "not sure"
    assert Simulation("placebo", "grade", Share.of([(1, 10)] * 10)).state == "broken"
    assert Simulation("own_course", "grade", Share.of([(9, 10)] * 10)).state == "hold"
    none_seen = Share.of([(0, 10)] * 30)
    assert none_seen
    assert none_seen.margin == pytest.approx(0.1)
    assert Share.of([(0, 0)]) is None


# the history


def test_what_became_of_alerts_is_counted(tmp_path: Path) -> None:
    """Two wijken stand still, one of them begins to improve; an alert that ends with its figures
    did not vanish."""
    path = tmp_path / "wijken.duckdb"
    quiet = {year: 10 + 0.01 * (-1) ** year for year in YEARS}
    turned = {year: quiet[year] + 6 * max(0, year - 2016) for year in YEARS}
    figures: list[Figure] = [
        *(("WK000101", "grade", year, value, None) for year, value in quiet.items()),
        *(("WK000102", "grade", year, value, None) for year, value in turned.items()),
        *(("WK000103", "grade", year, value, None) for year, value in quiet.items() if year < 2015),
    ]
    make_panel(path, figures).close()
    found = {edition.year: edition.numbers for edition in backtest(path, []).editions}
    # assessed, alerts, new, vanished, contradicted
    assert found == {
        2013: (3, 3, 3, 0, 0),
        2014: (3, 3, 0, 0, 0),
        2015: (3, 3, 0, 0, 0),
        2016: (3, 3, 0, 1, 1),
        2017: (2, 2, 0, 1, 1),  # the third wijk has no class any more
        2018: (2, 1, 0, 0, 0),  # the second improves
        2019: (2, 1, 0, 0, 0),
        2020: (2, 1, 0, None, None),
        2021: (2, 1, 0, None, None),
    }


# the command


def test_the_command_shows_what_holds_and_what_is_too_short(
    published: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("wijkpeil.cli.out.width", 200)
    assert run(monkeypatch, published, "--indicator", "flat", "--indicator", "short") == 0
    told = capsys.readouterr().out
    assert "Too little history to test: short." in told
    assert "No limit is shown to be broken" in told


def test_the_csv_has_everything(
    published: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, published, "--indicator", "flat", "--csv") == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert {row["part"] for row in rows} == {
        *("history", "placebo", "planted", "own_course", "gaining")
    }
    (placebo,) = [row for row in rows if row["part"] == "placebo"]
    assert placebo["series"] == "60"
    assert float(placebo["share"]) < float(placebo["largest_share"]) == 0.05


def test_a_page_gets_a_table_of_all_indicators_together(
    published: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, published, "--markdown") == 0
    head, rule, *rows = capsys.readouterr().out.splitlines()
    assert head.count("|") == rule.count("|") == 6
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    assert [row[1] for row in cells] == ["5.0%", "8.0%", "", "10.0%"]
    assert all(re.fullmatch(r"\d+\.\d%", row[2]) and row[3].startswith("±") for row in cells)


def test_only_a_test_of_all_indicators_is_kept_for_the_report(
    published: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (published / "backtest.json").unlink(missing_ok=True)
    assert run(monkeypatch, published, "--indicator", "flat") == 0
    assert kept_test(published) is None
    capsys.readouterr()
    assert run(monkeypatch, published, "--markdown") == 0
    shown = re.findall(r"\| (\d+\.\d)% \| ±", capsys.readouterr().out)
    kept = kept_test(published)
    assert kept
    assert [f"{100 * simulation['share']:.1f}" for simulation in kept["simulations"]] == shown
    assert [simulation["limit"] for simulation in kept["simulations"]] == [0.05, 0.08, None, 0.1]


def test_a_broken_limit_ends_the_command_with_1(
    published: Path,
    broken_rule: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("wijkpeil.backtest.run.SQL", broken_rule)
    assert run(monkeypatch, published, "--indicator", "rising") == 1
    assert "The rule breaks its limits." in capsys.readouterr().err


def test_an_indicator_that_is_not_followed_is_named(
    published: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, published, "--indicator", "flatt") == 1
    assert "nearest: 'flat'" in capsys.readouterr().err


def test_an_edition_of_before_is_told_to_build_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    duckdb.connect(tmp_path / "wijken.duckdb").close()
    assert run(monkeypatch, tmp_path) == 1
    assert "run `wijkpeil build`, `check` and `publish`" in capsys.readouterr().err
