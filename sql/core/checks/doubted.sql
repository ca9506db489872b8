-- a figure that no mail may rest on while the doubt stands: doubt, indicator, and area or all
with recursive
-- what is computed with an indicator: rates, weighted means, and all that inhabitants restate
used_by as (
    select numerator_id as indicator_id, indicator_id as user_id from catalog.rate

    union

    select denominator_id as indicator_id, indicator_id as user_id
    from catalog.indicator
    where denominator_id is not null

    union

    select restating.inhabitants_id as indicator_id, indicator.indicator_id as user_id
    from catalog.restating as restating
    cross join catalog.indicator as indicator
),

spread as (
    select doubt_id, source_id, area_code, sentence, indicator_id from core.doubt

    union

    select spread.doubt_id, spread.source_id, spread.area_code, spread.sentence,
        used_by.user_id as indicator_id,
    from spread
    join used_by using (indicator_id)
),

-- a whole that areas are compared with is a doubt about all of them
placed as (
    select doubt_id, source_id, sentence, indicator_id,
        if(area_code = 'NL00', null, area_code) as area_code,
    from spread

    union

    select spread.doubt_id, spread.source_id, spread.sentence, spread.indicator_id, place.area_code,
    from spread
    join core.place as place on place.gemeente_code = spread.area_code

    union

    select spread.doubt_id, spread.source_id, spread.sentence, spread.indicator_id, part.area_code,
    from spread
    join core.programme_part as part on part.target_code = spread.area_code

    union

    select
        format('missing:{}:{}', measure_id, coalesce(year::varchar, '*')) as doubt_id,
        source_id,
        format('{} {}: {}', measure_id, coalesce(year::varchar, 'all years'), missing_reason) as sentence,
        indicator_id,
        null as area_code,
    from core.missing_basis
    where is_in_window
)

select doubt_id, source_id, indicator_id, area_code, any_value(sentence) as sentence,
from placed
group by all
