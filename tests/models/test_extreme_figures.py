"""A country of extreme but legal figures: every table is made, of finite numbers."""

from __future__ import annotations

import pytest
from synthetic_country import synthetic_country

# every fourth cell becomes one of these, by the hash of its key
_TEXTS = (
    *("0", "1", "0.000000001", "1000000000000", "5", "100", "99.9999999999", "-3", ".", "   ."),
    *("", "3.0e-5", "0.1", "00012", "1e12"),
)
_EXTREME = """
update raw.cbs_cell
set value_text = [{texts}][(1 + hash(area_key, source_id, column_key, {seed}) % {count})::bigint]
where column_key <> 'change' and hash(area_key, source_id, column_key, {seed}, 'which') % 4 = 0;
-- a gemeente without people, one in one wijk, and a wijk of one person
update raw.cbs_cell set value_text = '0'
where substr(area_key, 3, 4) = '0002' and column_key <> 'change';
update raw.cbs_cell set value_text = '1'
where area_key = 'WK000300' and column_key = 'inhabitants';
update raw.cbs_cell set value_text = '0'
where left(area_key, 6) = 'WK0004' and area_key <> 'WK000400' and column_key = 'inhabitants';
insert into catalog.programme values
    ('samen', 1, 'Samen', null, null, 'programme'), ('eigen', 2, 'Eigen', null, null, 'steden');
insert into catalog.programme_area
select programme_id, 'WK' || lpad(g::varchar, 4, '0') || '00'
from catalog.programme, range(1, 9) t(g);
insert into catalog.programme_indicator
select programme_id, indicator_id from catalog.programme, catalog.indicator where direction <> 0;
insert into catalog.area_group values
    ('steden', 1, 'de grote steden', ['GM0002', 'GM0004'], null, null, []);
insert into catalog.target
select 'samen', indicator_id, unnest(['nl', 'gemeente']), null, unnest([2025, 2031]), null
from catalog.indicator where direction <> 0;
"""


@pytest.mark.parametrize("seed", range(2))
def test_every_table_is_made_of_finite_numbers(seed: int) -> None:
    texts = ", ".join(f"'{text}'" for text in _TEXTS)
    spoiled = _EXTREME.format(texts=texts, seed=seed, count=len(_TEXTS))
    with synthetic_country(gemeenten=8, before_build=spoiled) as connection:
        columns = connection.execute(
            "select schema_name || '.' || table_name, column_name from duckdb_columns() "
            "where schema_name in ('core', 'marts') and data_type in ('DOUBLE', 'FLOAT')"
        ).fetchall()
        assert len({table for table, _ in columns}) >= 15
        for table, column in columns:
            wrong = connection.execute(
                f'select * from {table} where not isfinite("{column}") limit 1'
            ).fetchall()
            assert not wrong, f"{table}.{column}: {wrong[0]}"
        assert connection.execute("select count(*) from core.trend").fetchone() != (0,)
        assert connection.execute(
            "select count(*) from core.rate where value is null and status = 'not_applicable'"
        ).fetchone() != (0,)
