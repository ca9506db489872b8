-- the page of one indicator: its definition, ranking, distribution and the programmes' areas
with followed as (
    select area.area_code, list(area.programme_id order by programme.position) as programmes,
    from core.programme_area as area
    join catalog.programme as programme using (programme_id)
    where area.is_used and area.is_on_list
    group by all
),

ranked as (
    select
        card.indicator_id,
        card.area_code,
        place.area_name,
        place.area_kind,
        place.gemeente_name,
        card.class,
        card.card,
        followed.programmes,
        row_number() over best_first as from_best,
        row_number() over worst_first as from_worst,
        count(card.card.value) over (partition by card.indicator_id) as valued,
    from card
    join shown_place as place using (area_code)
    join catalog.indicator as indicator using (indicator_id)
    left join followed using (area_code)
    window
        best_first as (
            partition by card.indicator_id
            order by
                card.card.value is null,
                indicator.direction * card.card.value desc,
                card.area_code
        ),
        worst_first as (
            partition by card.indicator_id
            order by card.card.value is null, indicator.direction * card.card.value, card.area_code
        )
),

shown as (
    select
        ranked.indicator_id,
        list({
            'rank': ranked.from_best,
            'code': ranked.area_code,
            'name': ranked.area_name,
            'gemeente_name': ranked.gemeente_name,
            'class': ranked.class,
            'value': ranked.card.value,
            'year': ranked.card.last_year,
            'slope': ranked.card.slope,
            'low': ranked.card.low,
            'high': ranked.card.high,
            'editions': ranked.card.editions,
            'programmes': coalesce(ranked.programmes, []),
            'years': if(ranked.programmes is not null, coalesce(series.years, []), [])
        } order by ranked.from_best) as areas,
    from ranked
    left join series using (area_code, indicator_id)
    where ranked.programmes is not null or ranked.from_best <= 25 or ranked.from_worst <= 25
    group by all
),

spread as (
    select
        indicator_id,
        count(*) as areas,
        count(card.value) as valued,
        list(round(card.value, 3) order by card.value) filter (where area_kind = 'wijk'
            and card.value is not null) as "values",
        count(*) filter (where class = 'improving') as improving,
        count(*) filter (where class = 'stagnating') as stagnating,
        count(*) filter (where class = 'deteriorating') as deteriorating,
        count(*) filter (where class = 'inconclusive') as inconclusive,
        count(*) filter (where class = 'insufficient') as insufficient,
    from ranked
    group by all
),

sourced as (
    select observation.indicator_id, list_sort(list(distinct told_source.line)) as sources,
    from (select distinct indicator_id, source_id from core.observation) as observation
    join told_source using (source_id)
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
        'breaks': coalesce(broken.years, []),
        'suspected': coalesce(suspected.years, []),
        'sources': coalesce(sourced.sources, []),
        'areas': coalesce(shown.areas, []),
        'spread': spread
    }) as data,
from catalog.indicator as indicator
left join shown using (indicator_id)
left join spread using (indicator_id)
left join sourced using (indicator_id)
left join (
    select indicator_id, list(year order by year) as years
    from catalog.indicator_break group by all
) as broken using (indicator_id)
left join (
    select indicator_id, list(year order by year) as years
    from core.suspected_break group by all
) as suspected using (indicator_id)
where indicator.direction <> 0
