-- one figure of a gemeente of which parts moved, from its wijken: gemeente, year and indicator
with rules as (
    select 1 - same_place_share as small_share from catalog.restating
),

parted as (
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

figure as (
    select published.area_code, published.geography_year, published.year,
        published.indicator_id, published.value,
    from core.published as published
    join core.area_link as link
        on link.area_code = published.area_code
        and link.year = published.geography_year
        and link.is_unchanged

    union all by name

    select area_code, geography_year, year, indicator_id, value,
    from core.restated
),

part as (
    select
        wijk.gemeente_code,
        wijk.wijken,
        figure.geography_year,
        figure.year,
        figure.indicator_id,
        indicator.aggregation,
        figure.value as part_value,
        denominator.value as mass,
    from parted
    join wijk on wijk.gemeente_code = parted.area_code
    join figure
        on figure.area_code = wijk.area_code
        and figure.geography_year = parted.year
    join catalog.indicator as indicator using (indicator_id)
    left join figure as denominator
        on denominator.area_code = figure.area_code
        and denominator.geography_year = figure.geography_year
        and denominator.year = figure.year
        and denominator.indicator_id = indicator.denominator_id
),

gathered as (
    select
        gemeente_code as area_code,
        geography_year,
        year,
        indicator_id,
        case
            when any_value(aggregation) = 'sum'
                then if(count(part_value) = any_value(wijken), sum(part_value), null)
            when count(mass) = any_value(wijken)
                and coalesce(sum(mass) filter (where part_value is null), 0)
                <= any_value(rules.small_share) * sum(mass)
                then sum(part_value * mass)
                    / nullif(sum(mass) filter (where part_value is not null), 0)
        end as value,
    from part
    cross join rules
    group by all
)

select area_code, geography_year, year, indicator_id, value,
from gathered
where value is not null
