-- how one area of the newest list is found in one earlier list, or in its own
with rules as (
    select 1 - same_place_share as small_share, largest_moved_share from catalog.restating
),

-- what of an area's figure rests on addresses that lie outside it now
linked as (
    select
        target_code as area_code,
        year,
        target_year,
        count(*) as parts,
        bool_and(is_same_place) and count(*) = 1 as is_same_place,
        bool_or(area_code = target_code) as has_same_code,
        if(
            bool_and(is_same_place) and count(*) = 1,
            0,
            sum(target_share * greatest(0, 1 - weight))
        ) as moved_share,
        if(count(distinct method) = 1, any_value(method), string_agg(distinct method, '+'))
            as method,
    from core.area_lineage
    group by all

    union all by name

    select area.area_code, area.year, area.year as target_year, 1 as parts, true as is_same_place,
        true as has_same_code, 0 as moved_share, 'unchanged' as method,
    from core.area as area
    join core.division as division on division.target_year = area.year
),

stepped as (
    select
        linked.*,
        abs(moved_share - lead(moved_share) over later) > rules.small_share as is_last_before_change,
    from linked
    cross join rules
    window later as (partition by area_code order by year)
)

select
    stepped.area_code,
    stepped.year,
    stepped.target_year,
    stepped.parts,
    stepped.is_same_place,
    stepped.is_same_place and stepped.has_same_code as is_unchanged,
    stepped.moved_share,
    stepped.moved_share <= rules.largest_moved_share as is_comparable,
    -- 0 within today's boundary; one more for each boundary further back
    count(*) filter (where stepped.is_last_before_change) over (
        partition by stepped.area_code order by stepped.year
        rows between current row and unbounded following
    ) as boundary_segment,
    stepped.method,
from stepped
cross join rules
