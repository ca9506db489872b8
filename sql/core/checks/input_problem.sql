-- one thing that makes the whole untrue; any row stops publication
-- a gemeente that ends with nobody knowing where it went leaves a hole in the one that took it
select
    null as source_id,
    'unknown_herindeling' as problem,
    format(
        'Gemeente {} ({}) is in the area list of {} and not in that of {}, and herindelingen.csv says nothing of it. Add a row for each successor; without a weight where the shares are unknown.',
        gone.area_code, gone.area_name, gone.year, gone.year + 1
    ) as message,
from core.area as gone
semi join core.area as later on later.year = gone.year + 1
anti join core.area as next_area
    on next_area.area_code = gone.area_code
    and next_area.year = gone.year + 1
anti join core.area_step as step
    on step.from_code = gone.area_code
    and step.from_year = gone.year
anti join catalog.herindeling as herindeling on herindeling.old_code = gone.area_code
where gone.area_kind = 'gemeente'

union all by name

select
    counted.source_id,
    'address_file_of_another_year' as problem,
    format(
        'Address file {}: {} of its {} buurten are not in the area list of {} (first: {}). Correct ''year'': it is the year that the codes are from, which the file''s name need not say.',
        counted.source_id, count(*) filter (where area.area_code is null), count(*), counted.year,
        min(counted.buurt_code) filter (where area.area_code is null)
    ) as message,
from raw.address_count as counted
semi join (select distinct year from core.area where area_kind = 'buurt') as listed
    on listed.year = counted.year
left join core.area as area
    on area.area_code = counted.buurt_code
    and area.year = counted.year
group by counted.source_id, counted.year
having count(*) filter (where area.area_code is null) > 0.01 * count(*)
