-- one figure that is lacking because something is wrong with it: area, indicator and year. No alert
-- may begin or end on it
with quarantined as (
    select area_code, indicator_id, year, source_id, 'quarantined' as reason
    from core.observation
    where status = 'quarantined'
),

-- where the area or the year of a row is not known, or is that of another, its figure may be any
-- that the source lacks
lost as (
    select distinct
        source_id, indicator_id,
        if(problem in ('no_area', 'unknown_area'), null, area_code) as area_code,
        if(problem in ('not_a_year', 'impossible_year', 'lonely_year'), null, year) as year,
    from core.quarantined_cell
    where problem in (
        'no_area', 'unknown_area', 'not_a_year', 'impossible_year', 'lonely_year'
    )

    union

    -- one of two that contradict each other is about another area, or another year
    select distinct source_id, indicator_id, unnest([area_code, null]) as area_code,
        unnest([null, year]) as year,
    from core.quarantined_cell
    where problem = 'given_twice'
),

given as (
    select distinct source_id, indicator_id, area_code, year
    from core.published
    semi join lost using (source_id)
),

lacking as (
    select source_id, indicator_id, area_code, year
    from (select distinct source_id, indicator_id, area_code from given)
    join (select distinct source_id, indicator_id, year from given) using (source_id, indicator_id)
    anti join given using (source_id, indicator_id, area_code, year)
),

-- an area whose flag says nothing: what it was before cannot be told
unflagged as (
    select distinct area_code, year, source_id
    from staging.cbs_listed
    where has_strange_flag
),

found as (
    select area_code, indicator_id, year, source_id, reason
    from quarantined

    union

    select lacking.area_code, lacking.indicator_id, lacking.year, lacking.source_id,
        'may_be_lost' as reason,
    from lacking
    join lost
        on lost.source_id = lacking.source_id
        and lost.indicator_id = lacking.indicator_id
        and coalesce(lost.area_code = lacking.area_code, true)
        and coalesce(lost.year = lacking.year, true)

    union

    select observation.area_code, observation.indicator_id, observation.year, unflagged.source_id,
        'unknown_flag' as reason,
    from unflagged
    join core.observation as observation
        on observation.area_code = unflagged.area_code
        and observation.geography_year < unflagged.year
    where observation.status = 'not_comparable'
)

select area_code, indicator_id, year, min(source_id) as source_id, min(reason) as reason,
from found
group by all
