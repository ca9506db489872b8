-- one cell of a source that is left out of the figures: where it stands, and what is wrong with it
with listed as (
    select distinct source_id, area_code, year from staging.cbs_area
),

known_area as (
    select distinct area_code, year from listed
),

known_code as (
    select distinct area_code from listed
),

figure as materialized (
    select * from core.given_figure
),

-- a year that stands with a few areas of one source, and in no other source
year_of_source as (
    select source_id, year, count(*) as areas,
    from (
        select distinct source_id, year, area_code
        from figure
        where fault is null and value is not null
    )
    group by all
),

compared_year as (
    select
        year_of_source.*,
        median(areas) over (partition by source_id) as usual_areas,
        count(*) over (partition by year) as sources,
    from year_of_source
),

newest as (
    select
        compared_year.source_id,
        greatest(
            max(own.year) filter (where own.source_id <> compared_year.source_id),
            max(own.year) filter (where own.areas * 2 >= own.usual_areas)
        ) as settled_year,
    from (select distinct source_id from compared_year) as compared_year
    cross join compared_year as own
    group by all
),

-- the newest year is that of every edition: it takes half of the areas, an older one a tenth
lonely_year as (
    select compared_year.source_id, compared_year.year, areas, usual_areas,
    from compared_year
    join newest using (source_id)
    where sources = 1
        and if(
            year > settled_year,
            areas * 2 < usual_areas,
            areas <= greatest(1, usual_areas / 10) and usual_areas >= 3
        )
),

-- of what is still to come another source may have the figure
differing as (
    select area_code, year, indicator_id,
        count(*) as times,
        count(distinct source_id) as sources,
    from figure
    semi join core.repeated_figure using (area_code, year, indicator_id)
    where status <> 'not_yet_published'
    group by all
    having count(distinct {'value': value, 'error': standard_error, 'fault': fault}) > 1
),

placed as (
    select
        figure.*,
        coalesce(
            if(fault in ('no_area', 'not_a_year', 'impossible_year'), fault, null),
            case
                when known_code.area_code is null then 'unknown_area'
                when known_area.area_code is null then 'area_not_in_year'
            end,
            fault,
            case
                when differing.area_code is not null then 'given_twice'
                when lonely_year.source_id is not null then 'lonely_year'
            end
        ) as problem,
        differing.times,
        differing.sources,
        lonely_year.areas,
        lonely_year.usual_areas,
    from figure
    left join known_code using (area_code)
    left join known_area
        on known_area.area_code = figure.area_code
        and known_area.year = figure.geography_year
    left join differing
        on differing.area_code = figure.area_code
        and differing.year = figure.year
        and differing.indicator_id = figure.indicator_id
        and figure.status <> 'not_yet_published'
    left join lonely_year
        on lonely_year.source_id = figure.source_id
        and lonely_year.year = figure.year
    where problem is not null
),

nearest_code as (
    select
        strange.area_code,
        arg_max(
            known_code.area_code,
            jaro_winkler_similarity(strange.area_code, known_code.area_code)
        ) as nearest,
    from (
        select distinct area_code from placed where problem = 'unknown_area' limit 100
    ) as strange
    cross join known_code
    group by all
),

told as (
    select
        placed.*,
        format(
            'Source {}: ''{}'' of {} in {}{}', placed.source_id, placed.indicator_id,
            coalesce('''' || placed.area_code || '''', 'no area'),
            coalesce(nullif(placed.year_text, ''), 'no year'),
            coalesce(format(', row {}', row_number), '')
        ) as place,
        format(
            case problem
                when 'no_area' then
                    ' has no area code; its ''{0}'' is left out. Fill in the code in the file: of merged cells only the first has it.'
                when 'not_a_year' then
                    ' has no year of four digits; its ''{0}'' is left out. Correct the file, or its ''year_column''.'
                when 'impossible_year' then
                    ' is of a year of which there can be no figures yet, or no more; its ''{0}'' is left out. Correct the year in the source.'
                when 'unknown_area' then
                    ' is about a code in no area list; nearest: ''{1}''. Its ''{0}'' is left out. Correct the source, or list the code under ''ignored_areas'' with the reason.'
                when 'area_not_in_year' then
                    ' is about a code that is not in the area list of {2}; its ''{0}'' is left out. Add the area list of that year to cbs.toml, or set the source''s ''geography_year'' to the year its codes are from.'
                when 'filled_though_absent' then
                    ' has ''{0}'' in a year that the catalog calls absent; it is left out. Correct ''absent_years''.'
                when 'not_a_number' then
                    ' is no number: ''{0}''; it is left out. Correct the source, or its ''decimal'', ''thousands'' or ''missing'' in the catalog.'
                when 'not_a_margin' then
                    ' has a margin that is none; its ''{0}'' is left out. Correct the margin in the source.'
                when 'unknown_attribute' then
                    ' carries the attribute ''{3}''; its ''{0}'' is left out. See what CBS means by it before it is used.'
                when 'out_of_range' then
                    ' is ''{0}'', which lies outside {4}; it is left out. Correct the source, or the ''range'' of the indicator in catalog/indicators.toml.'
                when 'given_twice' then
                    ' stands {5} times with another figure, here ''{0}''; all are left out. Keep the right one in the source, or one source in the catalog.'
                when 'lonely_year' then
                    ' is of a year that no other source has, and here {6} of some {7} areas; its ''{0}'' is left out. Correct the year; if it is right it counts once another source or more areas have it.'
            end,
            coalesce(value_text, ''),
            coalesce(nearest_code.nearest, 'none'),
            coalesce(geography_year::varchar, ''),
            coalesce(attribute, ''),
            format('{} to {}', indicator.range_low, indicator.range_high),
            coalesce(times, 0),
            coalesce(areas, 0),
            coalesce(round(usual_areas)::bigint, 0)
        ) as what,
    from placed
    left join nearest_code using (area_code)
    join catalog.indicator as indicator using (indicator_id)
)

select
    source_id,
    problem,
    indicator_id,
    area_code,
    year,
    year_text,
    row_number,
    value_text,
    place || what as message,
from told
