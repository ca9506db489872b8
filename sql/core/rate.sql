-- one declared rate: area, year and indicator, from a numerator and a denominator of the same place
with divided as (
    select
        rate.indicator_id,
        rate.per,
        rate.counts,
        numerator.area_code,
        numerator.geography_year,
        numerator.comparable_since,
        numerator.year,
        numerator.source_id,
        numerator.value as numerator_value,
        denominator.value as denominator_value,
        numerator.status as numerator_status,
        coalesce(denominator.status, 'not_applicable') as denominator_status,
        least(numerator.retrieved_on, coalesce(denominator.retrieved_on, numerator.retrieved_on))
            as retrieved_on,
    from catalog.rate as rate
    join core.published as numerator
        on numerator.indicator_id = rate.numerator_id
    left join core.published as denominator
        on denominator.indicator_id = rate.denominator_id
        and denominator.area_code = numerator.area_code
        and denominator.year = numerator.year
        and denominator.comparable_since = numerator.comparable_since
)

select
    indicator_id,
    area_code,
    geography_year,
    comparable_since,
    year,
    source_id,
    retrieved_on,
    numerator_value,
    denominator_value,
    if(denominator_value > 0, per * numerator_value / denominator_value, null) as value,
    case
        when value is not null and counts = 'events'
            then per * sqrt(greatest(numerator_value, 1)) / denominator_value
    end as standard_error,
    case
        when numerator_value is null then numerator_status
        when denominator_value is null then denominator_status
        when denominator_value <= 0 then 'not_applicable'
        when 'provisional' in (numerator_status, denominator_status) then 'provisional'
        else 'final'
    end as status,
from divided
