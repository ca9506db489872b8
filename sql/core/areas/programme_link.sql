-- how one area made of parts is found in one earlier area list
with rules as (
    select 1 - same_place_share as small_share from catalog.restating
),

composed as (
    select part.*
    from core.programme_part as part
    join core.programme_area as area using (programme_id, area_code)
    where area.area_kind = 'programme_area' and area.is_used
),

moved as (
    select
        composed.area_code,
        link.year,
        count(*) as parts,
        coalesce(
            sum(link.moved_share * composed.inhabitants) / nullif(sum(composed.inhabitants), 0),
            avg(link.moved_share)
        ) as moved_share,
        bool_and(link.is_same_place and composed.share = 1) as is_same_place,
    from composed
    join core.area_link as link on link.area_code = composed.target_code
    group by all
),

stepped as (
    select
        moved.*,
        abs(moved_share - lead(moved_share) over (partition by area_code order by year))
            > rules.small_share as is_last_before_change,
    from moved
    cross join rules
)

select
    area_code,
    year,
    parts,
    moved_share,
    is_same_place,
    count(*) filter (where is_last_before_change) over (
        partition by area_code order by year rows between current row and unbounded following
    ) as boundary_segment,
from stepped
