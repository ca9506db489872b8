-- one figure to compare with: comparator, the code of what it is, programme, indicator and year
with rules as (
    select largest_missing_share from catalog.restating
),

indicator as (
    select indicator_id, denominator_id from catalog.indicator where aggregation <> 'sum'
),

gemeente as (
    select area.area_code, area.inhabitants
    from core.area as area
    join core.division as division on division.target_year = area.year
    where area.area_kind = 'gemeente'
),

weighed as (
    select
        observation.area_code,
        observation.indicator_id,
        observation.year,
        observation.value,
        observation.standard_error,
        denominator.value as mass,
    from core.observation as observation
    join indicator using (indicator_id)
    left join core.observation as denominator
        on denominator.area_code = observation.area_code
        and denominator.year = observation.year
        and denominator.indicator_id = indicator.denominator_id
    where left(observation.area_code, 2) in ('NL', 'GM', 'WK')
),

-- a check on what is published: the same figure computed from the parts
of_parts as (
    select
        coalesce(wijk.gemeente_code, 'NL00') as area_code,
        weighed.indicator_id,
        weighed.year,
        sum(weighed.value * weighed.mass)
        / nullif(sum(weighed.mass) filter (where weighed.value is not null), 0) as computed_value,
        sum(weighed.mass) filter (where weighed.value is not null) as computed_mass,
        sqrt(sum((weighed.standard_error * weighed.mass) ** 2))
        / nullif(sum(weighed.mass) filter (where weighed.value is not null), 0) as computed_error,
        count(weighed.value) as computed_parts,
    from weighed
    left join core.place as wijk
        on wijk.area_code = weighed.area_code
        and wijk.area_kind = 'wijk'
    where wijk.area_code is not null or weighed.area_code in (from gemeente select area_code)
    group by all
),

published as (
    select
        if(weighed.area_code = 'NL00', 'nl', 'gemeente') as comparator,
        weighed.area_code as comparator_code,
        weighed.indicator_id,
        weighed.year,
        weighed.value,
        weighed.standard_error as value_error,
        weighed.mass,
        of_parts.computed_value,
        of_parts.computed_error,
        of_parts.computed_mass / nullif(weighed.mass, 0) as computed_share,
        coalesce(of_parts.computed_parts, 0) as areas,
    from weighed
    left join of_parts using (area_code, indicator_id, year)
    where left(weighed.area_code, 2) in ('NL', 'GM')
),

of_group as (
    select
        group_member.group_id as comparator,
        group_member.group_id as comparator_code,
        weighed.indicator_id,
        weighed.year,
        if(
            count(weighed.mass) = any_value(group_member.areas)
            and coalesce(sum(weighed.mass) filter (where weighed.value is null), 0)
            <= any_value(rules.largest_missing_share) * sum(weighed.mass),
            sum(weighed.value * weighed.mass)
            / nullif(sum(weighed.mass) filter (where weighed.value is not null), 0),
            null
        ) as value,
        sum(weighed.mass) as mass,
        any_value(group_member.areas) as areas,
    from core.group_member as group_member
    join weighed using (area_code)
    cross join rules
    group by all
),

of_programme as (
    select 'programme' as comparator, programme_id as comparator_code, programme_id,
        indicator_id, year, value, mass, areas,
    from core.programme_value
    join indicator using (indicator_id)
),

-- the areas of a programme together, in each gemeente and in the country
listed as (
    select programme_id, area_code, gemeente_code, unnest([gemeente_code, 'NL00']) as whole_code
    from core.programme_area
    where is_in_group
),

inside as (
    select
        listed.programme_id,
        listed.whole_code,
        observation.indicator_id,
        observation.year,
        count(*) as areas,
        count(observation.value) as known_values,
        count(denominator.value) as known_masses,
        sum(observation.value * denominator.value) as product,
        sum(denominator.value) as mass,
    from listed
    join core.observation as observation on observation.area_code = listed.area_code
    join indicator using (indicator_id)
    left join core.observation as denominator
        on denominator.area_code = observation.area_code
        and denominator.year = observation.year
        and denominator.indicator_id = indicator.denominator_id
    group by all
),

membership as (
    select programme_id, whole_code, count(*) as areas
    from listed
    group by all
),

outside as (
    select
        if(inside.whole_code = 'NL00', 'non_programme', 'gemeente_other') as comparator,
        inside.whole_code as comparator_code,
        inside.programme_id,
        inside.indicator_id,
        inside.year,
        if(
            inside.known_values = membership.areas
            and inside.known_masses = membership.areas
            -- of a whole with nothing left outside only rounding is left
            and published.mass - inside.mass > 1e-9 * published.mass,
            (published.value * published.mass - inside.product) / (published.mass - inside.mass),
            null
        ) as value,
        published.mass - inside.mass as mass,
        membership.areas,
    from inside
    join membership using (programme_id, whole_code)
    join published
        on published.comparator_code = inside.whole_code
        and published.indicator_id = inside.indicator_id
        and published.year = inside.year
)

select comparator, comparator_code, null as programme_id, indicator_id, year, value, mass, areas,
    true as is_published, value_error, computed_value, computed_error, computed_share,
from published

union all by name

select comparator, comparator_code, null as programme_id, indicator_id, year, value, mass, areas,
    false as is_published,
from of_group

union all by name

select comparator, comparator_code, programme_id, indicator_id, year, value, mass, areas,
    false as is_published,
from of_programme

union all by name

select comparator, comparator_code, programme_id, indicator_id, year, value, mass, areas,
    false as is_published,
from outside
