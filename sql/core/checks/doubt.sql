-- one doubt about figures in use, until a person says yes: indicator, area or all, year and rule
with window_of as (
    select indicator_id, window_years from catalog.indicator
),

-- what the comparison of a snapshot with the one before it found; of an area, about all it gives
compared as (
    select
        doubt.source_id,
        coalesce(doubt.indicator_id, measure.indicator_id) as indicator_id,
        doubt.area_code,
        doubt.year,
        doubt.rule,
        concat_ws(':', doubt.rule, coalesce(doubt.indicator_id, '*'), coalesce(doubt.year::varchar, '*'),
            coalesce(doubt.area_code, '*')) as doubt_id,
        doubt.sentence,
    from meta.compared_doubt as doubt
    left join catalog.source_measure as measure
        on measure.source_id = doubt.source_id
        and doubt.indicator_id is null
),

source_of as (
    select indicator_id, year, min(source_id) as source_id
    from core.observation
    where value is not null
    group by all
),

suspected as (
    select
        source_of.source_id,
        suspected.indicator_id,
        null::varchar as area_code,
        suspected.year,
        'jump' as rule,
        concat_ws(':', 'jump', suspected.indicator_id, suspected.year::varchar, '*') as doubt_id,
        format(
            '{} {}: half of {} areas moved by {:+.1f} times what matters in a year, usual is {:+.1f}',
            suspected.indicator_id, suspected.year, suspected.areas, suspected.jump,
            suspected.usual_jump
        ) as sentence,
    from core.suspected_break as suspected
    join source_of using (indicator_id, year)
),

national as (
    select
        source_id,
        indicator_id,
        null::varchar as area_code,
        year,
        'national' as rule,
        concat_ws(':', 'national', indicator_id, year::varchar, '*') as doubt_id,
        format('{} {}: the figure of the country is {}, and was {} before', indicator_id, year,
            round(value, 3), round(value_before, 3)) as sentence,
    from core.national_step
),

odd as (
    select
        source_of.source_id,
        odd.indicator_id,
        odd.area_code,
        odd.year,
        odd.rule,
        concat_ws(':', odd.rule, odd.indicator_id, odd.year::varchar, coalesce(odd.area_code, '*'))
            as doubt_id,
        odd.sentence,
    from (
        select * from core.odd_year

        union all by name

        select * from core.odd_whole
    ) as odd
    join source_of using (indicator_id, year)
),

-- a figure that is left out: with it the series may be another, in the newest year or before
quarantined as (
    select
        figure.source_id,
        figure.indicator_id,
        figure.area_code,
        figure.year,
        'quarantined' as rule,
        concat_ws(':', 'quarantined', figure.indicator_id, figure.year::varchar, figure.area_code)
            as doubt_id,
        format('{} {} {}: the figure is left out, see core.quarantined_figure ({})',
            figure.indicator_id, figure.area_code, figure.year, figure.reason) as sentence,
    from core.quarantined_figure as figure
),

found as (
    -- also what is gone of a year before the newest: a line through fewer years is another line
    select * from compared

    union all by name

    select * from suspected

    union all by name

    select * from odd

    union all by name

    select * from national

    union all by name

    select * from quarantined
),

wijken_with_figure as (
    select indicator_id, year, count(*) as wijken,
    from core.observation as observation
    join core.place as place using (area_code)
    where place.area_kind = 'wijk' and observation.value is not null
    group by all
),

-- each wijk is judged by how much wijken waver, without the noisiest: more wrong ones than that move
-- all others
scattered as (
    select
        found.source_id,
        found.indicator_id,
        null::varchar as area_code,
        found.year,
        'scattered' as rule,
        concat_ws(':', 'scattered', found.indicator_id, found.year::varchar, '*') as doubt_id,
        format(
            '{} {}: figures of {} wijken are doubted, of {} that have one, and with them what is '
            'usual',
            found.indicator_id, found.year, count(distinct found.area_code), any_value(wijken)
        ) as sentence,
    from found
    join core.place as place using (area_code)
    join wijken_with_figure
        on wijken_with_figure.indicator_id = found.indicator_id
        and wijken_with_figure.year = found.year
    where place.area_kind = 'wijk'
    group by found.source_id, found.indicator_id, found.year
    having count(distinct found.area_code)
        >= greatest(2, round(rule('scattered_share') * any_value(wijken), 6))
),

all_found as (
    select * from found

    union all by name

    select * from scattered
)

select found.source_id, found.indicator_id, found.area_code, found.year, found.rule,
    found.doubt_id, found.sentence,
from all_found as found
join window_of using (indicator_id)
anti join meta.released_doubt as released
    on released.source_id = found.source_id
    and released.doubt_id = found.doubt_id
-- the years that the newest trend is made of
where found.year is null
    or found.year > (select max(year) from core.observation) - window_of.window_years
