-- the page of one indicator: its definition, ranking, distribution and the programmes' areas
with followed as (
    select area.area_code, list(area.programme_id order by programme.position) as programmes,
    from core.programme_area as area
    join catalog.programme as programme using (programme_id)
    where area.is_used and area.is_on_list
    group by all
),

-- the newest figure of each area, also where there are too few for a trend
shown_card as (
    select
        card.indicator_id,
        card.area_code,
        place.area_name,
        place.area_kind,
        place.gemeente_name,
        place.area_kind = 'wijk' as is_wijk,
        card.class,
        card.card,
        followed.programmes,
        coalesce(series.years, []) as years,
        list_last(list_filter(series.years, lambda each: each.value is not null)) as newest,
        indicator.direction,
    from card
    join shown_place as place using (area_code)
    join catalog.indicator as indicator using (indicator_id)
    left join followed using (area_code)
    left join series using (area_code, indicator_id)
),

-- how sure the newest figure is, where its source says so
newest_error as (
    select observation.area_code, observation.indicator_id, observation.standard_error as error,
    from core.observation as observation
    join shown_card
        on shown_card.area_code = observation.area_code
        and shown_card.indicator_id = observation.indicator_id
        and shown_card.newest.year = observation.year
    where observation.standard_error > 0
),

newest_year as (
    select indicator_id, max(newest.year) as year from shown_card group by all
),

-- figures of one year only are ranked, and of wijken only: a programme's area is often one of them
rankable as (
    select
        shown_card.*,
        newest_year.year as ranked_year,
        shown_card.direction * shown_card.newest.value as goodness,
        coalesce(shown_card.newest.year = newest_year.year, false) as is_ranked,
        newest_error.error,
        goodness - rule.margin_errors * coalesce(newest_error.error, 0) as least,
        goodness + rule.margin_errors * coalesce(newest_error.error, 0) as most,
    from shown_card
    join newest_year using (indicator_id)
    left join newest_error using (area_code, indicator_id)
    cross join catalog.rule as rule
),

ranked as (
    select
        *,
        if(
            is_ranked,
            1 + coalesce(count(*) filter (where is_ranked and is_wijk) over better, 0),
            null
        ) as rank,
        row_number() over (
            partition by indicator_id order by is_ranked desc, goodness desc, area_code
        ) as place,
        row_number() over (
            partition by indicator_id, is_ranked and is_wijk order by goodness desc, area_code
        ) as from_best,
        row_number() over (
            partition by indicator_id, is_ranked and is_wijk order by goodness, area_code
        ) as from_worst,
    from rankable
    window better as (
        partition by indicator_id
        order by is_ranked desc, goodness desc
        groups between unbounded preceding and 1 preceding
    )
),

listed as (
    select * from ranked
    where programmes is not null
        or (is_ranked and is_wijk and (from_best <= 25 or from_worst <= 25))
),

-- between which places an area lies: above it are surely those whose margin lies above its own, and
-- below it likewise. An area that is no wijk is counted beside them
between as (
    select
        listed.area_code,
        listed.indicator_id,
        count(*) + (not any_value(listed.is_wijk))::integer as "of",
        1 + count(*) filter (where wijk.least > listed.most) as best,
        "of" - count(*) filter (where wijk.most < listed.least) as worst,
    from listed
    join ranked as wijk
        on wijk.indicator_id = listed.indicator_id and wijk.is_ranked and wijk.is_wijk
    where listed.is_ranked
    group by all
),

shown as (
    select
        indicator_id,
        list({
            'rank': rank,
            'of': between."of",
            'best': if(listed.error is null, null, between.best),
            'worst': if(listed.error is null, null, between.worst),
            'code': area_code,
            'name': area_name,
            'gemeente_name': gemeente_name,
            'class': class,
            'is_gap': card.is_gap,
            'value': newest.value,
            'year': newest.year,
            'slope': card.slope,
            'low': card.low,
            'high': card.high,
            'meaningful': card.meaningful,
            'programmes': coalesce(programmes, []),
            'years': if(programmes is not null, years, [])
        } order by place) as areas,
        count(listed.error) > 0 as has_errors,
    from listed
    left join between using (area_code, indicator_id)
    group by all
),

spread as (
    select
        indicator_id,
        count(*) as areas,
        count(*) filter (where is_ranked) as valued,
        any_value(ranked_year) as year,
        list(newest.value order by newest.value) filter (where is_ranked) as "values",
        count(*) filter (where class = 'improving') as improving,
        count(*) filter (where class = 'stagnating') as stagnating,
        count(*) filter (where class = 'deteriorating') as deteriorating,
        count(*) filter (where class = 'at_level') as at_level,
        count(*) filter (where class = 'follows') as follows,
        count(*) filter (where class = 'falls_behind') as falls_behind,
        count(*) filter (where class = 'catching_up') as catching_up,
        count(*) filter (where class = 'turned') as turned,
        count(*) filter (where class = 'flattened') as flattened,
        count(*) filter (where class = 'ahead') as ahead,
        count(*) filter (where class = 'inconclusive') as inconclusive,
        count(*) filter (where class = 'insufficient') as insufficient,
    from ranked
    where is_wijk
    group by all
),

sourced as (
    select observation.indicator_id, list_sort(list(distinct told_source.line)) as sources,
    from (select distinct indicator_id, source_id from core.observation) as observation
    join told_source using (source_id)
    group by all
),

-- what the country did, within one definition and the window of the indicator
national_figure as (
    select figure.indicator_id, figure.year, figure.value,
    from core.figure as figure
    join catalog.indicator as indicator using (indicator_id)
    left join (
        select indicator_id, max(year) as year from core.figure
        where area_code = 'NL00' and value is not null
        group by all
    ) as newest using (indicator_id)
    left join (
        select indicator_id, max(year) as year from catalog.indicator_break group by all
    ) as broken using (indicator_id)
    where figure.area_code = 'NL00'
        and figure.value is not null
        and figure.year > newest.year - indicator.window_years
        and figure.year >= coalesce(broken.year, figure.year)
),

nation as (
    select
        national_figure.indicator_id,
        {
            'first_year': min(year),
            'first': arg_min(value, year),
            'last_year': max(year),
            'last': arg_max(value, year),
            'slope': round(regr_slope(value, year), 8),
            'meaningful': round(
                coalesce(
                    any_value(indicator.change_per_year),
                    any_value(indicator.change_relative) * abs(avg(value))
                ),
                8
            )
        } as nation,
    from national_figure
    join catalog.indicator as indicator using (indicator_id)
    group by all
    having count(*) > 1
),

explained as (
    select indicator_id, list({'year': year, 'reason': reason} order by year) as explained,
    from catalog.explained_jump
    group by all
),

missed as (
    select indicator_id,
        list({'title': title_nl, 'status': status, 'years': years} order by title_nl, status) as sources,
    from (
        select missing.indicator_id, source.title_nl, missing.status,
            list(distinct missing.year order by missing.year)
                filter (where missing.year is not null) as years,
        from core.missing_basis as missing
        join meta.source as source using (source_id)
        group by all
    )
    group by all
)

select
    indicator.indicator_id as page_id,
    indicator.name_nl as title,
    to_json({
        'id': indicator.indicator_id,
        'definition': indicator.definition_nl,
        'aggregation': indicator.aggregation,
        'window_years': indicator.window_years,
        'change_per_year': indicator.change_per_year,
        'change_relative': indicator.change_relative,
        'change_owner': indicator.change_owner,
        'change_decided_on': indicator.change_decided_on::varchar,
        'change_reason': indicator.change_reason,
        'judge': indicator.judge,
        'judge_owner': indicator.judge_owner,
        'judge_reason': indicator.judge_reason,
        'breaks': coalesce(broken.years, []),
        'suspected': coalesce(suspected.years, []),
        'missing': coalesce(missed.sources, []),
        'sources': coalesce(sourced.sources, []),
        'areas': coalesce(shown.areas, []),
        'has_errors': coalesce(shown.has_errors, false),
        'nation': nation.nation,
        'explained': coalesce(explained.explained, []),
        'spread': spread
    }) as data,
from catalog.indicator as indicator
left join shown using (indicator_id)
left join spread using (indicator_id)
left join sourced using (indicator_id)
left join missed using (indicator_id)
left join nation using (indicator_id)
left join explained using (indicator_id)
left join (
    select indicator_id, list(year order by year) as years
    from catalog.indicator_break group by all
) as broken using (indicator_id)
left join (
    select indicator_id, list(year order by year) as years
    from core.suspected_break group by all
) as suspected using (indicator_id)
where indicator.direction <> 0
