-- one thing in a source that the catalog does not explain; any row stops publication
with known_area as (
    select distinct area_code, year from core.area
),

known_code as (
    select distinct area_code from core.area
),

used_area as (
    select source_id, area_code, geography_year, count(*) as figures,
    from core.published
    group by all
),

unknown_area as (
    select used_area.*, known_code.area_code is not null as is_known_elsewhere,
    from used_area
    left join known_code using (area_code)
    anti join known_area
        on known_area.area_code = used_area.area_code
        and known_area.year = used_area.geography_year
),

strange_code as (
    select distinct source_id, area_code
    from unknown_area
    where not is_known_elsewhere
),

nearest_code as (
    select
        strange_code.area_code,
        arg_max(
            known_code.area_code,
            jaro_winkler_similarity(strange_code.area_code, known_code.area_code)
        ) as nearest,
    from (select distinct area_code from strange_code limit 100) as strange_code
    cross join known_code
    group by all
)

select
    unknown_area.source_id,
    'unknown_area' as problem,
    format(
        'Source {}: area code ''{}'' ({} figures) is in no area list; nearest: ''{}''. Correct the source, or list the code under ''ignored_areas'' with the reason.',
        unknown_area.source_id, unknown_area.area_code, sum(unknown_area.figures),
        coalesce(any_value(nearest_code.nearest), 'none')
    ) as message,
from unknown_area
left join nearest_code using (area_code)
where not unknown_area.is_known_elsewhere
group by unknown_area.source_id, unknown_area.area_code

union all by name

select
    source_id,
    'area_not_in_year' as problem,
    format(
        'Source {}: {} area codes (first: ''{}'') are not in the area list of {}. Add the area list of that year to cbs.toml, or set the source''s ''geography_year'' to the year its codes are from.',
        source_id, count(*), min(area_code), geography_year
    ) as message,
from unknown_area
where is_known_elsewhere
group by source_id, geography_year

union all by name

select
    source_id,
    'not_a_number' as problem,
    format(
        'Source {}: {} values of ''{}'' are no numbers (first: ''{}'' for {} in {}). Correct the source, or its ''decimal'', ''thousands'' or ''missing'' in the catalog.',
        source_id, count(*), indicator_id, min(value_text), min(area_code), min(year)
    ) as message,
from (
    select source_id, indicator_id, value_text, area_code, year,
    from staging.cbs_observation
    where is_unreadable

    union all by name

    select source_id, indicator_id, value_text, area_code, year,
    from staging.extract_observation
    where is_unreadable
)
group by source_id, indicator_id

union all by name

select
    source_id,
    'not_a_year' as problem,
    format(
        'Source {}: {} rows have no year (first: ''{}'' in row {}). Correct the file, or its ''year_column''.',
        source_id, count(distinct row_number), min(coalesce(year_text, '')), min(row_number)
    ) as message,
from staging.extract_observation
where year is null
group by source_id

union all by name

select
    source_id,
    'filled_though_absent' as problem,
    format(
        'Source {}: ''{}'' has {} figures in {}, a year the catalog calls absent. Correct ''absent_years''.',
        source_id, indicator_id, count(*), year
    ) as message,
from staging.extract_observation
where is_filled_though_absent
group by source_id, indicator_id, year

union all by name

select
    source_id,
    'unknown_change_flag' as problem,
    format(
        'Source {}: change flag ''{}'' at {} areas (first: {}) is not 1, 2 or 3. See what CBS means by it before it is used.',
        source_id, change_text, count(*), min(area_code)
    ) as message,
from staging.cbs_area
where change_text is not null and coalesce(change_flag not in (1, 2, 3), true)
group by source_id, change_text

union all by name

select
    source_id,
    'unknown_attribute' as problem,
    format(
        'Source {}: {} figures of ''{}'' carry the attribute ''{}'' (first: {} in {}). See what CBS means by it before they are used.',
        source_id, count(*), indicator_id, attribute, min(area_code), min(year)
    ) as message,
from staging.cbs_observation
where is_strange
group by source_id, indicator_id, attribute

union all by name

select
    null as source_id,
    'unknown_programme_area' as problem,
    format(
        'Programme {} (programmes.toml): no source knows area ''{}''. Correct the code, or add the area list that has it.',
        programme_id, area_code
    ) as message,
from catalog.programme_area
anti join known_code using (area_code)

union all by name

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
