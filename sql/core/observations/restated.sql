-- one figure of another area, brought to an area of the newest list: area, year and indicator
with rules as (
    select 1 - same_place_share as small_share from catalog.restating
),

part as (
    select
        lineage.target_code,
        link.parts,
        link.moved_share,
        link.is_comparable,
        link.boundary_segment,
        lineage.weight,
        lineage.target_share,
        published.geography_year,
        published.year,
        published.indicator_id,
        indicator.aggregation,
        published.value as part_value,
        published.standard_error as part_error,
        published.status as part_status,
        published.is_never_revised as is_part_never_revised,
        published.source_id,
        published.retrieved_on,
        denominator.value * lineage.weight as mass,
        coalesce(denominator.status, '') as mass_status,
    from core.area_link as link
    join core.area_lineage as lineage
        on lineage.target_code = link.area_code
        and lineage.year = link.year
    join core.published as published
        on published.area_code = lineage.area_code
        and published.geography_year = lineage.year
    join catalog.indicator as indicator using (indicator_id)
    left join core.published as denominator
        on denominator.area_code = published.area_code
        and denominator.geography_year = published.geography_year
        and denominator.year = published.year
        and denominator.indicator_id = indicator.denominator_id
    where not link.is_unchanged
),

-- a share of a part too small to matter may be unknown; a count may not
gathered as (
    select
        target_code as area_code,
        geography_year,
        year,
        indicator_id,
        any_value(moved_share) as moved_share,
        any_value(is_comparable) as is_comparable,
        any_value(boundary_segment) as boundary_segment,
        case
            when count(*) < any_value(parts) then null
            when any_value(aggregation) = 'sum' then
                if(count(part_value) = count(*), sum(part_value * weight), null)
            when coalesce(sum(target_share) filter (where part_value is null), 0)
                > any_value(rules.small_share) then null
            when count(part_value) = 1 then any_value(part_value)
            when count(part_value) = count(mass) filter (where part_value is not null)
                then sum(part_value * mass) / nullif(sum(mass) filter (where part_value is not null), 0)
        end as value,
        case
            when any_value(aggregation) = 'sum' then sqrt(sum((part_error * weight) ** 2))
            when count(part_value) = 1 then any_value(part_error)
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
            when bool_or(part_status = 'suppressed') then 'suppressed'
            when bool_or(part_status = 'not_yet_published') then 'not_yet_published'
            when bool_or(part_status = 'not_applicable') then 'not_applicable'
            else 'not_comparable'
        end as status,
        status = 'provisional'
        and bool_and(is_part_never_revised) filter (where part_status = 'provisional')
            as is_never_revised,
        arg_max(source_id, target_share) as source_id,
        min(retrieved_on) as retrieved_on,
    from part
    cross join rules
    group by all
)

select
    area_code,
    geography_year,
    year,
    indicator_id,
    value,
    if(value is null, null, standard_error) as standard_error,
    status,
    is_never_revised,
    moved_share,
    is_comparable,
    boundary_segment,
    source_id,
    retrieved_on,
from gathered
