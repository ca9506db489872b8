-- the figures of one area and indicator that has a direction, year by year
select
    figure.area_code,
    figure.indicator_id,
    list({
        'year': figure.year,
        'value': round(figure.value, indicator.decimals + 2),
        'status': figure.status,
        'is_restated': figure.is_restated,
        'published': if(figure.value is distinct from figure.value_as_published,
            round(figure.value_as_published, indicator.decimals + 2), null),
        'gemeente': round(figure.gemeente_value, indicator.decimals + 2),
        'nl': round(figure.nl_value, indicator.decimals + 2),
        'programme': round(figure.programme_value, indicator.decimals + 2)
    } order by figure.year) as years,
    arg_max(figure.source_id, figure.year) as source_id,
from core.figure as figure
join catalog.indicator as indicator using (indicator_id)
join core.place as place using (area_code)
where indicator.direction <> 0
    and place.is_listed
    and figure.area_kind in ('wijk', 'gemeente', 'programme_area')
group by all
