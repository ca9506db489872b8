-- one area of a programme, whether it is counted with, and if not, why
with rules as (
    select * from catalog.restating cross join core.division
),

list_year as (
    select distinct year from core.area
),

known as (
    select distinct area_code from core.area
),

traced as (
    select area_code, year from core.area_lineage

    union

    select area.area_code, area.year
    from core.area as area
    join core.division as division on division.target_year = area.year
),

-- what is wrong with a member, from what is said of it to where its code leads today
member as (
    select
        member.*,
        case
            when member.certainty = 'open' then 'no CBS code is known for it'
            when not member.is_usable then format(
                '{} is no more than {}', member.member_code,
                if(member.certainty = 'too_wide', 'an area around it', 'a candidate')
            )
            when list_year.year is null then format(
                'there is no area list of {}, the year of code {}',
                member.code_year, member.member_code
            )
            when area.area_code is null then format(
                '{} is not in the area list of {}', member.member_code, member.code_year
            )
            when traced.area_code is null then format(
                '{} of {} cannot be traced to {}: CBS calls it changed, and no address files or lineage tell how',
                member.member_code, member.code_year, rules.target_year
            )
        end as problem,
    from catalog.programme_member as member
    cross join rules
    left join list_year on list_year.year = member.code_year
    left join core.area as area
        on area.area_code = member.member_code
        and area.year = member.code_year
    left join traced
        on traced.area_code = member.member_code
        and traced.year = member.code_year
),

part as (
    select
        programme_id,
        area_code,
        count(*) as parts,
        sum(inhabitants) as inhabitants,
        coalesce(
            sum(if(is_split, inhabitants, 0)) / nullif(sum(inhabitants), 0),
            avg(is_split::integer)
        ) as split_share,
        string_agg(
            target_code || if(share < 1, format(' ({:.0f}%)', half_up(share * 100, 0)), ''), ' '
            order by target_code
        ) as codes,
    from core.programme_part
    group by all
),

described as (
    select
        programme_id,
        area_code,
        any_value(area_id) as area_id,
        any_value(area_name) as area_name,
        any_value(gemeente_code) as gemeente_code,
        any_value(valid_from) as valid_from,
        any_value(valid_to) as valid_to,
        arg_max(
            certainty, list_position(
                ['confirmed', 'name_match', 'candidate', 'too_wide', 'open'], certainty
            )
        ) as certainty,
        string_agg(distinct problem, '; ' order by problem) as problem,
    from member
    group by all
),

composed as (
    select
        described.programme_id,
        described.area_code,
        described.area_id,
        described.area_name,
        'programme_area' as area_kind,
        described.gemeente_code,
        described.valid_from,
        described.valid_to,
        described.certainty,
        part.parts,
        part.codes,
        part.inhabitants,
        part.split_share,
        case
            when described.problem is not null then described.problem
            when part.area_code is null then 'its codes lead to no area of today'
            when part.split_share > rules.largest_moved_share then format(
                '{:.0f}% of it lies in areas that are partly inside it today',
                part.split_share * 100
            )
        end as problem,
    from described
    cross join rules
    left join part using (programme_id, area_code)

    union all by name

    select
        chosen.programme_id,
        chosen.area_code,
        chosen.area_code as area_id,
        coalesce(area.area_name, chosen.area_code) as area_name,
        area.area_kind,
        area.gemeente_code,
        null as valid_from,
        null as valid_to,
        'confirmed' as certainty,
        1 as parts,
        chosen.area_code as codes,
        area.inhabitants,
        0 as split_share,
        case
            when known.area_code is null then format('no source knows {}', chosen.area_code)
            when area.area_code is null then format(
                '{} is not in the area list of {}', chosen.area_code, rules.target_year
            )
        end as problem,
    from catalog.programme_area as chosen
    cross join rules
    left join known using (area_code)
    left join core.area as area
        on area.area_code = chosen.area_code
        and area.year = rules.target_year
),

-- an area that holds another of the same programme would count it twice
holding as (
    select distinct outer_part.programme_id, outer_part.area_code
    from core.programme_part as outer_part
    join core.programme_part as inner_part
        on inner_part.programme_id = outer_part.programme_id
        and inner_part.area_code <> outer_part.area_code
        and length(inner_part.target_code) > length(outer_part.target_code)
        and starts_with(substr(inner_part.target_code, 3), substr(outer_part.target_code, 3))
    semi join composed as inner_area
        on inner_area.programme_id = inner_part.programme_id
        and inner_area.area_code = inner_part.area_code
        and inner_area.problem is null
)

select
    composed.*,
    gemeente.area_name as gemeente_name,
    composed.problem is null as is_used,
    coalesce(composed.valid_from <= make_date(rules.target_year, 12, 31), true)
    and coalesce(composed.valid_to > make_date(rules.target_year, 1, 1), true) as is_on_list,
    coalesce(programme.list_as_of, make_date(rules.target_year, 12, 31)) as list_date,
    composed.problem is null
    and holding.area_code is null
    and coalesce(composed.valid_from <= list_date, true)
    and coalesce(composed.valid_to > list_date, true) as is_in_group,
    holding.area_code is not null as holds_another,
from composed
cross join rules
join catalog.programme as programme using (programme_id)
left join holding using (programme_id, area_code)
left join core.area as gemeente
    on gemeente.area_code = composed.gemeente_code
    and gemeente.year = rules.target_year
