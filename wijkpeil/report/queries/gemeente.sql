-- the page of one gemeente: its own figures, and the classes of its wijken and programme areas
with judged as (
    select
        place.gemeente_code,
        place.area_code,
        any_value(place.area_name) as area_name,
        any_value(place.area_kind) as area_kind,
        count(*) as assessed,
        count(*) filter (where card.is_alert) as alerts,
        count(*) filter (where card.class not in ('inconclusive', 'insufficient'))
            as conclusive,
        list({
            'indicator': card.indicator_id,
            'class': card.class,
            'is_gap': card.card.is_gap,
            'is_new': card.is_alert and not card.was_alert,
            'is_lifted': card.was_alert and not card.is_alert and card.class <> 'insufficient'
        } order by card.indicator_position) as classes,
    from card
    join shown_place as place using (area_code)
    where place.gemeente_code is not null
    group by all
),

themed as (
    select area_code, bool_or(is_alert) as is_alert, bool_or(is_structural) as is_structural
    from marts.area_alert
    where "grouping" = 'theme'
        and edition_year = (select max(edition_year) from marts.stagnation)
    group by all
),

listed as (
    select
        judged.gemeente_code,
        list({
            'code': judged.area_code,
            'name': judged.area_name,
            'kind': judged.area_kind,
            'assessed': judged.assessed,
            'alerts': judged.alerts,
            'conclusive': judged.conclusive,
            'is_alert': coalesce(themed.is_alert, false),
            'is_structural': coalesce(themed.is_structural, false),
            'classes': judged.classes
        } order by judged.area_kind, judged.area_code) as areas,
    from judged
    left join themed using (area_code)
    group by all
),

figures as (
    select
        series.area_code as gemeente_code,
        list({
            'indicator': series.indicator_id,
            'years': series.years,
            'source': series.source_id
        } order by indicator.rowid) as figures,
        list_sort(list(distinct told_source.line) filter (where told_source.line is not null))
            as sources,
    from series
    join catalog.indicator as indicator using (indicator_id)
    left join told_source using (source_id)
    where starts_with(series.area_code, 'GM')
    group by all
)

select
    place.area_code as page_id,
    place.area_name as title,
    to_json({
        'code': place.area_code,
        'name': place.area_name,
        'areas': coalesce(listed.areas, []),
        'figures': coalesce(figures.figures, []),
        'sources': coalesce(figures.sources, []),
        'map': drawn_map.drawing
    }) as data,
from core.place as place
left join listed on listed.gemeente_code = place.area_code
left join drawn_map on drawn_map.page_id = place.area_code
left join figures on figures.gemeente_code = place.area_code
where place.area_kind = 'gemeente' and place.is_listed
