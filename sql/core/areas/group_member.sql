-- one gemeente in one group of gemeenten that areas are compared with
with gemeente as (
    select area.area_code, area.inhabitants
    from core.area as area
    join core.division as division on division.target_year = area.year
    where area.area_kind = 'gemeente'
),

fitting as (
    select area_group.group_id, gemeente.area_code
    from catalog.area_group as area_group
    join gemeente
        on list_contains(area_group.gemeenten, gemeente.area_code)
        or (
            gemeente.inhabitants >= area_group.inhabitants_from
            and gemeente.inhabitants < area_group.inhabitants_to
        )
),

-- a group leaves out what is in the groups it is without
kept as (
    select fitting.group_id, fitting.area_code
    from fitting
    join catalog.area_group as area_group using (group_id)
    left join fitting as other
        on other.area_code = fitting.area_code
        and list_contains(area_group.without, other.group_id)
    where other.area_code is null
)

select
    group_id,
    area_code,
    -- of a list that names more than there are, the group is not whole
    greatest(
        count(*) over (partition by group_id),
        coalesce(len(area_group.gemeenten), 0)
    ) as areas,
from kept
join catalog.area_group as area_group using (group_id)
