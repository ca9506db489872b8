-- one figure: area, year and indicator
with figure as (
    select
        area_code, geography_year, year, indicator_id, value, value_as_published, status,
        is_never_revised, standard_error, is_restated, moved_share, boundary_segment, source_id, retrieved_on,
    from core.measured

    union all by name

    select
        area_code, geography_year, year, indicator_id, value, value_as_published, status,
        is_never_revised, standard_error, is_restated, moved_share, boundary_segment, source_id, retrieved_on,
    from core.programme_measured

    union all by name

    select
        area_code, geography_year, year, indicator_id, value, value_as_published, status,
        is_never_revised, standard_error, is_restated, moved_share, boundary_segment, source_id, retrieved_on,
    from core.rate
)

select
    figure.area_code,
    figure.geography_year,
    figure.year,
    figure.indicator_id,
    -- what is computed of figures that are possible may still be impossible: a rate, a sum of parts
    if(
        figure.value between indicator.range_low and indicator.range_high, figure.value, null
    ) as value,
    if(
        figure.value_as_published between indicator.range_low and indicator.range_high,
        figure.value_as_published,
        null
    ) as value_as_published,
    indicator.unit,
    if(
        figure.value not between indicator.range_low and indicator.range_high,
        'quarantined',
        figure.status
    ) as status,
    status = 'provisional' and figure.is_never_revised as is_never_revised,
    if(
        figure.value between indicator.range_low and indicator.range_high,
        figure.standard_error,
        null
    ) as standard_error,
    figure.is_restated,
    figure.moved_share,
    figure.boundary_segment,
    figure.source_id,
    figure.retrieved_on,
from figure
join catalog.indicator as indicator using (indicator_id)
