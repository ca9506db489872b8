-- one figure with what an analyst reads beside it: area, year and indicator
with first_programme as (
    select area.area_code, arg_min(programme.programme_id, programme.position) as programme_id
    from core.programme_area as area
    join catalog.programme as programme using (programme_id)
    where area.is_used
    group by all
),

-- figures whose next year has the same definition
unbroken as (
    select
        observation.area_code,
        observation.indicator_id,
        observation.year,
        observation.boundary_segment,
        observation.value,
    from core.observation as observation
    anti join catalog.indicator_break as definition_break
        on definition_break.indicator_id = observation.indicator_id
        and definition_break.year = observation.year + 1
    where observation.value is not null
),

of_gemeente as (
    select area_code, indicator_id, year, value,
    from core.observation
    where starts_with(area_code, 'GM')
),

ranked as (
    select
        observation.area_code,
        observation.indicator_id,
        observation.year,
        rank() over (
            partition by
                place.gemeente_code, place.area_kind, observation.indicator_id, observation.year
            order by indicator.direction * observation.value desc
        ) as rank_in_gemeente,
        count(*) over (
            partition by
                place.gemeente_code, place.area_kind, observation.indicator_id, observation.year
        ) as rank_of,
    from core.observation as observation
    join catalog.indicator as indicator using (indicator_id)
    join core.place as place using (area_code)
    where observation.value is not null
        and indicator.direction <> 0
        and place.area_kind in ('wijk', 'buurt')
)

select
    indicator.theme,
    observation.area_code,
    place.area_name,
    place.area_kind,
    place.gemeente_code,
    place.gemeente_name,
    observation.year,
    observation.indicator_id,
    indicator.name_nl as indicator_name,
    observation.value,
    observation.unit,
    observation.status,
    observation.value_as_published,
    gemeente.value as gemeente_value,
    programme.value as programme_value,
    nation.value as nl_value,
    ranked.rank_in_gemeente,
    ranked.rank_of,
    observation.value - previous.value as change,
    observation.source_id,
    observation.retrieved_on,
    observation.is_restated,
    observation.moved_share,
from core.observation as observation
join catalog.indicator as indicator using (indicator_id)
join core.place as place using (area_code)
left join of_gemeente as gemeente
    on gemeente.area_code = place.gemeente_code
    and gemeente.indicator_id = observation.indicator_id
    and gemeente.year = observation.year
left join core.observation as nation
    on nation.area_code = 'NL00'
    and nation.indicator_id = observation.indicator_id
    and nation.year = observation.year
left join ranked
    on ranked.area_code = observation.area_code
    and ranked.indicator_id = observation.indicator_id
    and ranked.year = observation.year
left join unbroken as previous
    on previous.area_code = observation.area_code
    and previous.indicator_id = observation.indicator_id
    and previous.year = observation.year - 1
    and previous.boundary_segment = observation.boundary_segment
left join first_programme
    on first_programme.area_code = observation.area_code
left join core.programme_value as programme
    on programme.programme_id = first_programme.programme_id
    and programme.indicator_id = observation.indicator_id
    and programme.year = observation.year
