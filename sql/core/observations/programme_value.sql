-- one figure for all areas of a programme's list together: programme, indicator and year
with rules as (
    select largest_missing_share from catalog.restating
),

chosen as (
    select programme_id, area_code, count(*) over (partition by programme_id) as areas
    from core.programme_area
    where is_in_group
),

member as (
    select
        chosen.programme_id,
        chosen.areas,
        observation.indicator_id,
        observation.year,
        observation.value,
        denominator.value as mass,
        indicator.aggregation,
    from chosen
    join core.observation as observation using (area_code)
    join catalog.indicator as indicator using (indicator_id)
    left join core.observation as denominator
        on denominator.area_code = observation.area_code
        and denominator.year = observation.year
        and denominator.indicator_id = indicator.denominator_id
)

-- without every member there is no sum: of what happens to be known it is another number
select
    programme_id,
    indicator_id,
    year,
    any_value(areas) as areas,
    case
        when any_value(aggregation) = 'sum'
            then if(count(value) = any_value(areas), sum(value), null)
        when count(mass) = any_value(areas)
            and coalesce(sum(mass) filter (where value is null), 0)
            <= any_value(rules.largest_missing_share) * sum(mass)
            then sum(value * mass) / nullif(sum(mass) filter (where value is not null), 0)
    end as value,
    if(count(mass) = any_value(areas), sum(mass), null) as mass,
from member
cross join rules
group by all
