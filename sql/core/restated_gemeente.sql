-- one count of a gemeente of which parts moved, as the sum of its wijken: gemeente, year, indicator
with parted as (
    select area_code, year
    from core.area_link
    where starts_with(area_code, 'GM') and moved_share > 0
),

wijk as (
    select area.area_code, area.gemeente_code,
        count(*) over (partition by area.gemeente_code) as wijken,
    from core.area as area
    join core.division as division on division.target_year = area.year
    where area.area_kind = 'wijk'
),

counted as (
    select indicator_id from catalog.indicator where aggregation = 'sum'
),

figure as (
    select published.area_code, published.geography_year, published.year,
        published.indicator_id, published.value,
    from core.published as published
    join core.area_link as link
        on link.area_code = published.area_code
        and link.year = published.geography_year
        and link.is_unchanged
    semi join counted using (indicator_id)

    union all by name

    select area_code, geography_year, year, indicator_id, value,
    from core.restated
    semi join counted using (indicator_id)
)

select
    parted.area_code,
    figure.geography_year,
    figure.year,
    figure.indicator_id,
    sum(figure.value) as value,
from parted
join wijk on wijk.gemeente_code = parted.area_code
join figure
    on figure.area_code = wijk.area_code
    and figure.geography_year = parted.year
group by all
having count(figure.value) = any_value(wijk.wijken)
