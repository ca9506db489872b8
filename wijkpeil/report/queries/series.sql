-- the figures of one area and indicator that has a direction, year by year, with what they are
-- compared with; of a gemeente that is the country. Rounded, so that the last bit of a sum makes no
-- page anew, and far beyond what is shown: a figure is rounded for a reader once
select
    figure.area_code,
    figure.indicator_id,
    list({
        'year': figure.year,
        'value': round(figure.value, 8),
        'status': figure.status,
        'is_restated': figure.is_restated,
        'published': if(figure.value is distinct from figure.value_as_published,
            round(figure.value_as_published, 8), null),
        'gemeente': round(reference.gemeente, 8),
        'nl': round(coalesce(reference.nl, figure.nl_value), 8),
        'programme': round(reference.programme, 8)
    } order by figure.year) as years,
    coalesce(bool_or(reference.is_rest_of_gemeente), false) as is_rest_of_gemeente,
    coalesce(bool_or(reference.is_rest_of_programme), false) as is_rest_of_programme,
    arg_max(figure.source_id, figure.year) as source_id,
    list(distinct figure.source_id) as source_ids,
from core.figure as figure
join catalog.indicator as indicator using (indicator_id)
join (
    select area_code from shown_place
    union all
    select area_code from core.place
    where area_kind = 'gemeente' and is_listed and area_code not in (
        select area_code from shown_place
    )
) as place using (area_code)
left join reference
    on reference.area_code = figure.area_code
    and reference.indicator_id = figure.indicator_id
    and reference.year = figure.year
where indicator.direction <> 0
group by all
