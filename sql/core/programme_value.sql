-- one figure for all areas of a programme together: programme, indicator and year
with member as (
    select programme_area.programme_id, observation.indicator_id, observation.year,
        observation.value, weight.value as weight, indicator.aggregation,
    from catalog.programme_area as programme_area
    join core.observation as observation using (area_code)
    join catalog.indicator as indicator using (indicator_id)
    left join core.observation as weight
        on weight.area_code = observation.area_code
        and weight.year = observation.year
        and weight.indicator_id = indicator.denominator_id
),

membership as (
    select programme_id, count(*) as areas,
    from catalog.programme_area
    group by all
)

-- without every member there is no figure: a sum of what happens to be known is another number
select
    member.programme_id,
    member.indicator_id,
    member.year,
    case
        when count(member.value) < any_value(membership.areas) then null
        when any_value(member.aggregation) = 'sum' then sum(member.value)
        when count(member.weight) < any_value(membership.areas) then null
        else sum(member.value * member.weight) / nullif(sum(member.weight), 0)
    end as value,
from member
join membership using (programme_id)
group by all
