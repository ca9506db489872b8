-- one straight line per area, indicator and edition year, in meaningful changes per year
with indicator as (
    select indicator_id, direction, window_years, change_per_year, change_relative,
    from catalog.indicator
    where direction <> 0
),

followed_area as (
    select area_code
    from core.place
    where area_kind = 'wijk' and is_listed

    union

    select area_code
    from core.programme_area
    where is_used
),

definition_break as (
    select observed.indicator_id, observed.year, count(definition_break.year) as segment,
    from (select distinct indicator_id, year from core.observation) as observed
    left join catalog.indicator_break as definition_break
        on definition_break.indicator_id = observed.indicator_id
        and definition_break.year <= observed.year
    group by all
),

observation as (
    select
        observation.area_code,
        observation.indicator_id,
        observation.year,
        observation.value,
        observation.standard_error,
        observation.status,
        observation.source_id,
        -- a line may step where the definition or the boundary changes
        definition_break.segment * 1000 + observation.boundary_segment as segment,
    from core.observation as observation
    join indicator using (indicator_id)
    join followed_area using (area_code)
    join definition_break using (indicator_id, year)
    where observation.status <> 'not_comparable'
),

edition as (
    select unnest(generate_series(min(year), max(year)))::integer as edition_year,
    from observation
    where value is not null
),

windowed as (
    select observation.*, edition.edition_year,
    from observation
    join indicator using (indicator_id)
    join edition
        on edition.edition_year between observation.year
        and observation.year + indicator.window_years - 1
),

gap as (
    select
        area_code,
        indicator_id,
        edition_year,
        count(*) filter (where status = 'suppressed')
        / nullif(count(*) filter (where status in ('final', 'provisional', 'suppressed')), 0)
            as suppressed_share,
    from windowed
    group by all
),

-- a definition with a single point in the window tells nothing about change
point as (
    select *,
    from windowed
    where value is not null and isfinite(value)
    qualify count(*) over (partition by area_code, indicator_id, edition_year, segment) >= 2
),

scaled as (
    select
        point.*,
        coalesce(
            indicator.change_per_year,
            nullif(
                indicator.change_relative
                * abs(avg(point.value) over (
                    partition by point.area_code, point.indicator_id, point.edition_year
                )),
                0
            )
        ) as meaningful_change,
        indicator.direction * point.value / meaningful_change as score,
        point.standard_error / meaningful_change as score_error,
    from point
    join indicator using (indicator_id)
),

centred as (
    select
        *,
        year - avg(year) over same_definition as year_centred,
        score - avg(score) over same_definition as score_centred,
    from scaled
    window same_definition as (partition by area_code, indicator_id, edition_year, segment)
),

fitted as (
    select
        area_code,
        indicator_id,
        edition_year,
        any_value(meaningful_change) as meaningful_change,
        count(*) as points,
        count(distinct segment) as segments,
        min(year) as first_year,
        max(year) as last_year,
        arg_max(value, year) as last_value,
        arg_max(status, year) = 'provisional' as is_last_provisional,
        arg_max(source_id, year) as source_id,
        sum(year_centred * year_centred) as year_spread,
        sum(year_centred * score_centred) / nullif(sum(year_centred * year_centred), 0)
            as score_slope,
        greatest(
            0,
            sum(score_centred * score_centred)
            - sum(year_centred * score_centred) ** 2 / nullif(sum(year_centred * year_centred), 0)
        ) as residual_sum,
        avg(coalesce(score_error, 0) ** 2) as sampling_variance,
        points - segments - 1 as degrees_of_freedom,
    from centred
    group by all
),

series as (
    select area_code, indicator_id, min(year) as first_seen
    from observation
    group by all
)

select
    series.area_code,
    series.indicator_id,
    edition.edition_year,
    coalesce(fitted.points, 0) as points,
    fitted.first_year,
    fitted.last_year,
    fitted.last_value,
    coalesce(fitted.is_last_provisional, false) as is_last_provisional,
    fitted.source_id,
    fitted.meaningful_change,
    fitted.year_spread,
    fitted.score_slope,
    fitted.residual_sum,
    fitted.sampling_variance,
    fitted.degrees_of_freedom,
    gap.suppressed_share,
    coalesce(
        fitted.points >= 4
        and fitted.last_year - fitted.first_year >= 3
        and edition.edition_year - fitted.last_year <= 2
        and fitted.degrees_of_freedom >= 1
        and fitted.meaningful_change > 0
        and coalesce(gap.suppressed_share, 0) <= 0.3,
        false
    ) as is_sufficient,
from series
join edition on edition.edition_year >= series.first_seen
left join fitted using (area_code, indicator_id, edition_year)
left join gap using (area_code, indicator_id, edition_year)
