-- one step of an area towards the newest list: the area it is part of in a later year
with rules as (
    select same_place_share from catalog.restating
),

listed as (
    select area_code, year, area_kind, change_flag from core.area
),

changed as (
    select area_code, year from listed where change_flag = 3
),

merged as (
    select unnest([old_code, new_code]) as area_code, ended_on, weight from catalog.herindeling
),

-- how many addresses two areas of a level have in common, years apart
level_pair as (
    select from_year, to_year, addresses,
        unnest([
            from_buurt, 'WK' || substr(from_buurt, 3, 6), 'GM' || substr(from_buurt, 3, 4)
        ]) as from_code,
        unnest([to_buurt, 'WK' || substr(to_buurt, 3, 6), 'GM' || substr(to_buurt, 3, 4)])
            as to_code,
    from raw.address_pair
    anti join core.strange_addresses as old on old.year = address_pair.from_year
    anti join core.strange_addresses as new on new.year = address_pair.to_year
),

counted as (
    select pair.from_year, pair.to_year, pair.from_code, pair.to_code,
        sum(pair.addresses) as addresses,
    from level_pair as pair
    semi join listed as old on old.area_code = pair.from_code and old.year = pair.from_year
    semi join listed as new on new.area_code = pair.to_code and new.year = pair.to_year
    group by all
),

common as (
    select *,
        sum(addresses) over (partition by from_year, to_year, from_code) as of_old,
        sum(addresses) over (partition by from_year, to_year, to_code) as of_new,
    from counted
),

-- what in between says that two areas are not one place. Of the earlier code the later list may
-- speak as of another place: there only the years between count
altered as (
    select common.from_year, common.to_year, common.from_code, common.to_code,
    from common
    join changed
        on changed.area_code = common.to_code
        and changed.year > common.from_year
        and changed.year <= common.to_year

    union

    select common.from_year, common.to_year, common.from_code, common.to_code,
    from common
    join changed
        on changed.area_code = common.from_code
        and changed.year > common.from_year
        and changed.year < common.to_year

    union

    select common.from_year, common.to_year, common.from_code, common.to_code,
    from (
        select from_year, to_year, from_code, to_code, unnest([from_code, to_code]) as area_code,
        from common
    ) as common
    join merged
        on merged.area_code = common.area_code
        and merged.ended_on > make_date(common.from_year, 1, 1)
        and merged.ended_on <= make_date(common.to_year, 1, 1)
),

-- both ways nearly all addresses, and CBS knows of no other boundary: the same place
same_by_address as (
    select common.from_year, common.to_year, common.from_code, common.to_code,
    from common
    cross join rules
    anti join altered using (from_year, to_year, from_code, to_code)
    where common.addresses >= rules.same_place_share * common.of_old
        and common.addresses >= rules.same_place_share * common.of_new
),

pair_of_years as (
    select distinct from_year, to_year from level_pair
),

-- where nobody lives there are no addresses: there the flags of every year must say it
same_by_flag as (
    select pair.from_year, pair.to_year, old.area_code as from_code, old.area_code as to_code,
    from pair_of_years as pair
    join listed as old on old.year = pair.from_year and old.area_kind in ('wijk', 'buurt')
    join listed as later
        on later.area_code = old.area_code
        and later.year > pair.from_year
        and later.year <= pair.to_year
        and later.change_flag = 1
    anti join common
        on common.from_year = pair.from_year
        and common.to_year = pair.to_year
        and common.from_code = old.area_code
    group by all
    having count(distinct later.year) = pair.to_year - pair.from_year
),

same as (
    select from_year, to_year, from_code, to_code from same_by_address

    union all by name

    select same_by_flag.from_year, same_by_flag.to_year, same_by_flag.from_code,
        same_by_flag.to_code,
    from same_by_flag
    anti join common
        on common.from_year = same_by_flag.from_year
        and common.to_year = same_by_flag.to_year
        and common.to_code = same_by_flag.to_code
),

-- the stray addresses of others in a place that stays the same are not a part of those others
parted as (
    select
        common.from_year,
        common.to_year,
        common.from_code,
        common.to_code,
        common.addresses,
        taken.to_code is not null as is_stray,
        sum(if(taken.to_code is null, common.addresses, 0)) over (
            partition by common.from_year, common.to_year, common.from_code
        ) as beside_strays,
        common.of_old,
    from common
    anti join same
        on same.from_year = common.from_year
        and same.to_year = common.to_year
        and same.from_code = common.from_code
    left join same as taken
        on taken.from_year = common.from_year
        and taken.to_year = common.to_year
        and taken.to_code = common.to_code
),

by_address as (
    select from_year, to_year, from_code, to_code,
        if(beside_strays > 0, addresses / beside_strays, addresses / of_old) as weight,
        'addresses' as method,
        false as is_same_place,
    from parted
    where beside_strays = 0 or not is_stray

    union all by name

    select from_year, to_year, from_code, to_code, 1.0 as weight,
        if(from_code = to_code, 'unchanged', 'recoded') as method,
        true as is_same_place,
    from same
),

-- a list of a year in between may be missing, or lack a level
next_list as (
    select area_kind, year, lead(year) over (partition by area_kind order by year) as next_year,
    from (select distinct area_kind, year from listed)
    qualify next_year is not null
),

by_user as (
    select step.from_year, step.to_year, step.from_code, step.to_code, step.weight,
        'lineage_file' as method,
        step.weight = 1
        and count(*) over (partition by step.from_year, step.to_year, step.to_code) = 1
            as is_same_place,
    from catalog.lineage_step as step
    semi join listed as old on old.area_code = step.from_code and old.year = step.from_year
    semi join listed as new on new.area_code = step.to_code and new.year = step.to_year
),

-- whole gemeenten that became part of another; a share that nobody knows is no step
by_herindeling as (
    select next_list.year as from_year, next_list.next_year as to_year,
        herindeling.old_code as from_code, herindeling.new_code as to_code,
        herindeling.weight, 'herindeling' as method,
        count(*) over (partition by herindeling.new_code, next_list.year) = 1
        and old_self.area_code is null
        and herindeling.weight = 1 as is_same_place,
    from catalog.herindeling as herindeling
    join next_list
        on next_list.area_kind = 'gemeente'
        and herindeling.ended_on > make_date(next_list.year, 1, 1)
        and herindeling.ended_on <= make_date(next_list.next_year, 1, 1)
    semi join listed as old
        on old.area_code = herindeling.old_code and old.year = next_list.year
    left join listed as old_self
        on old_self.area_code = herindeling.new_code and old_self.year = next_list.year
    where herindeling.weight is not null
),

unknown_share as (
    select next_list.year as from_year, unnest([herindeling.old_code, herindeling.new_code])
            as area_code,
    from catalog.herindeling as herindeling
    join next_list
        on next_list.area_kind = 'gemeente'
        and herindeling.ended_on > make_date(next_list.year, 1, 1)
        and herindeling.ended_on <= make_date(next_list.next_year, 1, 1)
    where herindeling.weight is null
),

-- what an ended gemeente became part of, where nobody says it, is one that has a changed wijk
suspect as (
    select unknown_end.from_year, 'GM' || substr(wijk.area_code, 3, 4) as area_code,
    from core.unknown_end as unknown_end
    join core.area as wijk
        on wijk.year = unknown_end.to_year
        and wijk.area_kind = 'wijk'
        and wijk.change_flag is distinct from 1
    group by all
),

by_code as (
    select next_list.year as from_year, next_list.next_year as to_year,
        old.area_code as from_code, old.area_code as to_code, 1.0 as weight,
        'unchanged' as method,
        receives.new_code is null as is_same_place,
    from next_list
    join listed as old on old.year = next_list.year and old.area_kind = next_list.area_kind
    join listed as new on new.area_code = old.area_code and new.year = next_list.next_year
    left join (
        select distinct ended_on, new_code from catalog.herindeling where weight is not null
    ) as receives
        on receives.new_code = old.area_code
        and receives.ended_on > make_date(next_list.year, 1, 1)
        and receives.ended_on <= make_date(next_list.next_year, 1, 1)
    anti join unknown_share
        on unknown_share.from_year = next_list.year
        and unknown_share.area_code = old.area_code
    anti join suspect
        on suspect.from_year = next_list.year
        and suspect.area_code = old.area_code
    -- a flag tells of one year, what became of gemeenten is known of every day
    where old.area_kind in ('land', 'gemeente')
        or (new.change_flag = 1 and next_list.next_year = next_list.year + 1)
),

-- the best of what is known of each area and year
ranked as (
    select *, 1 as preference from by_address
    union all by name
    select *, 2 as preference from by_user
    union all by name
    select *, 3 as preference from by_herindeling
    union all by name
    select *, 3 as preference from by_code
)

select distinct from_code, from_year, to_code, to_year, weight, method, is_same_place,
from ranked
qualify preference = min(preference) over (partition by from_code, from_year)
