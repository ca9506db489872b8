-- one thing in a source that the catalog does not explain, and that costs no more than it touches
with cell as (
    select
        source_id,
        problem,
        indicator_id,
        arg_min(message, coalesce(row_number, 0)) as first_message,
        count(*) as cells,
    from core.quarantined_cell
    group by all
),

same as (
    select source_id, indicator_id, count(*) as figures,
        min(area_code) as area_code, min(year) as year,
    from (
        select source_id, area_code, year, indicator_id
        from staging.cbs_observation
        where fault is null and status <> 'not_yet_published'

        union all by name

        select source_id, area_code, year, indicator_id
        from staging.extract_observation
        where fault is null and not is_ignored and not is_blank_row
    )
    semi join core.repeated_figure using (area_code, year, indicator_id)
    anti join core.quarantined_cell using (source_id, area_code, year, indicator_id)
    group by source_id, indicator_id, area_code, year
    having count(*) > 1
)

select
    source_id,
    problem,
    first_message || if(cells > 1, format(' And {} more such figures of it.', cells - 1), '')
        as message,
from cell

union all by name

select
    source_id,
    'twice_the_same' as problem,
    format(
        'Source {0}: ''{1}'' stands more than once with the same figure, {2} times (first: {3} in {4}); each counts once. Take the copies out of the source.',
        source_id, indicator_id, count(*), min(area_code), min(year)
    ) as message,
from same
group by source_id, indicator_id

union all by name

select
    source_id,
    if(fault is null, 'unknown_change_flag', fault) as problem,
    format(
        case
            when fault is null then
                'Source {}: change flag ''{}'' at {} areas (first: {} in {}) is not 1, 2 or 3, or is given twice; what they were before is not known. See what CBS means by it.'
            when fault = 'strange_code' then
                'Source {}: the area list has a code as CBS writes none, with flag ''{}'', at {} areas (first: ''{}'' in {}); it is no area. Correct the block in catalog/cbs.toml.'
            when fault = 'listed_twice' then
                'Source {}: the area list has the same area twice, with flag ''{}'', at {} areas (first: {} in {}); it counts once.'
            else
                'Source {}: the area list is of a year that there is none of, with flag ''{}'', at {} areas (first: {} in {}). Correct ''year'' in catalog/cbs.toml.'
        end,
        source_id, coalesce(change_text, ''), count(*), min(area_code), coalesce(min(year), 0)
    ) as message,
from staging.cbs_listed
where fault is not null or has_strange_flag
group by source_id, fault, change_text

union all by name

select
    source_id,
    'no_name' as problem,
    format(
        'Source {}: {} areas have no name (first: {} in {}); their code stands for it. See the table at CBS.',
        source_id, count(*), min(area_code), min(year)
    ) as message,
from staging.cbs_listed
where has_no_name
group by source_id

union all by name

select
    area.source_id,
    'no_gemeente' as problem,
    format(
        'Source {}: {} areas lie in a gemeente that is not in their list (first: {} in {}); its name is taken from another list, or its code. See that ''area_levels'' in catalog/cbs.toml has ''gemeente''.',
        area.source_id, count(*), min(area.area_code), min(area.year)
    ) as message,
from staging.cbs_area as area
anti join staging.cbs_area as gemeente
    on gemeente.source_id = area.source_id
    and gemeente.year = area.year
    and gemeente.area_code = 'GM' || substr(area.area_code, 3, 4)
where area.area_kind <> 'land'
group by area.source_id

union all by name

select
    source_id,
    'lacks_level' as problem,
    format(
        'Source {}: its table lists no {} that ''area_levels'' in catalog/cbs.toml asks for{}; of these there are no figures from it. See the table at CBS, and correct ''area_levels'' or ''land_code''.',
        source_id, level,
        if(len(listed) > 0, ' (it has ' || array_to_string(listed, ', ') || ')', '')
    ) as message,
from raw.cbs_level
where taken = 0

union all by name

-- a figure too small to tell is one that CBS rounded, and not none
select
    source_id,
    'nil' as problem,
    format(
        'Source {}: ''{}'' is ''-'' at {} areas (first: {} in {}), which CBS writes for nil; it is taken as missing, never as 0.',
        source_id, indicator_id, count(*), min(area_code), min(year)
    ) as message,
from staging.cbs_observation
where value_text = '-'
group by source_id, indicator_id

union all by name

-- a year of a file in which nothing is given is more often a column that was not filled
select
    source_id,
    'empty_year' as problem,
    format(
        'Source {0}: all {1} figures of ''{2}'' in {3} are withheld or empty, so none is used. If the file has none of that year, add {3} to ''absent_years'' of the measure in catalog/extracts.toml; else see the file.',
        source_id, count(*), indicator_id, year
    ) as message,
from staging.extract_observation
where year is not null and not is_ignored and not is_blank_row and fault is null
group by source_id, indicator_id, year
having count(value) = 0 and bool_or(status = 'suppressed')

union all by name

select
    null as source_id,
    'unknown_programme_area' as problem,
    format(
        'Programme {} (programmes.toml): no source knows area ''{}''; it is left out. Correct the code, or add the area list that has it.',
        programme_id, area_code
    ) as message,
from catalog.programme_area
anti join core.area using (area_code)

union all by name

select
    source_id,
    'national_step' as problem,
    format(
        'Source {}: ''{}'' of the whole country is {} in {}, and was {} before; see with `wijkpeil doctor --only {}` whether it is the same column, and whether it happened. If it did, add {} to ''explained_jumps'' of the indicator.',
        source_id, indicator_id, round(value, 3), year, round(value_before, 3), source_id, year
    ) as message,
from core.national_step

union all by name

select
    null as source_id,
    'unknown_herindeling' as problem,
    format(
        'Gemeente {0} ({1}) is in the area list of {2} and not in that of {3}, and herindelingen.csv says nothing of it: it and every gemeente with a changed wijk in {3} begin anew there. Add a row for each successor; without a weight where the shares are unknown.',
        area_code, area_name, from_year, to_year
    ) as message,
from core.unknown_end

union all by name

select
    source_id,
    'address_file_of_another_year' as problem,
    format(
        'Address file {}: {} of its {} buurten are not in the area list of {} (first: {}), so it is not used. Correct ''year'': it is the year that the codes are from, which the file''s name need not say.',
        source_id, unknown_buurten, buurten, year, first_unknown
    ) as message,
from core.strange_addresses
