-- one share of an area of an earlier year that is part of an area of the newest list
with recursive division as (
    select target_year from core.division
),

walk as (
    select area.area_code, area.year, area.area_code as at_code, area.year as at_year,
        1.0::double as weight, true as is_same_place, 'unchanged' as method,
    from core.area as area
    cross join division
    where area.year < division.target_year

    union all

    select walk.area_code, walk.year, step.to_code, step.to_year,
        walk.weight * step.weight,
        walk.is_same_place and step.is_same_place,
        -- the step that says most about how the place was found again
        case
            when 'addresses' in (walk.method, step.method) then 'addresses'
            when 'lineage_file' in (walk.method, step.method) then 'lineage_file'
            when 'herindeling' in (walk.method, step.method) then 'herindeling'
            when 'recoded' in (walk.method, step.method) then 'recoded'
            else 'unchanged'
        end,
    from walk
    join core.area_step as step
        on step.from_code = walk.at_code
        and step.from_year = walk.at_year
),

arrived as (
    select
        walk.area_code,
        walk.year,
        walk.at_code as target_code,
        division.target_year,
        sum(walk.weight) as weight,
        bool_and(walk.is_same_place) as is_same_place,
        min(walk.method) as method,
    from walk
    join division on division.target_year = walk.at_year
    group by all
),

-- what each part weighs in the area it is part of now: its addresses, else its inhabitants
address_count as (
    select year,
        unnest([
            buurt_code, 'WK' || substr(buurt_code, 3, 6), 'GM' || substr(buurt_code, 3, 4)
        ]) as area_code,
        addresses,
    from raw.address_count
    anti join core.strange_addresses using (year)
),

addressed as (
    select area_code, year, sum(addresses) as addresses,
    from address_count
    group by all
),

sized as (
    select
        arrived.*,
        arrived.weight * coalesce(addressed.addresses, area.inhabitants) as size,
    from arrived
    join core.area as area
        on area.area_code = arrived.area_code
        and area.year = arrived.year
    left join addressed
        on addressed.area_code = arrived.area_code
        and addressed.year = arrived.year
)

select
    area_code,
    year,
    target_code,
    target_year,
    weight,
    coalesce(
        if(
            count(size) over same_target = count(*) over same_target,
            size / nullif(sum(size) over same_target, 0),
            null
        ),
        weight / nullif(sum(weight) over same_target, 0)
    ) as target_share,
    method,
    is_same_place,
from sized
window same_target as (partition by target_code, year)
