-- one thing that makes the whole untrue; any row stops publication
select
    null::varchar as source_id,
    'no_area' as problem,
    format(
        'The area list of {} has no gemeente and no wijk, so nothing can be placed. See with `wijkpeil doctor` what its table lists.',
        coalesce(division.target_year, 0)
    ) as message,
from core.division as division
left join staging.cbs_area as area
    on area.year = division.target_year
    and area.area_kind in ('gemeente', 'wijk')
group by division.target_year
having count(area.area_code) = 0
