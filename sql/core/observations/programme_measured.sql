-- one fetched figure of an area made of parts: area, year and indicator
with rules as (
    select largest_missing_share from catalog.restating
),

composed as (
    select part.area_code, part.target_code, part.share,
        count(*) over (partition by part.area_code) as parts,
    from core.programme_part as part
    join core.programme_area as area using (programme_id, area_code)
    where area.area_kind = 'programme_area' and area.is_used
),

part as (
    select
        composed.area_code,
        composed.parts,
        composed.share,
        measured.geography_year,
        measured.year,
        measured.indicator_id,
        indicator.aggregation,
        measured.value as part_value,
        measured.standard_error as part_error,
        measured.status as part_status,
        measured.is_never_revised as is_part_never_revised,
        measured.is_restated as is_part_restated,
        measured.source_id,
        measured.retrieved_on,
        denominator.value * composed.share as mass,
        coalesce(denominator.status, '') as mass_status,
    from composed
    join core.measured as measured on measured.area_code = composed.target_code
    join catalog.indicator as indicator using (indicator_id)
    left join core.measured as denominator
        on denominator.area_code = measured.area_code
        and denominator.year = measured.year
        and denominator.indicator_id = indicator.denominator_id
),

gathered as (
    select
        area_code,
        max(geography_year) as geography_year,
        year,
        indicator_id,
        case
            when count(*) < any_value(parts) then null
            when any_value(aggregation) = 'sum'
                then if(count(part_value) = count(*), sum(part_value * share), null)
            when count(*) = 1 then any_value(part_value)
            when count(part_value) = count(*) and count(mass) = count(*)
                then sum(part_value * mass) / nullif(sum(mass), 0)
            when count(mass) = count(*)
                and sum(if(part_value is null, mass, 0))
                <= any_value(rules.largest_missing_share) * sum(mass)
                then sum(part_value * mass) / nullif(sum(mass) filter (where part_value is not null), 0)
        end as value,
        case
            when any_value(aggregation) = 'sum' then sqrt(sum((part_error * share) ** 2))
            when count(*) = 1 then any_value(part_error)
            else sqrt(sum((part_error * mass) ** 2))
                / nullif(sum(mass) filter (where part_value is not null), 0)
        end as standard_error,
        case
            when value is not null and bool_or(part_status = 'provisional') then 'provisional'
            when value is not null then 'final'
            when bool_or(part_status = 'quarantined' or mass_status = 'quarantined')
                then 'quarantined'
            when bool_or(part_status = 'not_resolved' or mass_status = 'not_resolved')
                then 'not_resolved'
            when bool_or(part_status = 'not_received' or mass_status = 'not_received')
                then 'not_received'
            when bool_or(part_status = 'not_comparable') then 'not_comparable'
            when bool_or(part_status = 'suppressed') then 'suppressed'
            when bool_or(part_status = 'not_yet_published') then 'not_yet_published'
            when bool_or(part_status = 'not_applicable') then 'not_applicable'
            else 'suppressed'
        end as status,
        status = 'provisional'
        and bool_and(is_part_never_revised) filter (where part_status = 'provisional')
            as is_never_revised,
        bool_or(is_part_restated) or min(share) < 1 as is_restated,
        arg_max(source_id, share) as source_id,
        min(retrieved_on) as retrieved_on,
    from part
    cross join rules
    group by all
)

select
    gathered.area_code,
    gathered.geography_year,
    gathered.year,
    gathered.indicator_id,
    gathered.value,
    null::double as value_as_published,
    gathered.status,
    gathered.is_never_revised,
    if(gathered.value is null, null, gathered.standard_error) as standard_error,
    gathered.is_restated,
    link.moved_share,
    coalesce(link.boundary_segment, 0) as boundary_segment,
    gathered.source_id,
    gathered.retrieved_on,
from gathered
left join core.programme_link as link
    on link.area_code = gathered.area_code
    and link.year = gathered.geography_year
