-- the page of one wijk or area of a programme
with inhabitants as (
    select area_code, max(year) as year, arg_max(value, year) as value
    from core.observation
    where indicator_id = (select inhabitants_id from catalog.restating) and value is not null
    group by all
),

followed as (
    select
        area.area_code,
        list({
            'id': area.programme_id,
            'certainty': area.certainty,
            'codes': if(area.area_kind = 'programme_area', area.codes, null)
        } order by programme.position) as programmes,
    from core.programme_area as area
    join catalog.programme as programme using (programme_id)
    where area.is_used and area.is_on_list
    group by all
),

rollup as (
    select
        alert.area_code,
        list({
            'programme': alert.programme_id,
            'grouping': alert."grouping",
            'theme': alert.theme,
            'alerts': alert.alerts,
            'conclusive': alert.conclusive,
            'is_alert': alert.is_alert,
            'is_structural': alert.is_structural,
            'sentence_nl': alert.sentence_nl,
            'sentence_en': alert.sentence_en
        } order by programme.position, alert."grouping" desc, alert.theme) as rollups,
    from marts.area_alert as alert
    left join catalog.programme as programme using (programme_id)
    where alert.edition_year = (select max(edition_year) from marts.stagnation)
        and (alert.programme_id is not null or alert.area_code not in (
            select area_code from marts.area_alert where programme_id is not null
        ))
    group by all
),

carded as (
    select
        card.area_code,
        list({
            'card': card.card,
            'years': coalesce(series.years, []),
            'source': series.source_id,
            'is_rest_of_gemeente': coalesce(series.is_rest_of_gemeente, false),
            'is_rest_of_programme': coalesce(series.is_rest_of_programme, false)
        } order by card.indicator_position) as cards,
        list_sort(list(distinct told_source.line) filter (where told_source.line is not null))
            as sources,
    from card
    left join series using (area_code, indicator_id)
    left join told_source using (source_id)
    group by all
),

-- the sources of all years, of which the newest are named first
delivered as (
    select sourced.area_code, list_sort(list(distinct told_source.line)) as sources,
    from (select area_code, unnest(source_ids) as source_id from series) as sourced
    join told_source using (source_id)
    group by all
)

select
    place.area_code as page_id,
    place.area_name as title,
    to_json({
        'code': place.area_code,
        'name': place.area_name,
        'kind': place.area_kind,
        'gemeente_code': place.gemeente_code,
        'gemeente_name': place.gemeente_name,
        'inhabitants': inhabitants.value,
        'inhabitants_year': inhabitants.year,
        'group_name': lead.group_name,
        'programmes': coalesce(followed.programmes, []),
        'rollups': coalesce(rollup.rollups, []),
        'cards': coalesce(carded.cards, []),
        'sources': coalesce(carded.sources, []),
        'delivered': coalesce(delivered.sources, [])
    }) as data,
from shown_place as place
left join lead using (area_code)
left join inhabitants using (area_code)
left join followed using (area_code)
left join rollup using (area_code)
left join carded using (area_code)
left join delivered using (area_code)
