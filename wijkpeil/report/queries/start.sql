-- the first page: what stands still where, what changed since the edition year before, and where
-- to go on from here
with of_programme as (
    select
        programme_id,
        count(distinct area_code) as areas,
        count(*) filter (where is_alert) as alerts,
        count(*) filter (where class not in ('inconclusive', 'insufficient')) as conclusive,
        count(*) as assessed,
        count(*) filter (where is_new) as new_alerts,
        count(*) filter (where is_lifted) as lifted,
    from signal
    group by all
),

unfollowed as (
    select programme_id, count(*) as areas
    from core.programme_area
    where is_on_list and not is_used
    group by all
),

standing as (
    select
        programme_id,
        count(distinct area_code) filter (where is_alert) as standing,
        count(distinct area_code) filter (where is_structural) as structural,
    from marts.area_alert
    where "grouping" = 'theme'
        and programme_id is not null
        and edition_year = (select max(edition_year) from marts.stagnation)
    group by all
),

changed as (
    select
        programme_id,
        area_code,
        any_value(area_name) as area_name,
        list(indicator_id order by indicator_position) filter (where is_new) as new_alerts,
        list(indicator_id order by indicator_position) filter (where is_lifted) as lifted,
    from signal
    group by all
    having bool_or(is_new or is_lifted)
),

gemeente as (
    select
        place.gemeente_code as code,
        any_value(town.area_name) as name,
        count(distinct card.area_code) as wijken,
        count(distinct card.area_code) filter (where themed.is_alert) as standing,
    from card
    join core.place as place using (area_code)
    join core.place as town on town.area_code = place.gemeente_code
    left join (
        select area_code, bool_or(is_alert) as is_alert
        from marts.area_alert
        where "grouping" = 'theme'
            and edition_year = (select max(edition_year) from marts.stagnation)
        group by all
    ) as themed using (area_code)
    where place.area_kind = 'wijk' and place.is_listed
    group by all
)

select
    'start' as page_id,
    'start' as title,
    to_json({
        'edition': (
            select {
                'id': edition_id,
                'published': strftime(coalesce(published_at, built_at), '%Y-%m-%d'),
                'first_year': first_year,
                'last_year': last_year,
                'observations': observations
            }
            from meta.edition
        ),
        'programmes': (
            select list({
                'id': programme.programme_id,
                'areas': coalesce(of_programme.areas, 0),
                'unfollowed': coalesce(unfollowed.areas, 0),
                'alerts': coalesce(of_programme.alerts, 0),
                'conclusive': coalesce(of_programme.conclusive, 0),
                'assessed': coalesce(of_programme.assessed, 0),
                'new_alerts': coalesce(of_programme.new_alerts, 0),
                'lifted': coalesce(of_programme.lifted, 0),
                'standing': coalesce(standing.standing, 0),
                'structural': coalesce(standing.structural, 0)
            } order by programme.position)
            from catalog.programme as programme
            left join of_programme using (programme_id)
            left join standing using (programme_id)
            left join unfollowed using (programme_id)
        ),
        'changed': (
            select list(changed order by programme.position, changed.area_name, changed.area_code)
            from changed
            join catalog.programme as programme using (programme_id)
        ),
        'gemeenten': (select list(gemeente order by name, code) from gemeente),
        'map': (select drawing from drawn_map where page_id = 'start'),
        'stale': (
            select list({'id': source_id} order by source_id)
            from meta.source
            where last_fetch_error is not null and retrieved_at is not null
        ),
        'missing': (
            select {
                'measures': count(distinct (source_id, indicator_id)),
                'sources': count(distinct source_id)
            }
            from meta.missing_measure
            where status <> 'not_yet_published'
        ),
        'old': (
            select list({'title': title_nl, 'checked_on': checked_on} order by source_id)
            from source_check
            join meta.source using (source_id)
            where is_old and last_fetch_error is null
        )
    }) as data
