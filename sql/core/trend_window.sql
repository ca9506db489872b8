-- the sums of one window: series, line and edition year, each definition centred on its own mean
-- dropped once read: core.trend has what a class rests on
with edition as (
    select unnest(generate_series(min(year), max(year)))::integer as edition_year,
    from core.trend_point
    where value is not null
),

-- years are counted from the edition, so that squares stay small and exact
part as (
    select
        point.series_id,
        point.line,
        edition.edition_year,
        point.segment,
        count(point.value) as n,
        count(*) filter (where point.status = 'suppressed') as suppressed,
        count(*) filter (where point.status in ('final', 'provisional', 'suppressed')) as expected,
        min(point.year) filter (where point.value is not null) as first_year,
        max(point.year) filter (where point.value is not null) as last_year,
        sum(point.year - edition.edition_year) filter (where point.value is not null) as t,
        sum((point.year - edition.edition_year) ** 2) filter (where point.value is not null) as tt,
        sum(point.value) as y,
        sum(point.value * (point.year - edition.edition_year)) as ty,
        sum(point.value * point.value) as yy,
        sum(point.standard_error ** 2) filter (where point.value is not null) as ee,
        sum(point.gemeente_value) as g,
        sum(point.gemeente_value * (point.year - edition.edition_year)) as tg,
        sum(point.gemeente_value * point.gemeente_value) as gg,
        sum(point.value * point.gemeente_value) as yg,
        sum(point.nl_value) as l,
        sum(point.nl_value * (point.year - edition.edition_year)) as tl,
        sum(point.nl_value * point.nl_value) as ll,
        sum(point.value * point.nl_value) as yl,
        sum(point.programme_value) as p,
        sum(point.programme_value * (point.year - edition.edition_year)) as tp,
        sum(point.programme_value * point.programme_value) as pp,
        sum(point.value * point.programme_value) as yp,
    from core.trend_point as point
    join core.trend_series as series using (series_id)
    join edition
        on edition.edition_year >= point.year
        and edition.edition_year < point.year + series.window_years
    group by all
)

-- a definition with a single point in the window tells nothing about change
select
    series_id,
    line,
    edition_year,
    sum(suppressed) / nullif(sum(expected), 0) as suppressed_share,
    coalesce(sum(n) filter (where n >= 2), 0)::integer as points,
    count(*) filter (where n >= 2) as segments,
    min(first_year) filter (where n >= 2) as first_year,
    max(last_year) filter (where n >= 2) as last_year,
    sum(y) filter (where n >= 2) / sum(n) filter (where n >= 2) as mean_value,
    sum(ee) filter (where n >= 2) / sum(n) filter (where n >= 2) as mean_square_error,
    sum(g) filter (where n >= 2) / sum(n) filter (where n >= 2) as mean_gemeente,
    sum(l) filter (where n >= 2) / sum(n) filter (where n >= 2) as mean_nl,
    sum(p) filter (where n >= 2) / sum(n) filter (where n >= 2) as mean_programme,
    sum(tt - t * t / n) filter (where n >= 2) as year_spread,
    sum(ty - t * y / n) filter (where n >= 2) as with_year,
    sum(yy - y * y / n) filter (where n >= 2) as spread,
    sum(tg - t * g / n) filter (where n >= 2) as gemeente_with_year,
    sum(gg - g * g / n) filter (where n >= 2) as gemeente_spread,
    sum(yg - y * g / n) filter (where n >= 2) as with_gemeente,
    sum(tl - t * l / n) filter (where n >= 2) as nl_with_year,
    sum(ll - l * l / n) filter (where n >= 2) as nl_spread,
    sum(yl - y * l / n) filter (where n >= 2) as with_nl,
    sum(tp - t * p / n) filter (where n >= 2) as programme_with_year,
    sum(pp - p * p / n) filter (where n >= 2) as programme_spread,
    sum(yp - y * p / n) filter (where n >= 2) as with_programme,
from part
group by all
