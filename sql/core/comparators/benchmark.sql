-- what one figure is compared with: area, programme, indicator, year and comparator
with rules as (
    select largest_own_share from catalog.restating
),

-- every wijk and every area of a programme; the latter with the programme's own comparators
compared as (
    select area_code, gemeente_code, false as is_of_programme
    from core.place
    where is_listed and area_kind = 'wijk'
        and area_code not in (from core.programme_area select area_code where is_used)

    union all by name

    select distinct area_code, gemeente_code, true as is_of_programme
    from core.programme_area
    where is_used
),

figure as (
    select
        observation.area_code,
        observation.indicator_id,
        observation.year,
        observation.value,
        denominator.value as mass,
    from core.observation as observation
    join catalog.indicator as indicator using (indicator_id)
    left join core.observation as denominator
        on denominator.area_code = observation.area_code
        and denominator.year = observation.year
        and denominator.indicator_id = indicator.denominator_id
    where observation.value is not null and indicator.direction <> 0
),

-- which comparators an area has, and whether it is itself in them
wanted as (
    select area_code, 'gemeente' as comparator, gemeente_code as comparator_code,
        true as is_inside,
    from compared

    union all by name

    select area_code, 'nl' as comparator, 'NL00' as comparator_code, true as is_inside,
    from compared

    union all by name

    select compared.area_code, area_group.group_id as comparator,
        area_group.group_id as comparator_code, member.area_code is not null as is_inside,
    from compared
    cross join catalog.area_group as area_group
    left join core.group_member as member
        on member.group_id = area_group.group_id
        and member.area_code = compared.gemeente_code
    where compared.is_of_programme

    union all by name

    select area_code, programme_id, 'programme' as comparator, programme_id as comparator_code,
        is_in_group as is_inside, list_date,
    from core.programme_area
    where is_used

    union all by name

    select area_code, programme_id, 'gemeente_other' as comparator,
        gemeente_code as comparator_code, false as is_inside, list_date,
    from core.programme_area
    where is_used and is_in_group

    union all by name

    select area_code, programme_id, 'non_programme' as comparator, 'NL00' as comparator_code,
        false as is_inside, list_date,
    from core.programme_area
    where is_used and is_in_group
),

paired as (
    select
        wanted.*,
        figure.indicator_id,
        figure.year,
        figure.value as own_value,
        figure.mass as own_mass,
        comparator.value,
        comparator.mass,
        comparator.areas,
        comparator.is_published,
    from wanted
    join figure using (area_code)
    join core.comparator_value as comparator
        on comparator.comparator = wanted.comparator
        and comparator.comparator_code = wanted.comparator_code
        and comparator.programme_id is not distinct from wanted.programme_id
        and comparator.indicator_id = figure.indicator_id
        and comparator.year = figure.year
    where comparator.value is not null
),

shared as (
    select *, if(is_inside, own_mass / nullif(mass, 0), 0) as own_share
    from paired
)

select
    shared.area_code,
    shared.programme_id,
    shared.indicator_id,
    shared.year,
    shared.comparator,
    shared.comparator_code,
    case
        -- an area that reaches outside its gemeente leaves nothing to compare with
        when shared.own_share > 1 - 1e-9 then null
        when shared.own_share > rules.largest_own_share then
            (shared.value * shared.mass - shared.own_value * shared.own_mass)
            / (shared.mass - shared.own_mass)
        else shared.value
    end as value,
    shared.own_share,
    coalesce(shared.own_share > rules.largest_own_share, false) as is_self_excluded,
    shared.areas,
    shared.is_published,
    shared.list_date,
from shared
cross join rules
