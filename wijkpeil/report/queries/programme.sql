-- the page of one programme: its areas, their classes, alerts and targets, and what is not counted
with judged as (
    select
        programme_id,
        area_code,
        count(*) filter (where is_alert) as alerts,
        count(*) filter (where class not in ('inconclusive', 'insufficient')) as conclusive,
        list({
            'indicator': indicator_id,
            'class': class,
            'is_gap': is_gap,
            'is_new': is_new,
            'is_lifted': is_lifted
        } order by indicator_position) as classes,
        list({
            'indicator': indicator_id,
            'class': class,
            'is_gap': is_gap,
            'editions': editions,
            'is_new': is_new,
            'sentence_nl': sentence_nl,
            'sentence_en': sentence_en
        } order by editions desc, indicator_position) filter (where is_alert) as told,
    from signal
    group by all
),

rollup as (
    select
        programme_id,
        area_code,
        bool_or(is_alert) filter (where "grouping" = 'theme') as is_alert,
        bool_or(is_structural) filter (where "grouping" = 'theme') as is_structural,
        list({
            'theme': theme,
            'grouping': "grouping",
            'alerts': alerts,
            'conclusive': conclusive,
            'is_alert': is_alert,
            'is_structural': is_structural,
            'sentence_nl': sentence_nl,
            'sentence_en': sentence_en
        } order by "grouping" desc, theme) as rollups,
    from marts.area_alert
    where programme_id is not null
        and edition_year = (select max(edition_year) from marts.stagnation)
    group by all
),

used as (
    select
        area.programme_id,
        list({
            'code': area.area_code,
            'name': area.area_name,
            'kind': area.area_kind,
            'gemeente_code': area.gemeente_code,
            'gemeente_name': area.gemeente_name,
            'certainty': area.certainty,
            'codes': area.codes,
            'inhabitants': round(area.inhabitants, 8),
            'alerts': coalesce(judged.alerts, 0),
            'conclusive': coalesce(judged.conclusive, 0),
            'classes': coalesce(judged.classes, []),
            'told': coalesce(judged.told, []),
            'is_alert': coalesce(rollup.is_alert, false),
            'is_structural': coalesce(rollup.is_structural, false),
            'rollups': coalesce(rollup.rollups, [])
        } order by area.gemeente_name, area.area_name, area.area_code) as areas,
    from core.programme_area as area
    left join judged using (programme_id, area_code)
    left join rollup using (programme_id, area_code)
    where area.is_used and area.is_on_list
    group by all
),

unused as (
    select
        programme_id,
        list({
            'name': area_name,
            'gemeente_name': gemeente_name,
            'certainty': certainty,
            'is_on_list': is_on_list,
            'codes': codes
        } order by gemeente_name, area_name) as unused,
    from core.programme_area
    where not (is_used and is_on_list)
    group by all
),

aimed as (
    select
        target.programme_id,
        list({
            'area_code': target.area_code,
            'area_name': target.area_name,
            'indicator': target.indicator_id,
            'comparator': target.comparator,
            'by_year': target.by_year,
            'year': target.year,
            'value': round(target.value, 8),
            'goal': round(target.goal, 8),
            'needed': round(target.pace_needed, 8),
            'seen': round(target.pace_seen, 8),
            'standing': target.standing
        } order by target.indicator_id, target.area_name) as targets,
    from marts.target as target
    group by all
),

-- of all indicators that it follows
sourced as (
    select used_by.programme_id, list_sort(list(distinct told_source.line)) as sources,
    from (
        select distinct area.programme_id, series.source_id
        from core.programme_area as area
        join series using (area_code)
        where area.is_used and area.is_on_list
    ) as used_by
    join told_source using (source_id)
    group by all
)

select
    programme.programme_id as page_id,
    programme.name_nl as title,
    to_json({
        'id': programme.programme_id,
        'name': coalesce(programme.name_nl, programme.programme_id),
        'contact': programme.contact,
        'list_as_of': programme.list_as_of::varchar,
        'comparator': programme.comparator,
        'comparator_name': area_group.name_nl,
        'areas': coalesce(used.areas, []),
        'unused': coalesce(unused.unused, []),
        'targets': coalesce(aimed.targets, []),
        'sources': coalesce(sourced.sources, [])
    }) as data,
from catalog.programme as programme
left join catalog.area_group as area_group on area_group.group_id = programme.comparator
left join used using (programme_id)
left join unused using (programme_id)
left join aimed using (programme_id)
left join sourced using (programme_id)
