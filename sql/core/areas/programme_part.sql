-- one part of a programme area: an area of the newest list, and the share of it that belongs to it
with today as (
    select area.area_code, area.year, area.inhabitants
    from core.area as area
    join core.division as division on division.target_year = area.year
),

reached as (
    select area_code, year, target_code, target_share, weight from core.area_lineage

    union all by name

    select area_code, year, area_code as target_code, 1.0 as target_share, 1.0 as weight,
    from today
),

part as (
    select member.programme_id, member.area_code, reached.target_code,
        least(1, sum(member.weight * reached.target_share)) as found_share,
        -- without what the programme's own list takes of it
        least(1, sum(reached.target_share)) as reach,
    from catalog.programme_member as member
    join reached
        on reached.area_code = member.member_code
        and reached.year = member.code_year
    group by all

    union all by name

    select programme_id, area_code, area_code as target_code, 1.0 as found_share,
        1.0 as reach,
    from catalog.programme_area
    semi join today using (area_code)
)

-- a few stray addresses make no part, and nearly all make a whole
select
    part.programme_id,
    part.area_code,
    part.target_code,
    if(part.reach >= rules.same_place_share, part.found_share / part.reach, part.found_share)
        as share,
    part.reach < rules.same_place_share as is_split,
    today.inhabitants * share as inhabitants,
from part
cross join catalog.restating as rules
join today on today.area_code = part.target_code
where part.reach > 1 - rules.same_place_share
