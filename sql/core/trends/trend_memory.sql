-- how far the errors of one year resemble those of the year before: indicator and axis, over all wijken
with fitted as (
    select fit.*, noise.noise_variance + fit.sampling_variance as usual_variance
    from core.trend_fit as fit
    join core.trend_series as series using (series_id)
    join core.trend_noise as noise using (noise_id)
    where fit.is_sufficient
        and not fit.has_own_change
        -- areas of programmes, and what they are compared with, take it from the wijken
        and series.area_kind = 'wijk'
        and fit.axis_number < 3
        -- the newest window of each series, with a figure for every year
        and fit.edition_year = series.last_seen
        and fit.last_year = series.last_seen
        and fit.segments = 1
        and fit.points >= rule('memory_least_points')
        and fit.last_year - fit.first_year + 1 = fit.points
        -- what fits exactly tells nothing of errors
        and fit.residual_sum > 0
        and not core.has_own_noise(
            fit.residual_sum, fit.degrees_of_freedom, noise.noise_variance + fit.sampling_variance
        )
),

windowed as (
    select
        fitted.*,
        line.own_values[-points:] as y,
        case axis_number
            when 0 then null
            when 1 then line.gemeente_values[-points:]
            else line.nl_values[-points:]
        end as r,
    from fitted
    join core.trend_line as line using (series_id, line)
    where line.is_alone
),

-- counted from the first figure, in meaningful changes
scored as (
    select
        *,
        list_transform(
            y,
            (v, i) -> (
                v - y[1] - if(axis_number = 0, 0, scale * (r[i] - r[1])) - slope * (i - 1)
            ) / meaningful_change
        ) as moved,
        list_avg(moved) as middle,
        list_transform(moved, m -> m - middle) as residual,
        list_dot_product(residual, residual) as total,
        list_dot_product(residual[1:points - 1], residual[2:points]) as beside,
    from windowed
),

-- of a line through n figures whose errors forget, the products of neighbours add up to -2/n of the
-- squares; of what errors remember, 1 - 3.9/n is left beside a fitted line (5 to 10 figures), and a
-- little less is counted on, since margins rest on it
summed as (
    select
        pool_id * 4 + axis_number as pool_axis,
        any_value(series_id) as series_id,
        any_value(axis) as axis,
        count(*) as series,
        sum(
            greatest(
                least((beside + 2 / points * total) / nullif(usual_variance, 0), 1e9), -1e9
            )::decimal(38, 12)
        )::double as remembered,
        sum(
            least((1 - 4.2 / points) * total / nullif(usual_variance, 0), 1e9)::decimal(38, 12)
        )::double as possible,
    from scored
    group by pool_axis
)

select
    summed.pool_axis,
    series.indicator_id,
    summed.axis,
    summed.series,
    -- of a few areas it is chance, and not known
    case
        when summed.series >= rule('memory_least_wijken') and possible > 0
            then round(greatest(0, least(remembered / possible, rule('largest_memory'))), 3)
    end as autocorrelation,
from summed
join core.trend_series as series using (series_id)
