-- one declared rate: area, year and indicator, from a numerator and a denominator of the same place
with measured as (
    select * from core.measured

    union all by name

    select * from core.programme_measured
),

divided as (
    select
        rate.indicator_id,
        rate.per,
        rate.counts,
        numerator.area_code,
        numerator.geography_year,
        numerator.year,
        numerator.source_id,
        numerator.value as numerator_value,
        denominator.value as denominator_value,
        coalesce(numerator.standard_error, 0) as numerator_error,
        coalesce(denominator.standard_error, 0) as denominator_error,
        numerator.status as numerator_status,
        coalesce(denominator.status, 'not_applicable') as denominator_status,
        -- all that is provisional of it
        (numerator.is_never_revised or numerator.status <> 'provisional')
        and coalesce(denominator.is_never_revised or denominator.status <> 'provisional', true)
            as is_settled,
        numerator.is_restated or coalesce(denominator.is_restated, false) as is_restated,
        greatest(numerator.moved_share, denominator.moved_share) as moved_share,
        -- both only grow with the years that a boundary lies back
        numerator.boundary_segment + denominator.boundary_segment as boundary_segment,
        least(numerator.retrieved_on, coalesce(denominator.retrieved_on, numerator.retrieved_on))
            as retrieved_on,
        -- as published only where both figures are about the same place
        if(
            numerator.geography_year = denominator.geography_year
            or (
                numerator.value = numerator.value_as_published
                and denominator.value = denominator.value_as_published
            ),
            per * numerator.value_as_published / nullif(denominator.value_as_published, 0),
            null
        ) as value_as_published,
    from catalog.rate as rate
    join measured as numerator
        on numerator.indicator_id = rate.numerator_id
    left join measured as denominator
        on denominator.indicator_id = rate.denominator_id
        and denominator.area_code = numerator.area_code
        and denominator.year = numerator.year
)

select
    indicator_id,
    area_code,
    geography_year,
    year,
    source_id,
    retrieved_on,
    numerator_value,
    denominator_value,
    if(denominator_value > 0, per * numerator_value / denominator_value, null) as value,
    value_as_published,
    -- chance in what is counted, and what the two counts have of themselves, as rounding
    if(
        value is null,
        null,
        per
        * sqrt(
            if(counts = 'events', 1, rule('register_turnover')) * greatest(numerator_value, 1)
            + numerator_error ** 2
            + (denominator_error * numerator_value / denominator_value) ** 2
        )
        / denominator_value
    ) as standard_error,
    case
        when numerator_value is null then numerator_status
        when denominator_value is null then denominator_status
        when denominator_value <= 0 then 'not_applicable'
        when 'provisional' in (numerator_status, denominator_status) then 'provisional'
        else 'final'
    end as status,
    status = 'provisional' and is_settled as is_never_revised,
    is_restated,
    moved_share,
    boundary_segment,
from divided
