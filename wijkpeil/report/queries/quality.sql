-- what the figures rest on: sources, checks, and what is missing
with latest as (
    select indicator_id, max(year) as year
    from core.observation
    where value is not null
    group by all
),

coverage as (
    select
        observation.indicator_id,
        latest.year,
        count(*) as areas,
        count(observation.value) as valued,
        count(*) filter (where observation.status = 'suppressed') as suppressed,
        count(*) filter (where observation.status = 'not_yet_published') as not_published,
        count(*) filter (where observation.status = 'not_comparable') as not_comparable,
        count(*) filter (where observation.status = 'quarantined') as quarantined,
        count(*) filter (where observation.status = 'provisional') as provisional,
    from core.observation as observation
    join latest using (indicator_id, year)
    join core.place as place using (area_code)
    where place.area_kind = 'wijk' and place.is_listed
    group by all
),

-- how the columns of a source are known, as long as nobody compared them with it
known as (
    select source_id, list({'mark': evidence, 'names': names} order by evidence) as known,
    from (
        select source_id, evidence, list(indicator_id order by indicator_id) as names,
        from catalog.source_measure
        where not is_confirmed and evidence is not null
        group by all
    )
    group by all
)

select
    'quality' as page_id,
    'quality' as title,
    to_json({
        'edition': (
            select {
                'id': edition_id,
                'built': strftime(built_at, '%Y-%m-%d %H:%M'),
                'observations': observations
            }
            from meta.edition
        ),
        'sources': (
            select list({
                'id': source_id,
                'title': title_nl,
                'publisher': publisher,
                'cbs_id': cbs_id,
                'retrieved_on': retrieved_on::varchar,
                'checked_on': checked_on,
                'is_old': is_old,
                'rows': rows_received,
                'licence': licence,
                'attribution': attribution,
                'is_confirmed': is_confirmed,
                'known': coalesce(known, []),
                'not_published': coalesce(not_yet_published, []),
                'missing': coalesce(missing, []),
                'error': last_fetch_error
            } order by source_id)
            from meta.source
            left join source_check using (source_id)
            left join known using (source_id)
        ),
        'checks': (
            select list({
                'table': table_name,
                'rule': rule,
                'severity': severity,
                'rows_failed': rows_failed,
                'message': message
            } order by severity, table_name, rule)
            from meta."check"
            where not is_passed
        ),
        'left_out': (
            select list({'source': source_id, 'message': message}
                order by source_id, problem, message)
            from (from core.input_warning order by source_id, problem, message limit 200)
        ),
        'missing': (
            select list({'source': source_id, 'years': years, 'status': status,
                'names': names, 'reason': reason} order by source_id, years, names)
            from (
                select source_id, status, reason,
                    list(distinct indicator_id order by indicator_id) as names,
                    list(distinct year order by year) filter (where year is not null) as years,
                from meta.missing_measure
                group by all
                order by all
                limit 200
            )
        ),
        'checks_run': (select count(*) from meta."check"),
        'coverage': (
            select list(coverage order by indicator.rowid)
            from coverage
            join catalog.indicator as indicator using (indicator_id)
            where indicator.direction <> 0
        ),
        'held': (
            select list({
                'source': source_id,
                'snapshot': snapshot_id,
                'found': found,
                'message': message
            } order by source_id, message)
            from (
                select source_id, snapshot_id, rule, count(*) as found, min(sentence) as message
                from meta.hold
                group by all

                union all

                select source_id, null as snapshot_id, rule, count(distinct doubt_id) as found,
                    min(sentence) as message
                from core.doubt
                group by all
            )
        ),
        'suspected': (
            select list({'indicator': indicator_id, 'year': year, 'jump': jump,
                'usual': usual_jump, 'areas': areas} order by indicator_id, year)
            from core.suspected_break
        ),
        'unconfirmed': (
            select list({
                'programme': programme_id,
                'name': area_name,
                'gemeente_name': gemeente_name,
                'certainty': certainty,
                'codes': codes,
                'is_used': is_used,
                'problem': problem
            } order by programme_id, area_name)
            from core.programme_area
            where certainty <> 'confirmed'
        ),
        'revisions': (
            select list({
                'source': source_id,
                'indicator': indicator_id,
                'year': year,
                'figures': figures,
                'revised_on': revised_on::varchar
            } order by revised_on desc, source_id, indicator_id, year)
            from (
                select source_id, indicator_id, year, revised_on, count(*) as figures
                from meta.revision
                group by all
                order by revised_on desc
                limit 200
            )
        )
    }) as data
